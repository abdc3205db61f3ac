/** Links by which people without a login read one experiment: the page that makes them and takes them back. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { shownName } from "../../lib/shown-name.ts";
import { numberField, requiredField } from "../../service/administer/fields.ts";
import type { ServiceContext } from "../../service/context.ts";
import { findExperiment } from "../../service/find-experiment.ts";
import {
  listShareLinks,
  makeShareLink,
  revokeShareLink,
  SHARE_DAYS_DEFAULT,
  type ShareLink,
} from "../../service/share-links.ts";
import { addRoute, nameOf } from "../http/add-route.ts";
import type { Flashes } from "../http/flash.ts";
import { actorOf } from "../http/identity.ts";
import { wantsJson } from "../http/send.ts";
import { linksUrl, sharedUrl } from "../http/urls.ts";
import { type WebOptions, webUrlFor } from "../http/web-options.ts";
import { sendScreen } from "../views/layout.tsx";
import { ShareLinksPage } from "../views/pages/share-links-page.tsx";
import { shareToken } from "./shared-routes.tsx";

const ID_BYTES = 12;

export function addShareLinks(
  app: FastifyInstance,
  context: ServiceContext,
  options: WebOptions,
  flash: Flashes,
): void {
  const { secretKey, randomBytes } = options;
  const addressOf = (request: FastifyRequest, link: ShareLink) =>
    `${webUrlFor(request, options)}${sharedUrl(shareToken(secretKey, link.id))}`;
  const inJson = (request: FastifyRequest, link: ShareLink) => ({
    id: link.id,
    url: addressOf(request, link),
    actor: link.actor,
    created_at: new Date(link.createdAtMs).toISOString(),
    expires_at: new Date(link.expiresAtMs).toISOString(),
  });

  addRoute(app, "/experiments/:name/links", {
    access: "editor",
    form: "Make a link",
    GET: async (request, reply) => {
      const experiment = await findExperiment(context, nameOf(request));
      const links = await listShareLinks(context, experiment);
      if (wantsJson(request)) {
        return reply.send({ links: links.map((link) => inJson(request, link)) });
      }
      const shown = links.map((link) => ({ link, address: addressOf(request, link) }));
      const content = <ShareLinksPage experiment={experiment} links={shown} />;
      return sendScreen(reply, 200, { title: "Share links", content });
    },
    POST: async (request, reply) => {
      const { experiment, target } = await targetOf(request);
      const days = numberField(request.body, "days") ?? SHARE_DAYS_DEFAULT;
      const id = randomBytes(ID_BYTES).toString("base64url");
      const link = await makeShareLink(context, target, { experiment, id, days });
      if (wantsJson(request)) return reply.send({ status: "ok", link: inJson(request, link) });
      flash.leave(request, reply, { text: `Made a link to ${shownName(experiment.name)}. Copy it below.`, undo: null });
      return reply.redirect(linksUrl(experiment.name), 302);
    },
  });
  addRoute(app, "/experiments/:name/links/revoke", {
    access: "editor",
    form: "Take back",
    POST: async (request, reply) => {
      const { experiment, target } = await targetOf(request);
      await revokeShareLink(context, target, { experiment, id: requiredField(request.body, "id") });
      if (wantsJson(request)) return reply.send({ status: "ok" });
      flash.leave(request, reply, { text: "Took the link back: it shows nothing any more.", undo: null });
      return reply.redirect(linksUrl(experiment.name), 302);
    },
  });

  async function targetOf(request: FastifyRequest) {
    const experiment = await findExperiment(context, nameOf(request));
    return { experiment, target: { name: experiment.name, actor: actorOf(request.identity) } };
  }
}
