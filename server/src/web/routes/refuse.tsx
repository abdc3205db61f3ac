/** Refusals of the dashboard, as a page or as JSON with the members of the API's. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ERRORS, type ErrorCode, SixpackError } from "../../domain/errors.ts";
import { sendPage, wantsPage } from "../http/send.ts";
import type { WebOptions } from "../http/web-options.ts";
import { ErrorPage } from "../views/pages/error-page.tsx";

/** Codes of Fastify's own refusals, in our words. */
const FASTIFY_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_BAD_URL: "invalid-encoding",
  FST_ERR_MAX_PARAM_LENGTH: "url-too-long",
  FST_ERR_CTP_BODY_TOO_LARGE: "body-too-large",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported-media-type",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "invalid-body",
  FST_ERR_CTP_EMPTY_JSON_BODY: "invalid-body",
  FST_ERR_CTP_INVALID_JSON_BODY: "invalid-body",
};

export function handleErrors(app: FastifyInstance, { debug }: WebOptions): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => refuse(error, request, reply, debug));
  app.setNotFoundHandler((request, reply) =>
    refuse(
      new SixpackError("not-found", `Expected a path of the dashboard, got ${request.url}`),
      request,
      reply,
      debug,
    ),
  );
}

/** For what the router refuses before any hook has run: always JSON, as a page would lack its headers. */
export function refuseUnrouted(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  sendFailure(reply, sixpackError(error), undefined);
}

async function refuse(
  error: Error,
  request: FastifyRequest,
  reply: FastifyReply,
  debug: boolean,
): Promise<FastifyReply> {
  const known = sixpackError(error);
  if (known.code === "internal") request.log.error(error);
  const detail = known.code !== "internal" ? known.detail : debug ? (error.stack ?? error.message) : undefined;
  if (known.status === 503) reply.header("retry-after", "1");
  if (!wantsPage(request)) return sendFailure(reply, known, detail);
  return sendPage(reply, known.status, <ErrorPage code={known.code} detail={detail} />);
}

function sendFailure(reply: FastifyReply, error: SixpackError, detail: string | undefined): FastifyReply {
  return reply
    .code(error.status)
    .header("cache-control", "no-store")
    .type("application/json; charset=utf-8")
    .send(JSON.stringify({ status: "failed", message: error.message, code: error.code, detail }));
}

function sixpackError(error: Error): SixpackError {
  if (error instanceof SixpackError) return error;
  const code = "code" in error && typeof error.code === "string" ? FASTIFY_CODES[error.code] : undefined;
  if (code !== undefined) return new SixpackError(code, error.message, { cause: error });
  // A JSON body that Fastify's parser refuses for what is in it, `__proto__` for one, has a status and no code.
  const status = "statusCode" in error ? error.statusCode : undefined;
  return new SixpackError(status === ERRORS["invalid-body"].status ? "invalid-body" : "internal", error.message, {
    cause: error,
  });
}
