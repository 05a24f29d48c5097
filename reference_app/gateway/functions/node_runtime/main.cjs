// Runtime client of the Lambda Runtime API (2018-06-01) for Node.js functions: `main.cjs module.function`.
//
// AWS's own client, aws-lambda-ric, needs a native build. This one asks for the next event in the same breath
// as it posts the outcome of the one before: the environment is frozen from then on (RA-30).

"use strict";

const process = require("node:process");

const { newContext } = require("./context.cjs");
const { errorBody } = require("./errors.cjs");
const { loadHandler } = require("./handler_loading.cjs");
const { outcomeOf } = require("./handler_outcome.cjs");
const { installConsole, logOf } = require("./log.cjs");
const { RuntimeApi } = require("./runtime_api.cjs");

const EXIT_INIT_FAILED = 1;
const EXIT_UNCAUGHT = 128;

const api = new RuntimeApi(process.env.AWS_LAMBDA_RUNTIME_API);
let requestId = null; // of the invocation that runs

async function main() {
  installConsole(() => requestId);
  process.on("uncaughtException", (error) => die("Uncaught Exception", error));
  process.on("unhandledRejection", (reason) => {
    const error = new Error(String(reason), { cause: reason });
    error.name = "Runtime.UnhandledPromiseRejection";
    die("Unhandled Promise Rejection", error);
  });
  const handler = await loadHandler(process.env.LAMBDA_TASK_ROOT, process.argv[2]).catch((error) =>
    die("Init Error", error),
  );
  for (;;) {
    await handle(handler, await api.next());
  }
}

async function handle(handler, invocation) {
  requestId = invocation.requestId;
  process.env._X_AMZN_TRACE_ID = invocation.traceId; // RA-13
  try {
    const result = await outcomeOf(handler, JSON.parse(invocation.event), newContext(invocation));
    api.respond(requestId, serialised(result));
  } catch (error) {
    logOf("ERROR", "Invoke Error", errorBody(error));
    const posted = api.fail(requestId, errorBody(error));
    if (error?.name === "Runtime.NodeJsExit") await posted.finally(() => process.exit(EXIT_UNCAUGHT));
  }
  requestId = null;
}

/** A result that JSON has no word for, such as undefined, is null. */
function serialised(result) {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? "null";
  } catch (unserialisable) {
    throw new Error("Unable to stringify response body", { cause: unserialisable });
  }
}

/** Report an error that no handler can return any more, and end the process (RA-24). */
async function die(title, error) {
  const body = errorBody(error);
  logOf("ERROR", title, body);
  const isInit = requestId === null;
  await (isInit ? api.failInit(body) : api.fail(requestId, body)).catch(() => undefined); // it ends all the same
  process.exit(isInit ? EXIT_INIT_FAILED : EXIT_UNCAUGHT);
}

main();
