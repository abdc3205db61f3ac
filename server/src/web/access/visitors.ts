/** Who looks at a page, from the request that asked for it. */
import type { FastifyInstance } from "fastify";
import type { Flashes } from "../flash.ts";
import type { Visitor } from "../visitor.ts";
import { type AccessMode, allows, roleOf } from "./access.ts";
import type { Csrf } from "./csrf.ts";

declare module "fastify" {
  interface FastifyReply {
    /** Asked when a page is written; `null` where a request was refused before anything was known of it. */
    visitor: (() => Visitor) | null;
  }
}

export function addVisitors(app: FastifyInstance, mode: AccessMode, csrf: Csrf, flashes: Flashes): void {
  app.decorateReply("visitor", null);
  app.addHook("onRequest", async (request, reply) => {
    reply.visitor = () => {
      const { identity } = request;
      return {
        name: identity === null || identity.kind === "anyone" ? null : identity.name,
        can: (role) => identity !== null && allows(roleOf(identity), role),
        canLogOut: identity?.kind === "user",
        unknown: identity === null,
        openToAll: mode.kind === "open",
        csrfToken: () => csrf.token(request, reply),
        takeFlash: () => flashes.take(request, reply),
      };
    };
  });
}
