/** Refusals of the dashboard, as a page or as JSON with the members of the API's. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type ErrorCode, SixpackError } from "../../domain/errors.ts";
import { quote } from "../../domain/names.ts";
import { sendPage, wantsPage } from "../http/send.ts";
import type { WebOptions } from "../http/web-options.ts";
import { ErrorPage } from "../views/pages/error-page.tsx";

/** Codes of refusals of Fastify and Node, in our words. */
const FASTIFY_CODES: ReadonlyMap<string, ErrorCode> = new Map(
  Object.entries({
    FST_ERR_BAD_URL: "invalid-encoding",
    FST_ERR_MAX_PARAM_LENGTH: "url-too-long",
    FST_ERR_CTP_BODY_TOO_LARGE: "body-too-large",
    FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported-media-type",
    FST_ERR_CTP_INVALID_CONTENT_LENGTH: "invalid-body",
    FST_ERR_CTP_EMPTY_JSON_BODY: "invalid-body",
    FST_ERR_CTP_INVALID_JSON_BODY: "invalid-body",
    // The caller closed the connection while a file was made: nobody reads the answer, and it is no defect.
    ERR_STREAM_PREMATURE_CLOSE: "bad-request",
  }),
);

/** What was expected and what came, where the library's own words don't say. */
const DETAILS: ReadonlyMap<string, (request: FastifyRequest) => string> = new Map(
  Object.entries({
    FST_ERR_CTP_BODY_TOO_LARGE: ({ routeOptions }: FastifyRequest) =>
      `Expected at most ${routeOptions.bodyLimit} bytes, got more`,
    FST_ERR_CTP_INVALID_MEDIA_TYPE: ({ headers }: FastifyRequest) =>
      `Expected application/x-www-form-urlencoded or application/json, got ${quote(headers["content-type"] ?? "")}`,
    FST_ERR_CTP_INVALID_JSON_BODY: () => "Expected a body of JSON, got one that can't be read as such",
    FST_ERR_CTP_EMPTY_JSON_BODY: () => "Expected a body of JSON, got an empty one",
  }),
);

export function handleErrors(app: FastifyInstance, { debug }: WebOptions): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => refuse(error, request, reply, debug));
  app.setNotFoundHandler((request, reply) =>
    refuse(new SixpackError("not-found", `There is no page at ${request.url}`), request, reply, debug),
  );
}

/** For what the router refuses before any hook has run: always JSON, as a page would lack its headers. */
export function refuseUnrouted(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  sendFailure(reply.header("cache-control", "no-store"), sixpackError(error, request), undefined);
}

async function refuse(
  error: Error,
  request: FastifyRequest,
  reply: FastifyReply,
  debug: boolean,
): Promise<FastifyReply> {
  const known = sixpackError(error, request);
  if (known.status === 500) request.log.error(error);
  const detail = known.code !== "internal" ? known.detail : debug ? (error.stack ?? error.message) : undefined;
  // Also where a file was asked for, which caches keep.
  reply.header("cache-control", "no-store");
  if (known.status === 503) reply.header("retry-after", "1");
  if (!wantsPage(request)) return sendFailure(reply, known, detail);
  return sendPage(reply, known.status, <ErrorPage code={known.code} detail={detail} />);
}

function sendFailure(reply: FastifyReply, error: SixpackError, detail: string | undefined): FastifyReply {
  return reply
    .code(error.status)
    .type("application/json; charset=utf-8")
    .send(JSON.stringify({ status: "failed", message: error.message, code: error.code, detail }));
}

function sixpackError(error: Error, request: FastifyRequest): SixpackError {
  if (error instanceof SixpackError) return error;
  const theirs = "code" in error && typeof error.code === "string" ? error.code : "";
  const code = FASTIFY_CODES.get(theirs);
  if (code !== undefined) {
    return new SixpackError(code, DETAILS.get(theirs)?.(request) ?? error.message, { cause: error });
  }
  // Refusals of a library have a status, for example for a file whose date doesn't match.
  const status = "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : 500;
  // JSON that can't be read, or holds what it may not, `__proto__` for one.
  const isJson = error instanceof SyntaxError && status === 400;
  return new SixpackError(isJson ? "invalid-body" : codeOf(status), error.message, { cause: error });
}

/** A refusal of a library stays one, in our words. */
function codeOf(status: number): ErrorCode {
  if (status < 400 || status >= 500) return "internal";
  return LIBRARY_CODES[status] ?? "bad-request";
}

const LIBRARY_CODES: Readonly<Record<number, ErrorCode>> = {
  // A path that leads out of the folder of files leads to nothing.
  403: "not-found",
  404: "not-found",
  412: "precondition-failed",
  413: "body-too-large",
  415: "unsupported-media-type",
};
