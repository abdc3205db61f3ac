/**
 * Light, dark, or as the system has it: kept in a cookie, so that the server writes the right page at once and nothing
 * flashes. It is no secret and no session, so it needs no login.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { oneOf } from "../../domain/names.ts";
import { formField, requiredField } from "../../service/administer/fields.ts";
import { addRoute } from "../http/add-route.ts";
import { hintPath } from "../http/cookies.ts";
import { THEME_COOKIE, THEMES } from "../http/frame.ts";
import { safePath, THEME_PATH } from "../http/urls.ts";

const YEAR_S = 365 * 86_400;

export function addTheme(app: FastifyInstance): void {
  addRoute(app, THEME_PATH, { access: "public", POST: setTheme });
}

async function setTheme(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const theme = oneOf("theme", THEMES, requiredField(request.body, "theme"));
  return reply
    .setCookie(THEME_COOKIE, theme, { path: hintPath(request), maxAge: YEAR_S, httpOnly: true, sameSite: "lax" })
    .redirect(safePath(formField(request.body, "back")), 303);
}
