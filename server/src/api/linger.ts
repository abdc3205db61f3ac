/**
 * Saying no to a caller that is still talking.
 *
 * A server that closes a connection while bytes are coming in makes the kernel reset it, and the caller may never read
 * why it was refused. So the answer goes out with `Connection: close`, what still comes is thrown away for a while, and
 * only then the connection is closed (RFC 9112, section 9.6).
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { LINGER_MS } from "../ops/broken.ts";
import { BODY_BYTES_MAX } from "./limits.ts";

/** Whether more of a body may come than is worth waiting for. A shorter rest is skipped and the connection kept. */
export function isBodyEndless(request: IncomingMessage): boolean {
  if (request.complete) return false;
  const { headers } = request;
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > BODY_BYTES_MAX;
}

/** Sends the body of an answer whose head said `Connection: close`, and ends it when the request has come to its end. */
export function endAfterRequest(request: IncomingMessage, response: ServerResponse, body: string): void {
  if (body === "") response.flushHeaders();
  else response.write(body);
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  request.once("end", end).once("close", end).resume();
}
