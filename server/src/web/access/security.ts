/** Security headers: nothing inline, nothing from or to another host, nothing kept by caches. */
import helmet from "@fastify/helmet";
import type { FastifyInstance } from "fastify";

export function addSecurityHeaders(app: FastifyInstance): void {
  // Answers hold names, figures and tokens of forms. Files of the package, and JSON with an ETag, say something else.
  app.addHook("onRequest", async (_request, reply) => {
    reply.header("cache-control", "no-store");
  });
  app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // The older form of `frameAncestors`, for browsers that don't support it.
    frameguard: { action: "deny" },
    // Forms need a referrer of their own site, or browsers send them with `Origin: null`.
    referrerPolicy: { policy: "same-origin" },
    // Plain http is a normal way to run inside a network: these two make browsers complain there, and whether to
    // insist on https is the proxy's to say.
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    strictTransportSecurity: false,
  });
}
