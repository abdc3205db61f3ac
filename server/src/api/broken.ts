/** What node:http can't make a request of gets a JSON answer like everything else, on a connection that is then closed. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Answer } from "./answer.ts";
import { HEADER_BYTES_MAX, REQUEST_TIMEOUT_MS, URL_BYTES_MAX } from "./limits.ts";
import { answerSocket } from "./linger.ts";
import { METHODS, methodNotAllowed } from "./methods.ts";
import { refusal } from "./respond.ts";

type ClientError = NodeJS.ErrnoException & { rawPacket?: Buffer };

/** For the event `clientError`. */
export function answerBrokenRequest(error: ClientError, socket: Duplex): void {
  // Each further piece of a broken request is reported anew; the first report has been answered.
  if (socket.writableEnded) return;
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  answerSocket(socket, brokenRequestAnswer(error));
}

/** For the event `connect`: this server is no proxy. */
export function refuseTunnel(_request: IncomingMessage, socket: Duplex): void {
  // Nobody else listens on a socket that asked for a tunnel, and a reset connection is no event of ours.
  socket.on("error", () => socket.destroy());
  answerSocket(socket, methodNotAllowed(METHODS, "CONNECT"));
}

function brokenRequestAnswer(error: ClientError): Answer {
  switch (error.code) {
    case "HPE_HEADER_OVERFLOW":
      // Without the end of a line in the packet it was the request line that would not end.
      return error.rawPacket?.includes("\r\n") === true
        ? refusal("headers-too-large", `Expected at most ${HEADER_BYTES_MAX} bytes of headers`)
        : refusal("url-too-long", `Expected at most ${URL_BYTES_MAX} bytes`);
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return refusal("request-timeout", `Expected the whole request within ${REQUEST_TIMEOUT_MS / 1000} s`);
    case "HPE_INVALID_URL":
      return refusal("bad-request", "Expected a URL of percent-encoded ASCII");
    default:
      return refusal("bad-request", `Expected an HTTP/1.1 request, got ${error.code ?? "something else"}`);
  }
}
