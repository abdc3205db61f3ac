/** A form whose token is no longer good comes back with what was written in it: nobody types a description twice. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { formField } from "../../service/administer/fields.ts";
import { formFields } from "../form.ts";
import { ExpiredPage } from "../pages/expired.tsx";
import { sendScreen } from "../shell.tsx";
import { LOGIN_PATH, loginUrl, safePath } from "../urls.ts";

export const EXPIRED_TITLE = "Please send this form again";

export async function sendExpired(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { config, url } = request.routeOptions;
  if (url === LOGIN_PATH) {
    // A password is not to be written into a page, so the login begins anew.
    const next = loginUrl(safePath(formField(request.body, "next")));
    return reply.redirect(`${next}${next.includes("?") ? "&" : "?"}expired=1`, 303);
  }
  const form = { path: request.url, label: config.form ?? "Send", fields: formFields(request.body) };
  return sendScreen(reply, 403, { title: EXPIRED_TITLE, content: <ExpiredPage form={form} /> });
}
