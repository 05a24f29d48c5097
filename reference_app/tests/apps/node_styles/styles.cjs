// One handler for each way in which a CommonJS function can end, and for each thing that tests ask about.

"use strict";

const process = require("node:process");

let calls = 0;

exports.promised = async (event, context) => ({
  echo: event,
  calls: (calls += 1),
  cwd: process.cwd(),
  colour: process.env.COLOUR,
  trace: process.env._X_AMZN_TRACE_ID,
  context: { ...context, remaining: context.getRemainingTimeInMillis() },
});

exports.calledBack = (event, context, callback) => {
  let isLate = false;
  context.callbackWaitsForEmptyEventLoop = event.waits;
  setTimeout(() => (isLate = true), 50);
  // The result is read when it is sent: only then it shows whether the timer was waited for.
  callback(null, { toJSON: () => ({ isLate }) });
};

exports.calledBackWithError = (event, context, callback) => callback(new RangeError("too far"));

exports.done = (event, context) => context.succeed("well");

exports.silent = () => undefined;

exports.throwing = () => {
  throw new TypeError("no such thing");
};

exports.rejecting = async () => {
  throw new TypeError("no such promise");
};

exports.throwingText = async () => {
  throw "just text"; // eslint-disable-line no-throw-literal
};

exports.neverSettled = () => new Promise(() => undefined);

exports.failingLater = () =>
  new Promise(() => {
    setTimeout(() => {
      throw new Error("out of nowhere");
    }, 1);
  });

exports.rejectingUnheard = () =>
  new Promise(() => {
    Promise.reject(new Error("nobody listens"));
    setTimeout(() => undefined, 10_000);
  });

exports.circular = async () => {
  const ring = {};
  ring.ring = ring;
  return ring;
};

exports.printing = async () => {
  console.log("one %s\ntwo", "line");
  console.error("an error");
  return null;
};

exports.repeating = async ({ text, times }) => text.repeat(times);

let late = 0;
exports.leavingWork = async () => {
  const before = late;
  setTimeout(() => (late += 1), 1);
  return before;
};

exports.nested = { handler: async () => "nested" };
exports.number = 5;
