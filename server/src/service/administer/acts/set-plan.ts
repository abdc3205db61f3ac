/** Planning an experiment: what decides, what must not get worse, and how much data that takes. */
import { Counts } from "../../../domain/counts.ts";
import { SixpackError } from "../../../domain/errors.ts";
import { currentShares, type Experiment } from "../../../domain/experiment.ts";
import { withPlan } from "../../../domain/experiment-kpis.ts";
import { kpiOf, withChoiceNoted } from "../../../domain/kpi.ts";
import type { KpiName } from "../../../domain/names.ts";
import { parsePlan, type RawPlan, type SeenValues } from "../../../domain/parse-plan.ts";
import { type Plan, UNPLANNED } from "../../../domain/plan.ts";
import { sampleOf } from "../../../stats/mean.ts";
import { findExperiment } from "../../find-experiment.ts";
import { inTurns } from "../../in-turns.ts";
import { judgedTallies } from "../../stored-tallies.ts";
import { type Act, type AdministerContext, change, type Target } from "../act.ts";
import { PLAN_BODY, planField } from "../plan-fields.ts";

/**
 * Makes a plan, or changes it; `null` goes back to none.
 * @throws SixpackError experiment-not-found, invalid-plan, invalid-kpi-name, plan-carried-out, edit-conflict,
 * experiment-busy
 */
export async function setPlan(context: AdministerContext, target: Target, raw: RawPlan | null): Promise<Experiment> {
  const seen = await findExperiment(context, target.name);
  if (isPlanOf(seen, raw)) return seen;
  const counts = await inTurns(Counts.steps(await judgedTallies(context.store, seen)));
  const { participants } = counts;
  return change(context, target, (stored) => {
    // After a reset in between there is a new life without participants, and the count above is of the old one.
    if (stored.life !== seen.life) {
      throw new SixpackError("edit-conflict", `Expected ${target.name} to stay the same experiment, got a reset`);
    }
    const plan = planFor(stored, raw, (kpi) => seenValues(seen, counts, kpi));
    const [before, after] = [textOf(stored.planning.plan), textOf(plan)];
    if (before === after) return undefined;
    const action = plan === null ? "clear-plan" : "set-plan";
    const next = withChoiceNoted(stored, withPlan(stored, plan, participants), counts);
    return { next, action, before, after };
  });
}

/**
 * The plan that `setPlan` would make, without making it; `null` is none.
 * @param counts of all days
 * @throws SixpackError invalid-plan, invalid-kpi-name
 */
export function previewPlan(experiment: Experiment, counts: Counts, raw: RawPlan | null): Plan | null {
  return planFor(experiment, raw, (kpi) => seenValues(experiment, counts, kpi));
}

/** @param seen of a KPI that decides on a mean, asked where its baseline is left out */
function planFor(
  experiment: Experiment,
  raw: RawPlan | null,
  seen: (kpi: KpiName | null) => SeenValues | undefined,
): Plan | null {
  if (raw === null) return null;
  // The settings in another plan are no default.
  const termsOf = (kpi: KpiName | null) => kpiOf({ kpis: experiment.kpis, planning: UNPLANNED }, kpi);
  return parsePlan(raw, currentShares(experiment), seen, termsOf);
}

/** Whether there is nothing to do, told without a count: of a baseline that has to be counted it is left open. */
function isPlanOf(experiment: Experiment, raw: RawPlan | null): boolean {
  try {
    const plan = planFor(experiment, raw, () => undefined);
    return textOf(plan) === textOf(experiment.planning.plan);
  } catch (error) {
    // What is wrong with it is said on the way of every other plan.
    if (error instanceof SixpackError) return false;
    throw error;
  }
}

/** Mean and deviation per participant of all alternatives together. */
function seenValues(experiment: Experiment, counts: Counts, kpi: KpiName | null): SeenValues | undefined {
  const { number } = kpiOf(experiment, kpi);
  const { sum, squares } = counts.total(number);
  if (number === null || counts.participants < 2) return undefined;
  const { mean, variance } = sampleOf(counts.participants, sum, squares);
  return { mean, deviation: Math.sqrt(variance), values: squares > 0 ? Math.floor(sum ** 2 / squares) : 0 };
}

/** A plan as JSON: two plans are the same when their texts are. */
function textOf(plan: Plan | null): string | null {
  return plan === null ? null : JSON.stringify(plan);
}

export const plan: Act = {
  path: "plan",
  role: "editor",
  label: "Save plan",
  body: PLAN_BODY,
  does: "says what decides and at how many participants, before the data come; see [the report](#the-report)",
  run: (context, target, { body }) => setPlan(context, target, planField(body)),
  done: (_name, experiment) =>
    (experiment?.planning.plan ?? null) === null ? "Took the plan away." : "Saved the plan.",
  log: {
    "set-plan": { words: "set the plan" },
    "clear-plan": { words: "took the plan away" },
  },
  page: "plan",
};
