/**
 * Loopback names only, for a dashboard without a login: a page of any site can point a name of its own at 127.0.0.1
 * and would then be of one origin with us (DNS rebinding). It can't choose what the browser puts in `Host`.
 */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { isLoopback } from "../../config/rules.ts";
import { SixpackError } from "../../domain/errors.ts";

export function refuseForeignHosts(app: FastifyInstance): void {
  app.addHook("onRequest", async (request) => {
    const foreign = hostsOf(request).find((host) => !isLoopbackHost(host));
    if (foreign === undefined) return;
    throw new SixpackError(
      "foreign-host",
      `Expected localhost or a loopback address in the \`Host\` header, because \`auth\` is \`none\`, got ${JSON.stringify(foreign)}`,
    );
  });
}

/** The one the client sent, and the one a trusted proxy says it was asked for. */
function hostsOf(request: FastifyRequest): readonly string[] {
  return [request.headers.host ?? "", request.host];
}

function isLoopbackHost(host: string): boolean {
  const name = host.replace(/:\d*$/, "").toLowerCase();
  return isLoopback(name) || name.endsWith(".localhost");
}
