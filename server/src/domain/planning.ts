/** Changes of a definition's planning: the plan by people, the planned look and the alarm by the server, once each. */
import { SixpackError } from "./errors.ts";
import { currentEpoch, type Experiment } from "./experiment.ts";
import { type FrozenLook, type Plan, type PlannedKpi, planned } from "./plan.ts";

/**
 * The KPI that decides, and which way: the primary one of the plan. Without a plan the default KPI if anybody reached
 * it, else the named one that was reached first: a choice made on the alternatives together, which favours none.
 */
export function decidingKpi(
  plan: Plan | null,
  kpis: Experiment["kpis"],
  isDefaultReached: boolean,
): Pick<PlannedKpi, "kpi" | "better"> {
  if (plan !== null) return plan.primary;
  return { kpi: isDefaultReached ? null : (kpis[0] ?? null), better: "higher" };
}

/** Shares of new clients per alternative as they are now, on some scale; 0 for retired ones. */
export function currentShares(experiment: Experiment): readonly number[] {
  const { weights } = currentEpoch(experiment);
  return experiment.alternatives.map(({ retiredInEpoch }, index) =>
    retiredInEpoch === null ? (weights?.[index] ?? 1) : 0,
  );
}

/**
 * @param participants who took part so far: how much of the data the plan's maker may have seen
 * @throws SixpackError plan-carried-out once the planned look was made: another plan would be made to fit it
 */
export function withPlan(experiment: Experiment, plan: Plan | null, participants: number): Experiment {
  const { planning } = experiment;
  if (planning.finalLook !== null) {
    throw new SixpackError(
      "plan-carried-out",
      `Expected ${experiment.name} to be short of its planned size, got ${planning.finalLook.participants} participants`,
    );
  }
  return { ...experiment, planning: planned(planning, plan, participants, currentShares(experiment)) };
}

/** The first frozen look stays. */
export function withFinalLook(experiment: Experiment, finalLook: FrozenLook): Experiment {
  if (experiment.planning.finalLook !== null) return experiment;
  return { ...experiment, planning: { ...experiment.planning, finalLook } };
}

/** The first alarm stays. */
export function withSampleRatioLatched(experiment: Experiment, nowMs: number): Experiment {
  if (experiment.planning.sampleRatioLatchedAtMs !== null) return experiment;
  return { ...experiment, planning: { ...experiment.planning, sampleRatioLatchedAtMs: nowMs } };
}
