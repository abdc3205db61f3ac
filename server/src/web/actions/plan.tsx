/** The page with the form of a plan, which is also where a refusal of it is told. */
import type { FastifyReply, RouteHandlerMethod } from "fastify";
import type { ServiceContext } from "../../service/context.ts";
import { findExperiment } from "../../service/report/report.ts";
import { PlanPage } from "../pages/plan.tsx";
import { planDraftIn, planDraftOf } from "../plan-form.ts";
import { nameOf } from "../routes.ts";
import { sendScreen } from "../shell.tsx";
import { shownName } from "../ui/name.ts";

const REFUSED = 400;

export interface RefusedPlan {
  /** The form as it was sent. */
  readonly body: unknown;
  readonly problem: string;
}

export function planPage(context: Pick<ServiceContext, "store">): RouteHandlerMethod {
  return (request, reply) => sendPlan(context, reply, nameOf(request), undefined);
}

/** @throws SixpackError experiment-not-found */
export async function sendPlan(
  context: Pick<ServiceContext, "store">,
  reply: FastifyReply,
  name: string,
  refused: RefusedPlan | undefined,
): Promise<FastifyReply> {
  const experiment = await findExperiment(context, name);
  const draft = refused === undefined ? planDraftOf(experiment, null) : planDraftIn(refused.body);
  const content = <PlanPage experiment={experiment} draft={draft} problem={refused?.problem} />;
  return sendScreen(reply, refused === undefined ? 200 : REFUSED, {
    title: `Plan ${shownName(experiment.name)}`,
    content,
  });
}
