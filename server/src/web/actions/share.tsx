/** The page with the forms of sharing out, which works without JavaScript; also where a refusal of one is told. */
import type { FastifyInstance, FastifyReply } from "fastify";
import type { ServiceContext } from "../../service/context.ts";
import { findExperiment } from "../../service/report/report.ts";
import { ShareForms } from "../pages/share.tsx";
import { addRoute, nameOf } from "../routes.ts";
import { sendScreen } from "../shell.tsx";
import { shownName } from "../ui/name.ts";

const REFUSED = 400;

export function addSharePage(app: FastifyInstance, context: ServiceContext): void {
  addRoute(app, "/experiments/:name/share", {
    access: "editor",
    GET: (request, reply) => sendShare(context, reply, nameOf(request), undefined),
  });
}

/**
 * @param problem what was wrong with the form that was sent; `undefined` when none was
 * @throws SixpackError experiment-not-found
 */
export async function sendShare(
  context: Pick<ServiceContext, "store">,
  reply: FastifyReply,
  name: string,
  problem: string | undefined,
): Promise<FastifyReply> {
  const experiment = await findExperiment(context, name);
  const content = <ShareForms experiment={experiment} problem={problem} />;
  return sendScreen(reply, problem === undefined ? 200 : REFUSED, {
    title: `Share out ${shownName(experiment.name)}`,
    content,
  });
}
