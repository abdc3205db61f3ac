/** The pages with the forms of a plan, of a schedule and of sharing out, which work without JavaScript; also where a refusal is told. */
import type { FastifyInstance, FastifyReply, RouteHandlerMethod } from "fastify";
import { layersOf } from "../../domain/layer.ts";
import { shownName } from "../../lib/shown-name.ts";
import type { ServiceContext } from "../../service/context.ts";
import { findExperiment } from "../../service/find-experiment.ts";
import { addRoute, nameOf } from "../http/add-route.ts";
import { outlookOf, parseExperimentQuery, readExperimentView } from "../views/experiment-view.ts";
import { sendScreen } from "../views/layout.tsx";
import { PlanPage } from "../views/pages/plan-page.tsx";
import { SchedulePage, scheduleDraftIn, scheduleDraftOf } from "../views/pages/schedule-page.tsx";
import { ShareForms } from "../views/pages/share-page.tsx";
import { planDraftIn, planDraftOf, seenBaselines } from "../views/plan-draft.ts";

const REFUSED = 400;

type FormContext = Pick<ServiceContext, "store" | "clock">;

interface RefusedForm {
  /** The form as it was sent. */
  readonly body: unknown;
  readonly problem: string;
}

export function planPage(context: ServiceContext): RouteHandlerMethod {
  return (request, reply) => sendPlan(context, reply, nameOf(request), undefined);
}

/** @throws SixpackError experiment-not-found */
export async function sendPlan(
  context: ServiceContext,
  reply: FastifyReply,
  name: string,
  refused: RefusedForm | undefined,
): Promise<FastifyReply> {
  const view = await readExperimentView(context, name, parseExperimentQuery({}));
  const { experiment, kpi } = view;
  const outlook = outlookOf(view);
  const draft =
    refused === undefined ? planDraftOf(experiment, kpi, seenBaselines(outlook)) : planDraftIn(refused.body);
  const content = <PlanPage {...{ experiment, draft, outlook }} problem={refused?.problem} />;
  return sendScreen(reply, refused === undefined ? 200 : REFUSED, {
    title: `Plan ${shownName(experiment.name)}`,
    content,
  });
}

export function addSharePage(app: FastifyInstance, context: ServiceContext): void {
  addRoute(app, "/experiments/:name/share", {
    access: "editor",
    GET: (request, reply) => sendShare(context, reply, nameOf(request), undefined),
  });
}

export function schedulePage(context: FormContext): RouteHandlerMethod {
  return (request, reply) => sendSchedule(context, reply, nameOf(request), undefined);
}

/** @throws SixpackError experiment-not-found */
export async function sendSchedule(
  context: FormContext,
  reply: FastifyReply,
  name: string,
  refused: RefusedForm | undefined,
): Promise<FastifyReply> {
  const experiment = await findExperiment(context, name);
  const { offsetAt } = context.clock;
  const draft = refused === undefined ? scheduleDraftOf(experiment, offsetAt) : scheduleDraftIn(refused.body);
  return sendScreen(reply, refused === undefined ? 200 : REFUSED, {
    title: `Schedule of ${shownName(experiment.name)}`,
    content: <SchedulePage experiment={experiment} draft={draft} problem={refused?.problem} />,
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
  const layers = layersOf(await context.store.definitions.list());
  const content = <ShareForms experiment={experiment} layers={layers} problem={problem} />;
  return sendScreen(reply, problem === undefined ? 200 : REFUSED, {
    title: `Traffic and alternatives of ${shownName(experiment.name)}`,
    content,
  });
}
