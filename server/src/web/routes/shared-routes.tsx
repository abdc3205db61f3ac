/**
 * What a link opens: one experiment, for people without a login. The address of a link is its id and our signature: the
 * store alone does not open it, and nobody finds one by guessing.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { SixpackError } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { requiredField } from "../../service/administer/fields.ts";
import type { ServiceContext } from "../../service/context.ts";
import { openShareLink, type ShareLink } from "../../service/share-links.ts";
import { addRoute } from "../http/add-route.ts";
import { GUEST } from "../http/current-user.ts";
import { queryFields } from "../http/form.ts";
import { sendPage } from "../http/send.ts";
import { sameText, sign } from "../http/signature.ts";
import { sharedUrl } from "../http/urls.ts";
import type { WebOptions } from "../http/web-options.ts";
import { EXPERIMENT_ARGUMENTS, parseExperimentQuery, readExperimentView } from "../views/experiment-view.ts";
import { SharedPage } from "../views/pages/experiment/shared-page.tsx";
import { addReadout } from "./readout-routes.tsx";

/** The end of a link's address. */
export function shareToken(secretKey: string, id: string): string {
  return `${id}.${sign(secretKey, "share", id)}`;
}

export function addShared(app: FastifyInstance, context: ServiceContext, { secretKey }: WebOptions): void {
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
    const found = sameText(token, shareToken(secretKey, id)) ? await openShareLink(context, id) : undefined;
    if (found === undefined) {
      throw new SixpackError(
        "not-found",
        "Expected a link that still opens, got one that has run out, was taken back, or is not whole. Ask for a new one.",
      );
    }
    return { token, ...found };
  }
}
