// Preloaded with `--require`: signed calls to AWS's public hosts lead to AWS_ENDPOINT_URL_DYNAMODB, where they are
// for DynamoDB, and to AWS_ENDPOINT_URL, where they are for anything else but API Gateway.
//
// The AWS SDK v2, and a v3 older than those variables which a function brings along, know nothing of them. Both
// make their calls with https.request. Clients that were given an endpoint of their own never name these hosts.

"use strict";

const http = require("node:http");
const https = require("node:https");
const { syncBuiltinESMExports } = require("node:module");
const process = require("node:process");

const DYNAMODB = /^dynamodb\.[a-z0-9-]+\.amazonaws\.com$/i;
const OF_AWS = /\.amazonaws\.com$/i;
const OF_API_GATEWAY = /\.execute-api\.[a-z0-9-]+\.amazonaws\.com$/i;

const request = https.request;
const dynamodb = urlIn("AWS_ENDPOINT_URL_DYNAMODB");
const others = urlIn("AWS_ENDPOINT_URL");

function urlIn(variable) {
  return process.env[variable] ? new URL(process.env[variable]) : null;
}

/** Where a call leads instead; null for one that goes where it says. A page of S3 that anybody may read is no call. */
function localEndpoint(options) {
  const name = options?.hostname ?? options?.host ?? "";
  if (DYNAMODB.test(name)) return dynamodb;
  const isCall = OF_AWS.test(name) && !OF_API_GATEWAY.test(name) && isSigned(options.headers);
  return isCall ? others : null;
}

function isSigned(headers) {
  return Object.keys(headers ?? {}).some((name) => name.toLowerCase() === "authorization");
}

/** See https.request; its first argument may be a URL, which no SDK passes. */
function requestOrLocal(options, ...rest) {
  const endpoint = localEndpoint(options);
  if (endpoint === null) return request(options, ...rest);
  const { hostname, port } = endpoint;
  const agent = options.agent?.keepAlive ? http.globalAgent : false;
  return http.request({ ...options, protocol: "http:", host: hostname, hostname, port, agent }, ...rest);
}

if (dynamodb !== null || others !== null) {
  https.request = requestOrLocal;
  syncBuiltinESMExports();
}
