/** Planning an experiment: what decides, what must not get worse, and how much data that takes. */
import { Counts } from "../../../domain/counts.ts";
import { SixpackError } from "../../../domain/errors.ts";
import { currentShares, type Experiment } from "../../../domain/experiment.ts";
import { withPlan } from "../../../domain/experiment-kpis.ts";
import { parsePlan, type RawPlan } from "../../../domain/parse-plan.ts";
import type { Plan } from "../../../domain/plan.ts";
import { type Act, type AdministerContext, change, notFound, type Target } from "../act.ts";
import { planField } from "../plan-fields.ts";

/**
 * Makes a plan, or changes it; `null` goes back to none.
 * @throws SixpackError experiment-not-found, invalid-plan, invalid-kpi-name, plan-carried-out, edit-conflict,
 * experiment-busy
 */
export async function setPlan(context: AdministerContext, target: Target, raw: RawPlan | null): Promise<Experiment> {
  const seen = await context.store.readExperiment(target.name);
  if (seen === undefined) throw notFound(target.name);
  const participants = Counts.of(await context.store.readTallies(seen)).participants;
  return change(context, target, (stored) => {
    // A reset in between leaves a life without participants, of which the count above knows nothing.
    if (stored.incarnation !== seen.incarnation) {
      throw new SixpackError("edit-conflict", `Expected ${target.name} to stay the same experiment, got a reset`);
    }
    const plan = raw === null ? null : parsePlan(raw, currentShares(stored));
    const [before, after] = [textOf(stored.planning.plan), textOf(plan)];
    if (before === after) return undefined;
    const action = plan === null ? "clear-plan" : "set-plan";
    return { next: withPlan(stored, plan, participants), action, before, after };
  });
}

/** A plan as JSON: two plans are the same when their texts are. */
function textOf(plan: Plan | null): string | null {
  return plan === null ? null : JSON.stringify(plan);
}

export const plan: Act = {
  path: "plan",
  role: "editor",
  label: "Save plan",
  fields:
    "per KPI, in one order: `kpi` (empty: the default one), `role` (`primary`, `secondary`, `guardrail`, or `none` for a row to leave out), `better` (`higher`, `lower`), `decides_on` (`rate`, `mean`), `margin` (`5%` of the control's figure, or `0.01` in the KPI's unit); once: `baseline_rate`, `minimum_uplift`, `power` (fractions or percentages), `participants` (left out: computed from the three); `clear` (`true`: no plan)",
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
