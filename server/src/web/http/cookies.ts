/** Cookies of the dashboard: their names on http and https, and what all of them have in common. */
import type { CookieSerializeOptions } from "@fastify/cookie";
import type { FastifyReply, FastifyRequest } from "fastify";

export function readCookie(request: FastifyRequest, name: string): string | undefined {
  return request.cookies[cookieName(request, name)];
}

/** @param maxAgeMs left out it lasts as long as the browser runs */
export function writeCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  value: string,
  maxAgeMs?: number,
): void {
  const age = maxAgeMs === undefined ? {} : { maxAge: Math.floor(maxAgeMs / 1_000) };
  reply.setCookie(cookieName(request, name), value, { ...attributes(request), ...age });
}

export function clearCookie(request: FastifyRequest, reply: FastifyReply, name: string): void {
  reply.clearCookie(cookieName(request, name), attributes(request));
}

/**
 * On https the prefix makes browsers refuse the cookie over plain http, and from a subdomain where it may: `__Host-` is for
 * cookies of a whole host, and under a path ours are none of its other pages' business.
 */
function cookieName(request: FastifyRequest, name: string): string {
  if (!isSecure(request)) return name;
  return request.server.basePath === "" ? `__Host-${name}` : `__Secure-${name}`;
}

/** The path of every cookie of ours. */
export function cookiePath(request: FastifyRequest): string {
  return request.server.basePath === "" ? "/" : request.server.basePath;
}

function attributes(request: FastifyRequest): CookieSerializeOptions {
  return { path: cookiePath(request), httpOnly: true, sameSite: "lax", secure: isSecure(request) };
}

function isSecure(request: FastifyRequest): boolean {
  return request.protocol === "https";
}
