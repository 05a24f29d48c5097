// The calls of the Lambda Runtime API that a runtime makes (RA-1 to RA-4).

"use strict";

const { HttpClient } = require("./http_client.cjs");

const BASE = "/2018-06-01/runtime";
const ERROR_TYPE = "Lambda-Runtime-Function-Error-Type";
const JSON_BODY = { "Content-Type": "application/json" };
const TOO_LARGE = 413;

class RuntimeApi {
  /** `address` is `host:port`. */
  constructor(address) {
    this._client = new HttpClient(address);
    this._posted = null; // the outcome before, on its way
  }

  /**
   * Wait for the next event, however long that takes (RA-1). Rejects as well if the outcome that was posted
   * before, without waiting for it to be accepted, is refused.
   */
  async next() {
    const [{ headers, body }] = await Promise.all([this._call("GET", "/invocation/next"), this._posted]);
    return {
      event: body,
      requestId: headers.get("lambda-runtime-aws-request-id"),
      deadlineMs: Number(headers.get("lambda-runtime-deadline-ms")),
      functionArn: headers.get("lambda-runtime-invoked-function-arn"),
      traceId: headers.get("lambda-runtime-trace-id") ?? "",
    };
  }

  /** Post a result; one that is too large has failed the invocation by itself (RA-2, RA-8). */
  respond(requestId, json) {
    return this._post(`/invocation/${requestId}/response`, json, JSON_BODY, [TOO_LARGE]);
  }

  /** Post the error that an invocation ended with (RA-3). */
  fail(requestId, body) {
    return this._postError(`/invocation/${requestId}/error`, body);
  }

  /** Post why the function could not be loaded (RA-4). */
  failInit(body) {
    return this._postError("/init/error", body);
  }

  _postError(path, body) {
    const headers = { ...JSON_BODY, [ERROR_TYPE]: headerText(body.errorType) };
    return this._post(path, JSON.stringify(body), headers);
  }

  _post(path, json, headers, tolerated = []) {
    this._posted = this._call("POST", path, headers, json, tolerated);
    return this._posted;
  }

  async _call(method, path, headers, body, tolerated = []) {
    const answer = await this._client.call(method, BASE + path, headers, body);
    if (answer.status < 300 || tolerated.includes(answer.status)) return answer;
    throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
  }
}

function headerText(text) {
  return text.replaceAll(/[^\x20-\x7e]/g, "?");
}

module.exports = { RuntimeApi };
