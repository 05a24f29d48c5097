// HTTP/1.1 over one connection to a server that gives each answer a Content-Length, as the Runtime API does.
//
// node:http is made for the whole web: until V8 has compiled it, in each environment anew, a call costs several
// times as much.

"use strict";

const net = require("node:net");

const END_OF_HEAD = "\r\n\r\n";

class HttpClient {
  /** `address` is `host:port`. */
  constructor(address) {
    const [host, port] = address.split(":");
    this._host = address;
    this._received = Buffer.alloc(0);
    this._waiting = []; // those whose answers are to come, in order
    this._error = null; // why the connection is no more
    this._socket = net.connect({ host, port: Number(port), noDelay: true });
    this._socket.unref(); // nobody waits yet
    this._socket.on("data", (data) => this._take(data));
    this._socket.on("error", (error) => this._end(error));
    this._socket.on("close", () => this._end(new Error(`${address} has closed the connection`)));
  }

  /**
   * Resolves to the answer: `status`, `headers` (a Map, names in lower case) and `body`, as text. Calls do not
   * wait for each other's answers; those of one turn of the event loop travel together.
   */
  call(method, target, headers = {}, body = "") {
    const length = method === "GET" ? {} : { "Content-Length": Buffer.byteLength(body) };
    const lines = Object.entries({ Host: this._host, ...headers, ...length }).map((pair) => pair.join(": "));
    if (this._error !== null) return Promise.reject(this._error);
    return new Promise((resolve, reject) => {
      this._waiting.push({ resolve, reject });
      this._socket.ref();
      this._socket.cork();
      this._socket.write([`${method} ${target} HTTP/1.1`, ...lines].join("\r\n") + END_OF_HEAD + body);
      process.nextTick(() => this._socket.uncork());
    });
  }

  _take(data) {
    this._received = this._received.length === 0 ? data : Buffer.concat([this._received, data]);
    for (let answer; (answer = parsed(this._received)) !== null; ) {
      this._received = this._received.subarray(answer.size);
      this._waiting.shift().resolve(answer);
    }
    // A handler's event loop is empty whether or not this connection is open.
    if (this._waiting.length === 0) this._socket.unref();
  }

  _end(error) {
    this._error ??= error;
    for (const { reject } of this._waiting.splice(0)) reject(error);
  }
}

/** The answer at the start of these bytes, with its `size`; null while some of it is to come. */
function parsed(bytes) {
  const endOfHead = bytes.indexOf(END_OF_HEAD);
  if (endOfHead < 0) return null;
  const [statusLine, ...lines] = bytes.toString("latin1", 0, endOfHead).split("\r\n");
  const headers = new Map(lines.map(nameAndValue));
  const start = endOfHead + END_OF_HEAD.length;
  const size = start + Number(headers.get("content-length"));
  if (bytes.length < size) return null;
  return { status: Number(statusLine.split(" ")[1]), headers, body: bytes.toString("utf8", start, size), size };
}

function nameAndValue(line) {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

module.exports = { HttpClient };
