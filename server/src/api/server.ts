/**
 * The API server on node:http.
 *
 * This is the path the product exists for, so it is written by hand: no router, no middleware, one reader for the
 * arguments, one write per answer. A framework here costs 12 to 15 % of the throughput (docs/decisions).
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { SixpackError } from "../domain/errors.ts";
import type { ServiceContext } from "../service/context.ts";
import { noArguments, readUrlEncoded } from "./arguments.ts";
import { readArguments, readText } from "./body.ts";
import { answerBrokenRequest, refuseTunnel } from "./broken.ts";
import { type Cors, type CorsOptions, cors } from "./cors.ts";
import {
  HEADER_BYTES_MAX,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_MS,
  REQUEST_TIMEOUT_MS,
  TIMEOUT_CHECK_MS,
  URL_BYTES_MAX,
} from "./limits.ts";
import { allow, DOCUMENT_METHODS, METHODS, methodNotAllowed } from "./methods.ts";
import { type Answer, failure, respond } from "./respond.ts";
import { DOCUMENT_ROUTES, dispatch, type Operations, type Route, routeOf } from "./routes.ts";

export interface ApiOptions {
  readonly cors: CorsOptions;
  /** Shows the cause of an internal error in its answer: `SIXPACK_DEBUG`. */
  readonly debug: boolean;
  readonly operations: Operations;
  /** Told of every answer: route (`undefined` for no such path), status, and milliseconds since the request came. */
  readonly onAnswer: ((route: Route | undefined, status: number, elapsedMs: number) => void) | undefined;
}

/** The server, not yet listening. */
export function createApiServer(context: ServiceContext, options: ApiOptions): Server {
  const handler = createHandler(context, options, cors(options.cors));
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      noDelay: true,
      keepAlive: true,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      // node:http refuses a request without Host by an empty answer; the handler says why.
      requireHostHeader: false,
    },
    handler,
  );
  server.on("clientError", answerBrokenRequest);
  server.on("connect", refuseTunnel);
  // An expectation that nobody knows is passed over, where node:http would answer an empty 417.
  server.on("checkExpectation", handler);
  return server;
}

function createHandler(
  context: ServiceContext,
  options: ApiOptions,
  crossOrigin: Cors,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { onAnswer, operations, debug } = options;
  return (request, response) => {
    const startedMs = onAnswer === undefined ? 0 : performance.now();
    const args = noArguments();
    const url = request.url ?? "/";
    const question = url.indexOf("?");
    const path = question === -1 ? url : url.slice(0, question);
    const route = routeOf(path);

    const finish = (answer: Answer): void => {
      if (response.headersSent || response.destroyed) return;
      respond(request, response, answer, args.callback, crossOrigin);
      onAnswer?.(route, answer.status, performance.now() - startedMs);
    };
    const fail = (error: unknown): void => {
      if (!(error instanceof SixpackError) || error.code === "internal") operations.onDefect(error);
      finish(failure(error, debug));
    };
    try {
      if (url.length > URL_BYTES_MAX) throw new SixpackError("url-too-long", `Expected at most ${URL_BYTES_MAX} bytes`);
      if (request.headers.host === undefined && request.httpVersion === "1.1") {
        throw new SixpackError("bad-request", "Expected a Host header, got none");
      }
      const { method } = request;
      const methods = DOCUMENT_ROUTES.has(route) ? DOCUMENT_METHODS : METHODS;
      if (!methods.has(method)) return finish(methodNotAllowed(methods, method));
      if (method === "OPTIONS") return finish({ status: 204, body: "", headers: allow(methods) });
      if (question !== -1) readUrlEncoded(url, question + 1, args);
      if (route === undefined) throw new SixpackError("not-found", `Expected a path of docs/http-api.md, got ${path}`);
      const call = { route, path, args, document: "", ifNoneMatch: request.headers["if-none-match"] };
      if (method === "POST") {
        readText(request)
          .then((text) => {
            if (DOCUMENT_ROUTES.has(route)) return dispatch(context, operations, { ...call, document: text });
            readArguments(request, text, args);
            return dispatch(context, operations, call);
          })
          .then(finish, fail);
        return;
      }
      const answer = dispatch(context, operations, call);
      if (answer instanceof Promise) answer.then(finish, fail);
      else finish(answer);
    } catch (error) {
      fail(error);
    }
  };
}
