/**
 * What a link opens: one experiment, for people without a login. The address of a link is its id and our signature: the
 * store alone does not open it, and nobody finds one by guessing.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Decided } from "../../domain/decided.ts";
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
import {
  EXPERIMENT_ARGUMENTS,
  type ExperimentView,
  parseExperimentQuery,
  readExperimentView,
} from "../views/experiment-view.ts";
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
      const { view, link } = await opened(request, reply, queryFields(request, EXPERIMENT_ARGUMENTS));
      return sendPage(reply, 200, <SharedPage view={view} expiresAtMs={link.expiresAtMs} />);
    },
  });
  addReadout(app, {
    below: "/shared/:token/",
    access: "public",
    viewOf: async (request, reply) => (await opened(request, reply, {})).view,
  });

  /**
   * What a link opens, for a guest: whoever has logged in sees what everybody sees.
   * @throws SixpackError not-found: the same whether it was never there, has run out, or was taken back
   */
  async function opened(
    request: FastifyRequest,
    reply: FastifyReply,
    query: Parameters<typeof parseExperimentQuery>[0],
  ): Promise<{ readonly view: ExperimentView; readonly link: ShareLink }> {
    reply.currentUser = () => GUEST;
    reply.header("x-robots-tag", "noindex, nofollow, noarchive");
    const token = requiredField(request.params, "token");
    const [id = ""] = token.split(".", 1);
    const link = sameText(token, shareToken(secretKey, id)) ? await openShareLink(context, id) : undefined;
    if (link === undefined) throw shut();
    const view = await readExperimentView(context, link.experiment, parseExperimentQuery(query), sharedUrl(token));
    // It may have been reset since the link was looked up.
    if (view.experiment.life !== link.life) throw shut();
    return { view: forOutsiders(view), link };
  }
}

function shut(): SixpackError {
  return new SixpackError(
    "not-found",
    "Expected a link that still opens, got one that has run out, was taken back, or is not whole. Ask for a new one.",
  );
}

/**
 * What is tried and what came out. What colleagues write for each other stays inside: who answers for it, where it is
 * filed and discussed, notes, and why somebody decided.
 */
function forOutsiders(view: ExperimentView): ExperimentView {
  const { about, managedBy: _, ...rest } = view.experiment;
  const hypothesis = about?.hypothesis;
  const experiment: Experiment = {
    ...rest,
    ...(hypothesis === undefined ? {} : { about: { hypothesis } }),
    ...(rest.decided === undefined ? {} : { decided: withoutReason(rest.decided) }),
    ...(rest.decidedBefore === undefined ? {} : { decidedBefore: withoutReason(rest.decidedBefore) }),
  };
  return { ...view, experiment, analysis: { ...view.analysis, experiment } };
}

function withoutReason({ reason: _, ...decided }: Decided): Decided {
  return decided;
}
