/**
 * The dashboard server: pages, 2.7's JSON, and the actions, on Fastify. The order of registration is the order in
 * which a request meets things: headers, cookies and bodies, protection of forms, routes.
 *
 * @example
 * const app = createWebApp(context, options);
 * await app.listen({ port: 5001 });
 */
import cookie from "@fastify/cookie";
import formbody from "@fastify/formbody";
import Fastify, { type FastifyInstance, LogController } from "fastify";
import type { ServiceContext } from "../service/context.ts";
import { addActions } from "./actions.ts";
import { guardForms } from "./csrf.ts";
import { handleErrors, refuseUnrouted } from "./errors.tsx";
import { WEB_BODY_BYTES_MAX, WEB_REQUEST_TIMEOUT_MS, WEB_SEGMENT_LENGTH_MAX, type WebOptions } from "./options.ts";
import { addReads } from "./reads.tsx";
import { addSecurityHeaders } from "./security.ts";

/** The server, not yet listening; `listen`, `inject` or `ready` finishes its plugins. */
export function createWebApp(context: ServiceContext, options: WebOptions): FastifyInstance {
  const app: FastifyInstance = Fastify({
    ...(options.logger === undefined ? {} : { loggerInstance: options.logger }),
    // Defects are worth a line; who looked at which page is the business of the proxy's access log.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: WEB_BODY_BYTES_MAX,
    requestTimeout: WEB_REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: WEB_SEGMENT_LENGTH_MAX },
    frameworkErrors: refuseUnrouted,
    // One proxy, and only the address it adds itself: what stands before that in the header is the caller's own word.
    trustProxy: options.proxyFix ? (_address, hop) => hop === 0 : false,
  });
  addSecurityHeaders(app);
  app.register(cookie);
  // Forms and JSON are all there is to read: plain text is a type that a foreign page may send without being asked.
  app.removeContentTypeParser("text/plain");
  app.register(formbody, { bodyLimit: WEB_BODY_BYTES_MAX });
  handleErrors(app, options);
  const csrf = guardForms(app, options);
  // Routes go in after the plugins: a route only sees the hooks that were there before it.
  app.register(async (routes) => {
    addReads(routes, context, csrf);
    addActions(routes, context);
  });
  return app;
}
