/** Answers: bodies in the wire format of Sixpack 2.7, JSONP, and the headers that every answer carries. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { ERRORS, type ErrorCode, SixpackError } from "../domain/errors.ts";
import { alternativeName, type Experiment } from "../domain/experiment.ts";
import { ANSWER_REASONS, type AnswerReason } from "../service/participate.ts";
import type { Answer } from "./answer.ts";
import type { Cors } from "./cors.ts";
import { CALLBACK_LENGTH_MAX } from "./limits.ts";
import { endAfterRequest, isBodyEndless } from "./linger.ts";

const JSON_TYPE = "application/json";

/** Names that may be called back, as in Sixpack 2.7: nothing that could be more than a function's path. */
const CALLBACK = /^\w[\w'\-.]*$/;

/** The start of a participation's body per alternative, made once per definition: only the client id differs. */
const BODY_STARTS = new WeakMap<Experiment, string[]>();

/** The end of a participation's body per reason, which stands behind the fields of 2.7. */
const BODY_ENDS = Object.fromEntries(ANSWER_REASONS.map((reason) => [reason, `,"reason":"${reason}"}`])) as Readonly<
  Record<AnswerReason, string>
>;

/** Body of a `/participate` that names a stored alternative. */
export function participationBody(experiment: Experiment, index: number, client: string, reason: AnswerReason): string {
  let starts = BODY_STARTS.get(experiment);
  if (starts === undefined) {
    starts = [];
    BODY_STARTS.set(experiment, starts);
  }
  let start = starts[index];
  if (start === undefined) {
    start = participationStart(alternativeName(experiment, index), experiment.name);
    starts[index] = start;
  }
  return `${start}${JSON.stringify(client)}${BODY_ENDS[reason]}`;
}

/** The same for an answer that has no experiment behind it. */
export function unrecordedBody(alternative: string, experiment: string, client: string, reason: AnswerReason): string {
  return `${participationStart(alternative, experiment)}${JSON.stringify(client)}${BODY_ENDS[reason]}`;
}

function participationStart(alternative: string, experiment: string): string {
  const start = JSON.stringify({ status: "ok", alternative: { name: alternative }, experiment: { name: experiment } });
  return `${start.slice(0, -1)},"client_id":`;
}

/** Body of every refusal: 2.7's `status` and `message`, and our `code` and `detail` beside them. */
export function failure(error: unknown, showInternals: boolean): Answer {
  if (error instanceof SixpackError && error.code !== "internal") {
    const { code, detail, message, status } = error;
    const retryAfterS = error.retryAfterS ?? (status === 503 ? 1 : undefined);
    const headers = retryAfterS === undefined ? [] : ["Retry-After", String(retryAfterS)];
    return { status, headers, body: JSON.stringify({ status: "failed", message, code, detail }) };
  }
  const detail = showInternals && error instanceof Error ? (error.stack ?? error.message) : undefined;
  return {
    status: 500,
    body: JSON.stringify({ status: "failed", message: ERRORS.internal.message, code: "internal", detail }),
  };
}

export function refusal(code: ErrorCode, detail?: string): Answer {
  return failure(new SixpackError(code, detail), false);
}

/** Writes an answer: JSONP where a valid callback asks for it, no body for HEAD. */
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
  const sent = request.method === "HEAD" ? "" : body;
  if (answer.status >= 400 && isBodyEndless(request)) {
    headers.push("Connection", "close");
    response.writeHead(answer.status, headers);
    endAfterRequest(request, response, sent);
    return;
  }
  response.writeHead(answer.status, headers);
  response.end(sent);
}

function isCallback(callback: string): boolean {
  return callback.length <= CALLBACK_LENGTH_MAX && CALLBACK.test(callback);
}
