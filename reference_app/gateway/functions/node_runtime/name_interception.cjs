// Preloaded with `--require`: connections to API Gateway's host names lead to the local gateway.
//
// LOCAL_API_GATEWAY_HOSTS is `address:port name name …`. Only the address and the port of a connection change:
// TLS checks the certificate for the name that the code asked for. Every other name is left alone, but for a word
// in the log where it is one of AWS's: that service is not on this machine, and knows no local credentials.

"use strict";

const net = require("node:net");
const process = require("node:process");

const [gateway, ...names] = (process.env.LOCAL_API_GATEWAY_HOSTS ?? "").split(" ");
const intercepted = new Set(names);
const separator = gateway.lastIndexOf(":");
const host = gateway.slice(0, separator);
const port = Number(gateway.slice(separator + 1));

function isIntercepted(name) {
  return typeof name === "string" && intercepted.has(name.toLowerCase().replace(/\.$/, ""));
}

const told = new Set();

function tellOf(name) {
  if (typeof name !== "string" || !name.endsWith(".amazonaws.com") || told.has(name)) return;
  told.add(name);
  process.stderr.write(`local stack: ${name} is not here; DynamoDB, Lambda, SQS and @connections are\n`);
}

function led(options) {
  if (isIntercepted(options?.host)) return { ...options, host, port };
  tellOf(options?.host);
  return options;
}

const connect = net.Socket.prototype.connect;

/** `connect(options)`, `connect(port, host)`, or the one array into which net.connect makes both. */
function connectToGateway(first, ...rest) {
  if (Array.isArray(first)) {
    first[0] = led(first[0]);
    return connect.call(this, first, ...rest);
  }
  if (isIntercepted(rest[0])) {
    return connect.call(this, port, host, ...rest.slice(1));
  }
  return connect.call(this, typeof first === "object" ? led(first) : first, ...rest);
}

if (intercepted.size > 0) {
  net.Socket.prototype.connect = connectToGateway;
}
