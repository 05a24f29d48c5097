// Preloaded with `--require`: calls to DynamoDB's public host lead to AWS_ENDPOINT_URL_DYNAMODB.
//
// The AWS SDK v2, and a v3 older than that variable which a function brings along, know nothing of it. Both
// make their calls with https.request. Clients that were given an endpoint of their own never name this host.

"use strict";

const http = require("node:http");
const https = require("node:https");
const { syncBuiltinESMExports } = require("node:module");
const process = require("node:process");

const DYNAMODB = /^dynamodb\.[a-z0-9-]+\.amazonaws\.com$/i;

const request = https.request;

/** See https.request; its first argument may be a URL, which no SDK passes. */
function requestOrLocal(endpoint) {
  const { hostname, port } = endpoint;
  return (options, ...rest) => {
    if (!DYNAMODB.test(options?.hostname ?? options?.host ?? "")) return request(options, ...rest);
    const agent = options.agent?.keepAlive ? http.globalAgent : false;
    return http.request({ ...options, protocol: "http:", host: hostname, hostname, port, agent }, ...rest);
  };
}

if (process.env.AWS_ENDPOINT_URL_DYNAMODB) {
  https.request = requestOrLocal(new URL(process.env.AWS_ENDPOINT_URL_DYNAMODB));
  syncBuiltinESMExports();
}
