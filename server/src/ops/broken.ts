/** Answers what node:http can't parse as a request: with JSON like everything else, and closes the connection. */
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { SixpackError } from "../domain/errors.ts";

interface ClientError {
  readonly code?: string | undefined;
  /** The bytes that arrived. At run time this is a `Buffer`, whatever the types say. */
  readonly rawPacket?: unknown;
}

/** What the refusals name, as the server was made with it. */
interface RequestLimits {
  readonly urlBytesMax: number;
  readonly headerBytesMax: number;
  readonly requestTimeoutMs: number;
}

/** How long further bytes are discarded after a refusal before the connection is closed, in milliseconds. */
export const LINGER_MS = 2_000;

/** For the event `clientError`. */
export function answerBrokenRequest(limits: RequestLimits): (error: ClientError, socket: Duplex) => void {
  return (error, socket) => {
    // Each further piece of a broken request is reported anew; the first report has been answered.
    if (socket.writableEnded) return;
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    const { status, message, code, detail } = refusalOf(error, limits);
    answerSocket(socket, { status, body: JSON.stringify({ status: "failed", message, code, detail }) });
  };
}

interface SocketAnswer {
  readonly status: number;
  /** JSON. */
  readonly body: string;
  /** Further headers, flat: name, value, name, value. */
  readonly headers?: readonly string[];
}

/** Writes an answer on a connection that has no request to answer, because node:http could not make one. */
export function answerSocket(socket: Duplex, { body, headers = [], status }: SocketAnswer): void {
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Cache-Control: no-store",
    "Connection: close",
  ];
  for (let index = 0; index < headers.length; index += 2) lines.push(`${headers[index]}: ${headers[index + 1]}`);
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer)).resume();
}

function refusalOf(error: ClientError, limits: RequestLimits): SixpackError {
  switch (error.code) {
    case "HPE_HEADER_OVERFLOW":
      // Without the end of a line in the packet it was the request line that would not end.
      return Buffer.isBuffer(error.rawPacket) && error.rawPacket.includes("\r\n")
        ? new SixpackError("headers-too-large", `Expected at most ${limits.headerBytesMax} bytes of headers`)
        : new SixpackError("url-too-long", `Expected at most ${limits.urlBytesMax} bytes`);
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new SixpackError(
        "request-timeout",
        `Expected the whole request within ${limits.requestTimeoutMs / 1000} s`,
      );
    case "HPE_INVALID_URL":
      return new SixpackError("bad-request", "Expected a URL of percent-encoded ASCII");
    default:
      return new SixpackError("bad-request", `Expected an HTTP/1.1 request, got ${error.code ?? "something else"}`);
  }
}
