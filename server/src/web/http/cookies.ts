/**
 * Cookies of the dashboard: their names on http and https, and what all of them have in common.
 *
 * A page of a sibling subdomain can plant cookies on our host, under whatever path. Browsers take a name with `__Host-`
 * from the host itself only, on https, and only for all of its paths. So what we believe is called that, under a path too,
 * whose name then keeps two dashboards of one host apart. A path would hide nothing: the host's other pages may read ours.
 */
import type { CookieSerializeOptions } from "@fastify/cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import { schemeOf } from "./web-options.ts";

export interface Cookie {
  readonly name: string;
  /** Nothing is believed because of it, so it may be planted, and the host's other pages needn't get it. */
  readonly isHint?: boolean;
}

export function readCookie(request: FastifyRequest, cookie: Cookie): string | undefined {
  return request.cookies[cookieName(request, cookie)];
}

/** @param maxAgeMs left out it lasts as long as the browser runs */
export function writeCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  cookie: Cookie,
  value: string,
  maxAgeMs?: number,
): void {
  const age = maxAgeMs === undefined ? {} : { maxAge: Math.floor(maxAgeMs / 1_000) };
  reply.setCookie(cookieName(request, cookie), value, { ...attributes(request, cookie), ...age });
}

export function clearCookie(request: FastifyRequest, reply: FastifyReply, cookie: Cookie): void {
  reply.clearCookie(cookieName(request, cookie), attributes(request, cookie));
}

function cookieName(request: FastifyRequest, { name, isHint = false }: Cookie): string {
  if (schemeOf(request) === "http") return name;
  if (isHint) return `__Secure-${name}`;
  // `+` is in no path that `web_base_path` takes.
  return `__Host-${name}${request.server.basePath.replaceAll("/", "+")}`;
}

function attributes(request: FastifyRequest, { isHint = false }: Cookie): CookieSerializeOptions {
  const secure = schemeOf(request) === "https";
  const path = secure && !isHint ? "/" : request.server.basePath || "/";
  return { path, httpOnly: true, sameSite: "lax", secure };
}
