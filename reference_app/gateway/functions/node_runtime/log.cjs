// The console as CloudWatch shows it: a line with time, request id and level, or JSON (AWS_LAMBDA_LOG_FORMAT).

"use strict";

const process = require("node:process");
const util = require("node:util");

const LEVELS = { log: "INFO", info: "INFO", debug: "DEBUG", trace: "TRACE", warn: "WARN", error: "ERROR" };

let currentRequestId = () => null;

/** Let the console write such lines; `requestId` says to which invocation they belong. */
function installConsole(requestId) {
  currentRequestId = requestId;
  for (const [method, level] of Object.entries(LEVELS)) {
    console[method] = (...values) => write(level, util.format(...values));
  }
}

/** Say something about an error, with its body. */
function logOf(level, title, body) {
  write(level, `${title} \t${JSON.stringify(body)}`);
}

function write(level, message) {
  const timestamp = new Date().toISOString();
  const requestId = currentRequestId();
  const line =
    process.env.AWS_LAMBDA_LOG_FORMAT === "JSON"
      ? JSON.stringify({ timestamp, level, requestId: requestId ?? undefined, message })
      : [timestamp, requestId ?? "undefined", level, message].join("\t").replaceAll("\n", "\r"); // one event
  process.stdout.write(`${line}\n`);
}

module.exports = { installConsole, logOf };
