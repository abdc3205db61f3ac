/**
 * The API server on node:http.
 *
 * This is the path the product exists for, so it is written by hand: no router, no middleware, one reader for the
 * arguments, one write per answer. A framework here costs 12 to 15 % of the throughput (docs/decisions).
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { SixpackError } from "../domain/errors.ts";
import type { ServiceContext } from "../service/context.ts";
import { noArguments, readUrlEncoded } from "./arguments.ts";
import { readArguments, readText } from "./body.ts";
import { type Cors, type CorsOptions, cors } from "./cors.ts";
import { type Answer, failure, refusal, respond } from "./respond.ts";
import { DOCUMENT_ROUTES, dispatch, type Operations, type Route, routeOf } from "./routes.ts";

/** Longest URL, in characters. Anything a browser or proxy would send fits. */
export const URL_LENGTH_MAX = 16_384;
/** Largest request line and headers together, in bytes. */
export const HEADER_BYTES_MAX = 32_768;
/** How long an idle connection is kept, in milliseconds: longer than the 60 s of common load balancers, so that they close first. */
export const KEEP_ALIVE_MS = 72_000;
/** How long a client may take to send its headers, in milliseconds. */
export const HEADERS_TIMEOUT_MS = 10_000;
/** How long a client may take to send the whole request, in milliseconds. */
export const REQUEST_TIMEOUT_MS = 20_000;

const METHODS: ReadonlySet<string | undefined> = new Set(["GET", "HEAD", "POST", "OPTIONS"]);
const DOCUMENT_METHODS: ReadonlySet<string | undefined> = new Set(["POST", "OPTIONS"]);

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
    { maxHeaderSize: HEADER_BYTES_MAX, noDelay: true, keepAlive: true, keepAliveTimeout: KEEP_ALIVE_MS },
    handler,
  );
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.on("clientError", answerBrokenRequest);
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
      // A body that was not read to its end would be taken for the next request.
      if (!request.complete) response.shouldKeepAlive = false;
      finish(failure(error, debug));
    };
    try {
      if (url.length > URL_LENGTH_MAX)
        throw new SixpackError("url-too-long", `Expected at most ${URL_LENGTH_MAX} characters`);
      const { method } = request;
      const methods = DOCUMENT_ROUTES.has(route) ? DOCUMENT_METHODS : METHODS;
      if (!methods.has(method)) return finish(wrongMethod(methods, method));
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

function wrongMethod(methods: ReadonlySet<string | undefined>, method: string | undefined): Answer {
  const detail = `Expected ${[...methods].join(", ")}, got ${method}`;
  return { ...refusal("method-not-allowed", detail), headers: allow(methods) };
}

function allow(methods: ReadonlySet<string | undefined>): readonly string[] {
  return ["Allow", [...methods].join(", ")];
}

/** What node:http could not parse gets a JSON answer like everything else, on a socket that is then closed. */
function answerBrokenRequest(error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, body } = brokenRequestAnswer(error);
  const reason = status === 408 ? "Request Timeout" : "Bad Request";
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Cache-Control: no-store\r\nConnection: close\r\n\r\n${body}`,
  );
}

function brokenRequestAnswer(error: NodeJS.ErrnoException & { rawPacket?: Buffer }): Answer {
  switch (error.code) {
    case "HPE_HEADER_OVERFLOW":
      // Without the end of a line in the packet it was the request line that would not end.
      return error.rawPacket?.includes("\r\n") === true
        ? refusal("headers-too-large", `Expected at most ${HEADER_BYTES_MAX} bytes of headers`)
        : refusal("url-too-long", `Expected at most ${URL_LENGTH_MAX} characters`);
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return refusal("request-timeout", `Expected the whole request within ${REQUEST_TIMEOUT_MS / 1000} s`);
    default:
      return refusal("bad-request", `Expected an HTTP/1.1 request, got ${error.code ?? "something else"}`);
  }
}
