/**
 * Light, dark, or as the system has it: kept in a cookie, so that the server writes the right page at once and nothing
 * flashes. It is no secret and no session, so it needs no login.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { oneOf } from "../../domain/names.ts";
import { member } from "../../lib/member.ts";
import { DAY_MS } from "../../lib/time.ts";
import { requiredField } from "../../service/administer/fields.ts";
import { addRoute } from "../http/add-route.ts";
import { writeCookie } from "../http/cookies.ts";
import { THEME_COOKIE, THEMES } from "../http/frame.ts";
import { safePath, THEME_PATH } from "../http/urls.ts";

const YEAR_MS = 365 * DAY_MS;

export function addTheme(app: FastifyInstance): void {
  addRoute(app, THEME_PATH, { access: "public", POST: setTheme });
}

async function setTheme(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const theme = oneOf("theme", THEMES, requiredField(request.body, "theme"));
  writeCookie(request, reply, THEME_COOKIE, theme, YEAR_MS);
  return reply.redirect(safePath(member(request.body, "back")), 303);
}
