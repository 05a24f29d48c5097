// The calls of the Lambda Runtime API that a runtime makes (RA-1 to RA-4).

import http from "node:http";

const BASE = "/2018-06-01/runtime";
const ERROR_TYPE = "Lambda-Runtime-Function-Error-Type";
const TOO_LARGE = 413;

export class RuntimeApi {
  /** `address` is `host:port`. */
  constructor(address) {
    const [hostname, port] = address.split(":");
    // One connection, kept: nothing is ever asked for while an answer is awaited.
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    this._options = { hostname, port, agent };
  }

  /** Wait for the next event, however long that takes (RA-1). */
  async next() {
    const { headers, body } = await this._call("GET", "/invocation/next");
    return {
      event: body,
      requestId: headers["lambda-runtime-aws-request-id"],
      deadlineMs: Number(headers["lambda-runtime-deadline-ms"]),
      functionArn: headers["lambda-runtime-invoked-function-arn"],
      traceId: headers["lambda-runtime-trace-id"] ?? "",
    };
  }

  /** Post a result; one that is too large has failed the invocation by itself (RA-2, RA-8). */
  async respond(requestId, json) {
    await this._call("POST", `/invocation/${requestId}/response`, json, {}, [TOO_LARGE]);
  }

  /** Post the error that an invocation ended with (RA-3). */
  async fail(requestId, body) {
    await this._postError(`/invocation/${requestId}/error`, body);
  }

  /** Post why the function could not be loaded (RA-4). */
  async failInit(body) {
    await this._postError("/init/error", body);
  }

  async _postError(path, body) {
    await this._call("POST", path, JSON.stringify(body), { [ERROR_TYPE]: headerText(body.errorType) });
  }

  _call(method, path, body = "", headers = {}, tolerated = []) {
    return new Promise((resolve, reject) => {
      const content = Buffer.from(body);
      const sent = { ...headers, "Content-Type": "application/json", "Content-Length": content.length };
      const options = { ...this._options, method, path: BASE + path, headers: method === "GET" ? {} : sent };
      const request = http.request(options, (response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          const accepted = response.statusCode < 300 || tolerated.includes(response.statusCode);
          if (accepted) resolve({ headers: response.headers, body: text });
          else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
        });
      });
      request.on("error", reject);
      request.end(content);
    });
  }
}

function headerText(text) {
  return text.replaceAll(/[^\x20-\x7e]/g, "?");
}
