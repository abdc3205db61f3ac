/**
 * Refusing a request whose body is still arriving.
 *
 * A server that closes a connection while bytes are coming in makes the kernel reset it, and the caller may never read
 * why it was refused. So the answer is sent with `Connection: close`, what still arrives is discarded for a while, and
 * only then the connection is closed (RFC 9112, section 9.6).
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { LINGER_MS } from "../ops/broken.ts";
import { BODY_BYTES_MAX } from "./limits.ts";

/**
 * Whether the rest of a body may be too long to wait for. A shorter rest is read and discarded, and the connection
 * kept.
 */
export function isBodyEndless(request: IncomingMessage): boolean {
  if (request.complete) return false;
  const { headers } = request;
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > BODY_BYTES_MAX;
}

/** Sends the body of an answer with `Connection: close`, and ends it when the request has arrived completely. */
export function endAfterRequest(request: IncomingMessage, response: ServerResponse, body: string): void {
  // To HEAD nothing else goes out before the end.
  response.flushHeaders();
  response.write(body);
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  request.once("end", end).once("close", end).resume();
}
