/** Answers: refusals in the wire format of Sixpack 2.7, JSONP, and the headers that every answer carries. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Type } from "typebox";
import { ERRORS, type ErrorCode, SixpackError } from "../domain/errors.ts";
import type { Answer } from "./answer.ts";
import type { Cors } from "./cors.ts";
import { CALLBACK_LENGTH_MAX } from "./limits.ts";
import { endAfterRequest, isBodyEndless } from "./linger.ts";

const JSON_TYPE = "application/json";

/** Callback names that are allowed, as in Sixpack 2.7: only the path of a function. */
const CALLBACK = /^\w[\w'\-.]*$/;

/** Body of every refusal: 2.7's `status` and `message`, and our `code` and `detail` beside them. */
export const REFUSAL = Type.Object({
  status: Type.Literal("failed"),
  message: Type.String(),
  code: Type.Enum(Object.keys(ERRORS) as ErrorCode[]),
  detail: Type.Optional(Type.String()),
});

/** Refusals whose detail is for operators, who read it in the log: paths, addresses, what Redis said, defects. */
const FOR_OPERATORS: ReadonlySet<ErrorCode> = new Set(["store-unavailable", "experiment-unreadable", "internal"]);

/** @param debug whether callers are told what is for operators, too */
export function failure(error: unknown, debug: boolean): Answer {
  const told = error instanceof SixpackError ? error : defect(error);
  const { code, message, status } = told;
  const detail = debug || !FOR_OPERATORS.has(code) ? told.detail : undefined;
  const retryAfterS = told.retryAfterS ?? (status === 503 ? 1 : undefined);
  const headers = retryAfterS === undefined ? [] : ["Retry-After", String(retryAfterS)];
  // RFC 9110, section 15.5.16: which content codings are taken.
  if (code === "unsupported-media-type") headers.push("Accept-Encoding", "identity");
  return { status, headers, body: JSON.stringify({ status: "failed", message, code, detail }) };
}

function defect(error: unknown): SixpackError {
  return new SixpackError("internal", error instanceof Error ? (error.stack ?? error.message) : String(error));
}

export function refusal(code: ErrorCode, detail?: string): Answer {
  return failure(new SixpackError(code, detail), false);
}

/** Writes an answer, as JSONP where a valid callback asks for it. To HEAD `node:http` sends the head alone. */
export function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  callback: string | undefined,
  cors: Cors,
): void {
  let { body, contentType = JSON_TYPE } = answer;
  const headers = ["Cache-Control", "no-store"];
  if (callback !== undefined && contentType === JSON_TYPE && isCallback(callback)) {
    // U+2028 and U+2029 end a line in older JavaScript, though not in JSON.
    body = `${callback}(${body.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029")})`;
    contentType = "application/javascript";
    headers.push("X-Content-Type-Options", "nosniff");
  }
  // An answer without content may not state its length.
  if (answer.status !== 204 && answer.status !== 304) {
    headers.push("Content-Type", contentType, "Content-Length", String(Buffer.byteLength(body)));
  }
  const { origin } = request.headers;
  headers.push(...(request.method === "OPTIONS" ? cors.preflight(origin) : cors.answer(origin)));
  if (answer.headers !== undefined) headers.push(...answer.headers);
  if (answer.status >= 400 && isBodyEndless(request)) {
    headers.push("Connection", "close");
    response.writeHead(answer.status, headers);
    endAfterRequest(request, response, body);
    return;
  }
  response.writeHead(answer.status, headers);
  response.end(body);
}

function isCallback(callback: string): boolean {
  return callback.length <= CALLBACK_LENGTH_MAX && CALLBACK.test(callback);
}
