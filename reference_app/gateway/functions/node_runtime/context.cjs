// The context object of an invocation.

"use strict";

const process = require("node:process");

/** What a handler gets as its second argument (RA-27, RA-28). */
function newContext(invocation) {
  const { env } = process;
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    awsRequestId: invocation.requestId,
    invokedFunctionArn: invocation.functionArn,
    getRemainingTimeInMillis: () => invocation.deadlineMs - Date.now(),
  };
}

module.exports = { newContext };
