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

/** On https the prefix makes browsers refuse the cookie from a subdomain or over plain http. */
function cookieName(request: FastifyRequest, name: string): string {
  return isSecure(request) ? `__Host-${name}` : name;
}

function attributes(request: FastifyRequest): CookieSerializeOptions {
  return { path: "/", httpOnly: true, sameSite: "lax", secure: isSecure(request) };
}

function isSecure(request: FastifyRequest): boolean {
  return request.protocol === "https";
}
