/**
 * The API server on node:http.
 *
 * This is the path the product exists for, so it is written by hand: no router, no middleware, one reader for the
 * arguments, one write per answer. A framework here costs 12 to 15 % of the throughput (docs/decisions).
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { SixpackError } from "../domain/errors.ts";
import { answerBrokenRequest, answerSocket } from "../ops/broken.ts";
import { requestIdOf } from "../ops/notes.ts";
import type { ServiceContext } from "../service/context.ts";
import type { Answer } from "./answer.ts";
import { type Arguments, noArguments } from "./arguments.ts";
import { checkContentEncoding, readArguments, readText } from "./body.ts";
import { boundConnections, CONNECTIONS_MAX } from "./connections.ts";
import { cors, corsOfFlags } from "./cors.ts";
import {
  HEADER_BYTES_MAX,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_MS,
  REQUEST_TIMEOUT_MS,
  TIMEOUT_CHECK_MS,
  URL_BYTES_MAX,
} from "./limits.ts";
import { allow, DOCUMENT_METHODS, METHODS, methodNotAllowed } from "./methods.ts";
import type { ApiOptions } from "./options.ts";
import { CHARGED_ROUTES, DOCUMENT_ROUTES, placeOf, type Route } from "./paths.ts";
import { readUrlEncoded } from "./read.ts";
import { failure, respond } from "./respond.ts";
import { type Call, dispatch } from "./routes.ts";
import { createTurn } from "./turn.ts";

/** The server, not yet listening. */
export function createApiServer(context: ServiceContext, options: ApiOptions): Server {
  let isCrowded = () => false;
  const handler = createHandler(context, options, () => isCrowded());
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
  isCrowded = boundConnections(server, options.connectionsMax ?? CONNECTIONS_MAX);
  server.on(
    "clientError",
    answerBrokenRequest({
      urlBytesMax: URL_BYTES_MAX,
      headerBytesMax: HEADER_BYTES_MAX,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
    }),
  );
  server.on("connect", (_request, socket) => {
    // This server is no proxy. Without this listener a reset of a socket that asked for a tunnel would be an uncaught
    // error.
    socket.on("error", () => socket.destroy());
    answerSocket(socket, methodNotAllowed(METHODS, "CONNECT"));
  });
  // An expectation that nobody knows is passed over, where node:http would answer an empty 417.
  server.on("checkExpectation", handler);
  return server;
}

function createHandler(
  context: ServiceContext,
  options: ApiOptions,
  isCrowded: () => boolean,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { onAnswer, onDefect, draining, newRequestId, debug, basePath } = options;
  const answerOf = createAnswerer(context, options);
  const crossOrigin = cors(options.cors);
  const crossOriginOfFlags = corsOfFlags(options.cors);
  const atEndOfTurn = createTurn();
  return (request, response) => {
    const startedMs = performance.now();
    const { path, route } = placeOf(request.url ?? "/", basePath);
    const args = noArguments();
    let id: string | undefined;
    const requestId = (): string => {
      id ??= requestIdOf(request.headers["x-request-id"], newRequestId);
      return id;
    };

    const write = (answer: Answer): void => {
      if (response.headersSent || response.destroyed) return;
      // Callers are told to close their connections before these are cut, so that no request arrives on a closed one; and
      // while there are many, so that those who come get one.
      if (draining() || isCrowded()) response.shouldKeepAlive = false;
      const told = answer.status >= 500 ? withRequestId(answer, requestId()) : answer;
      const isFlag = route === "flags" || route === "flag" || route === "track";
      respond(request, response, told, args.callback, isFlag ? crossOriginOfFlags : crossOrigin);
      onAnswer?.(route, request.method, answer.status, performance.now() - startedMs, requestId);
    };
    const finish = (answer: Answer): void =>
      atEndOfTurn(() => {
        try {
          write(answer);
        } catch (error) {
          onDefect(error, requestId());
          response.destroy();
        }
      });
    const fail = (error: unknown): void => {
      if (!(error instanceof SixpackError) || error.code === "internal") onDefect(error, requestId());
      finish(failure(error, debug));
    };
    try {
      const answer = answerOf(request, path, route, args);
      if (answer instanceof Promise) answer.then(finish, fail);
      else finish(answer);
    } catch (error) {
      fail(error);
    }
  };
}

/** The caller of a failed request gets its id, by which the line in the log can be found. */
function withRequestId(answer: Answer, id: string): Answer {
  return id === "" ? answer : { ...answer, headers: [...(answer.headers ?? []), "X-Request-Id", id] };
}

type Answerer = (
  request: IncomingMessage,
  path: string,
  route: Route | undefined,
  args: Arguments,
) => Answer | Promise<Answer>;

/** The answer to a request. Where nothing has to be waited for it comes at once, and never counts as waiting. */
function createAnswerer(context: ServiceContext, options: ApiOptions): Answerer {
  const { loadLimit, charge, callerOf } = options;
  const strained = loadLimit.withoutWaiting(context);
  const enter = (answer: Answer | Promise<Answer>): Answer | Promise<Answer> => {
    if (!(answer instanceof Promise)) return answer;
    loadLimit.inFlight += 1;
    return answer.finally(() => {
      loadLimit.inFlight -= 1;
    });
  };
  return (request, path, route, args) => {
    const early = readRequest(request, route, args);
    if (early !== undefined) return early;
    if (route === undefined) throw new SixpackError("not-found", `Expected a path of docs/http-api.md, got ${path}`);
    const caller = callerOf(request);
    if (CHARGED_ROUTES.has(route)) charge(caller, 1);
    const full = loadLimit.isFull(route);
    const call: Call = { route, path, args, document: "", ifNoneMatch: request.headers["if-none-match"], caller };
    if (request.method === "POST") {
      checkContentEncoding(request);
      // A body would have to be waited for.
      if (full) throw loadLimit.refusal();
      return loadLimit
        .read(() => readText(request))
        .then((text) => {
          if (loadLimit.isFull(route)) throw loadLimit.refusal();
          if (DOCUMENT_ROUTES.has(route)) return enter(dispatch(context, options, { ...call, document: text }));
          readArguments(request, text, args);
          return enter(dispatch(context, options, call));
        });
    }
    return enter(dispatch(full ? strained : context, options, call));
  };
}

/** What a URL has to percent-encode. Node 20.19 lets such bytes pass, each read as a character of Latin-1. */
const UNENCODED = /[^!-~]/;

/** Checks a request and reads its query. An answer where its method alone has one. @throws SixpackError */
function readRequest(request: IncomingMessage, route: Route | undefined, args: Arguments): Answer | undefined {
  const { url = "/" } = request;
  if (url.length > URL_BYTES_MAX) throw new SixpackError("url-too-long", `Expected at most ${URL_BYTES_MAX} bytes`);
  if (request.headers.host === undefined && request.httpVersion === "1.1") {
    throw new SixpackError("bad-request", "Expected a Host header, got none");
  }
  if (UNENCODED.test(url))
    throw new SixpackError("bad-request", "Expected a percent-encoded URL, got other bytes in it");
  const { method } = request;
  const methods = DOCUMENT_ROUTES.has(route) ? DOCUMENT_METHODS : METHODS;
  if (!methods.has(method)) return methodNotAllowed(methods, method);
  if (method === "OPTIONS") return { status: 204, body: "", headers: allow(methods) };
  const question = url.indexOf("?");
  if (question !== -1) readUrlEncoded(url, question + 1, args);
  return undefined;
}
