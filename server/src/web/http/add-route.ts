/** Adding routes so that a known path with the wrong method says 405 and which ones it knows, not 404. */
import type { FastifyInstance, FastifyRequest, RouteHandlerMethod } from "fastify";
import { SixpackError } from "../../domain/errors.ts";
import { requiredField } from "../../service/administer/fields.ts";
import type { Access } from "./identity.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

/** What a path answers, by method. HEAD goes with GET. */
interface Handlers {
  readonly GET?: RouteHandlerMethod;
  readonly POST?: RouteHandlerMethod;
  /** The role that it needs; by default viewers read and admins change. */
  readonly access?: Access;
  /** The label of the button that posts this form. If it is given, a form that came too late is shown again. */
  readonly form?: string;
  /** Largest body, in bytes; read only of who has the role. @default WEB_BODY_BYTES_MAX */
  readonly bodyBytesMax?: number;
}

export function addRoute(app: FastifyInstance, url: string, handlers: Handlers): void {
  const { GET, POST, access, form, bodyBytesMax } = handlers;
  const config = {
    ...(access === undefined ? {} : { access }),
    ...(form === undefined ? {} : { form }),
  };
  if (GET !== undefined) app.route({ method: "GET", url, handler: GET, config });
  const bodyLimit = bodyBytesMax === undefined ? {} : { bodyLimit: bodyBytesMax };
  if (POST !== undefined) app.route({ method: "POST", url, handler: POST, config, ...bodyLimit });
  const allowed = [...(GET === undefined ? [] : ["GET", "HEAD"]), ...(POST === undefined ? [] : ["POST"])];
  const allow = allowed.join(", ");
  app.route({
    method: METHODS.filter((method) => !allowed.includes(method)),
    url,
    // Answered before anything is read or checked, since the method alone is wrong.
    onRequest: async (request, reply) => {
      reply.header("allow", allow);
      throw new SixpackError("method-not-allowed", `Expected ${allow}, got ${request.method}`);
    },
    handler: async () => undefined,
  });
}

/** The experiment that a path names. */
export function nameOf(request: FastifyRequest): string {
  return requiredField(request.params, "name");
}
