/**
 * Links by which people without a login read one experiment: the page that makes and takes them back, and what they
 * open. The address of a link is its id and our signature: the store alone does not open it, and nobody finds one by
 * guessing.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { SixpackError } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { numberField, requiredField } from "../../service/administer/fields.ts";
import type { ServiceContext } from "../../service/context.ts";
import { findExperiment } from "../../service/report/kpi-view.ts";
import {
  listShareLinks,
  makeShareLink,
  openShareLink,
  revokeShareLink,
  SHARE_DAYS_DEFAULT,
  type ShareLink,
} from "../../service/share-links.ts";
import { addRoute, nameOf } from "../http/add-route.ts";
import { GUEST } from "../http/current-user.ts";
import type { Flashes } from "../http/flash.ts";
import { queryFields } from "../http/form.ts";
import { actorOf } from "../http/identity.ts";
import { sendPage, wantsJson } from "../http/send.ts";
import { sameText, sign } from "../http/signature.ts";
import { linksUrl, sharedUrl } from "../http/urls.ts";
import type { WebOptions } from "../http/web-options.ts";
import { EXPERIMENT_ARGUMENTS, parseExperimentQuery, readExperimentView } from "../views/experiment-view.ts";
import { sendScreen } from "../views/layout.tsx";
import { SharedPage } from "../views/pages/experiment/shared-page.tsx";
import { ShareLinksPage } from "../views/pages/share-links-page.tsx";
import { addReadout } from "./readout-routes.tsx";

const ID_BYTES = 12;

export function addShareLinks(
  app: FastifyInstance,
  context: ServiceContext,
  options: WebOptions,
  flash: Flashes,
): void {
  const { secretKey, randomBytes, basePath = "" } = options;
  const tokenOf = ({ id }: Pick<ShareLink, "id">) => `${id}.${sign(secretKey, "share", id)}`;
  const addressOf = (request: FastifyRequest, link: ShareLink) =>
    `${request.protocol}://${request.host}${basePath}${sharedUrl(tokenOf(link))}`;
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
      flash.leave(request, reply, { text: `Made a link to ${experiment.name}. Copy it below.`, undo: null });
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
  addRoute(app, "/shared/:token", {
    access: "public",
    GET: async (request, reply) => {
      const { experiment, token, link } = await opened(request, reply);
      const query = parseExperimentQuery(queryFields(request, EXPERIMENT_ARGUMENTS));
      const view = await readExperimentView(context, experiment.name, query, sharedUrl(token));
      return sendPage(reply, 200, <SharedPage view={view} expiresAtMs={link.expiresAtMs} />);
    },
  });
  addReadout(app, {
    below: "/shared/:token/",
    access: "public",
    viewOf: async (request, reply) => {
      const { experiment, token } = await opened(request, reply);
      return readExperimentView(context, experiment.name, parseExperimentQuery({}), sharedUrl(token));
    },
  });

  async function targetOf(request: FastifyRequest) {
    const experiment = await findExperiment(context, nameOf(request));
    return { experiment, target: { name: experiment.name, actor: actorOf(request.identity) } };
  }

  /**
   * What a link opens, for a guest: whoever has logged in sees what everybody sees.
   * @throws SixpackError not-found: the same whether it was never there, has run out, or was taken back
   */
  async function opened(
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<{ readonly token: string; readonly link: ShareLink; readonly experiment: Experiment }> {
    reply.currentUser = () => GUEST;
    reply.header("x-robots-tag", "noindex, nofollow, noarchive");
    const token = requiredField(request.params, "token");
    const [id = ""] = token.split(".", 1);
    const found = sameText(token, tokenOf({ id })) ? await openShareLink(context, id) : undefined;
    if (found === undefined) {
      throw new SixpackError(
        "not-found",
        "Expected a link that still opens, got one that has run out, was taken back, or is not whole. Ask for a new one.",
      );
    }
    return { token, ...found };
  }
}
