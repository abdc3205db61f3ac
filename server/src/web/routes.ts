/** Adding routes so that a known path with the wrong method says 405 and which ones it knows, not 404. */
import type { FastifyInstance, RouteHandlerMethod } from "fastify";
import { SixpackError } from "../domain/errors.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

/** What a path answers, by method. HEAD goes with GET. */
export interface Handlers {
  readonly GET?: RouteHandlerMethod;
  readonly POST?: RouteHandlerMethod;
}

export function addRoute(app: FastifyInstance, url: string, handlers: Handlers): void {
  const { GET, POST } = handlers;
  if (GET !== undefined) app.route({ method: "GET", url, handler: GET });
  if (POST !== undefined) app.route({ method: "POST", url, handler: POST });
  const allowed = [...(GET === undefined ? [] : ["GET", "HEAD"]), ...(POST === undefined ? [] : ["POST"])];
  const allow = allowed.join(", ");
  app.route({
    method: METHODS.filter((method) => !allowed.includes(method)),
    url,
    // Before anything is read or checked: the method alone is wrong.
    onRequest: async (request, reply) => {
      reply.header("allow", allow);
      throw new SixpackError("method-not-allowed", `Expected ${allow}, got ${request.method}`);
    },
    handler: async () => undefined,
  });
}
