/** Tokens of programs: `Authorization: Bearer sxp_…`. */
import type { FastifyRequest } from "fastify";
import { isToken } from "../../ops/token.ts";

/** The token that a request presents, checked or not; a proxy's own bearer token is none of ours. */
export function bearerToken(request: FastifyRequest): string | undefined {
  const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
  return token !== undefined && isToken(token) ? token : undefined;
}
