// Errors as the Runtime API takes them.

"use strict";

/** An error of the runtime's own, with the type that Lambda reports for it (RA-25). */
class RuntimeError extends Error {
  constructor(type, message, options) {
    super(message, options);
    this.name = type;
  }
}

/** The body of a posted error: `errorType`, `errorMessage` and, as Node functions call their stack, `trace`. */
function errorBody(error) {
  if (!(error instanceof Error)) {
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  }
  return {
    errorType: error.name || "Error",
    errorMessage: error.message,
    trace: (error.stack ?? String(error)).split("\n"),
  };
}

module.exports = { RuntimeError, errorBody };
