/** The pages with the forms of a plan, of a schedule and of sharing out, which work without JavaScript; also where a refusal is told. */
import type { FastifyInstance, FastifyReply, RouteHandlerMethod } from "fastify";
import { SixpackError } from "../../domain/errors.ts";
import { layersOf } from "../../domain/layer.ts";
import { shownName } from "../../lib/shown-name.ts";
import { previewPlan } from "../../service/administer/acts/set-plan.ts";
import { planField } from "../../service/administer/plan-fields.ts";
import { answerTo, type PlanAnswer } from "../../service/analysis/plan-outlook.ts";
import type { ServiceContext } from "../../service/context.ts";
import { findExperiment } from "../../service/find-experiment.ts";
import { addRoute, nameOf } from "../http/add-route.ts";
import { type ExperimentView, outlookOf, parseExperimentQuery, readExperimentView } from "../views/experiment-view.ts";
import { sendScreen } from "../views/layout.tsx";
import { PlanPage, type PlanPageProps } from "../views/pages/plan-page.tsx";
import { SchedulePage, scheduleDraftIn, scheduleDraftOf } from "../views/pages/schedule-page.tsx";
import { ShareForms } from "../views/pages/share-page.tsx";
import { planDraftIn, planDraftOf, seenBaselines } from "../views/plan-draft.ts";
import { problemText } from "../views/ui/problem.tsx";

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

/** What a plan would take, without setting it: asked by a button, and by the page while somebody types. */
export function addPlanAnswer(app: FastifyInstance, context: ServiceContext): void {
  addRoute(app, "/experiments/:name/plan/answer", {
    access: "editor",
    form: "Work it out",
    POST: async (request, reply) => {
      const { body } = request;
      const view = await readExperimentView(context, nameOf(request), parseExperimentQuery({}));
      const answer = await answerIn(context, view, body);
      return sendPlanForm(reply, 200, view, { draft: planDraftIn(body), answer, problem: undefined });
    },
  });
}

async function answerIn(
  { analyst }: ServiceContext,
  { experiment, analysis }: ExperimentView,
  body: unknown,
): Promise<PlanAnswer | { readonly problem: string } | undefined> {
  try {
    // Counted for the view already.
    const counts = await analyst.counts(experiment);
    const plan = previewPlan(experiment, counts, planField(body));
    return plan === null ? undefined : answerTo(plan, experiment, analysis.days, analysis.report.plan.participants);
  } catch (error) {
    if (!isRefusedForm(error)) throw error;
    return { problem: problemText(error) };
  }
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
  if (refused !== undefined) {
    return sendPlanForm(reply, REFUSED, view, { draft: planDraftIn(refused.body), problem: refused.problem });
  }
  const draft = planDraftOf(experiment, kpi, seenBaselines(outlookOf(view)));
  return sendPlanForm(reply, 200, view, { draft, problem: undefined });
}

function sendPlanForm(
  reply: FastifyReply,
  status: number,
  view: ExperimentView,
  filled: Pick<PlanPageProps, "draft" | "answer" | "problem">,
): Promise<FastifyReply> {
  const { experiment } = view;
  return sendScreen(reply, status, {
    title: `Plan ${shownName(experiment.name)}`,
    content: <PlanPage experiment={experiment} outlook={outlookOf(view)} {...filled} />,
  });
}

/** Refusals that the sender can correct in the form. */
export function isRefusedForm(error: unknown): error is SixpackError {
  return error instanceof SixpackError && error.status === 400;
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
