// What comes of one call of a handler: a promise, a callback, or an event loop with nothing left to do.

"use strict";

const process = require("node:process");

const { RuntimeError } = require("./errors.cjs");

/**
 * Call the handler; settles as it does, once.
 *
 * - A promise that the handler returns decides, at the moment when it settles.
 * - `callback(error, result)` decides when the event loop is empty, or at once if the handler has set
 *   `context.callbackWaitsForEmptyEventLoop` to false. `context.done`, `succeed` and `fail` decide at once.
 * - A handler that does neither has returned null once the event loop is empty; a promise that can never
 *   settle is an error then (`Runtime.NodeJsExit`).
 */
function outcomeOf(handler, event, context) {
  return new Promise((resolve, reject) => {
    let isOver = false; // what an earlier invocation left behind must not touch this one
    const decide = (action) => {
      if (isOver) return;
      isOver = true;
      whenEmpty = null;
      action();
    };
    const atEmptyLoop = (action) => {
      if (!isOver) whenEmpty = () => decide(action);
    };
    const settle = (error, result) => (error === undefined || error === null ? resolve(result) : reject(error));
    const done = (error, result) => decide(() => settle(error, result));
    const succeed = (result) => done(null, result);
    const fail = (error) => done(error ?? new Error("handled"));
    const callback = (error, result) => {
      if (context.callbackWaitsForEmptyEventLoop) atEmptyLoop(() => settle(error, result));
      else done(error, result);
    };
    Object.assign(context, { done, succeed, fail });
    atEmptyLoop(() => resolve(null));
    try {
      const returned = handler(event, context, callback);
      if (typeof returned?.then === "function") {
        atEmptyLoop(() => reject(neverSettled()));
        returned.then(succeed, fail);
      }
    } catch (error) {
      fail(error);
    }
  });
}

let whenEmpty = null;

process.on("beforeExit", () => {
  const action = whenEmpty;
  whenEmpty = null;
  if (action !== null) setImmediate(action); // keeps the process from ending
});

function neverSettled() {
  return new RuntimeError("Runtime.NodeJsExit", "the event loop is empty, but the promise never settled");
}

module.exports = { outcomeOf };
