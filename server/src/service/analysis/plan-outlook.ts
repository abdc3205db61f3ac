/** What a plan could ask for: how small an uplift is found in how many days, at the traffic and figures of today. */
import { currentShares, type Experiment } from "../../domain/experiment.ts";
import { FINAL_ALPHA } from "../../domain/plan.ts";
import type { Baseline } from "../../stats/input.ts";
import { POWER_DEFAULT } from "../../stats/input.ts";
import type { KpiOutcome } from "../../stats/report.ts";
import { minimumDetectableUplift } from "../../stats/size.ts";
import type { Days } from "./days.ts";

export interface PlanOutlook {
  /** The control as it was seen. */
  readonly baseline: Baseline;
  /** Visitors a day, all alternatives together. */
  readonly perDay: number;
  /** The chance to find what is found. */
  readonly power: number;
  readonly rows: readonly {
    readonly days: number;
    readonly participants: number;
    /** Smallest one that the planned look finds; `null` where none that a rate can have is found. */
    readonly uplift: number | null;
  }[];
}

/** Whole weeks, because weekends differ. */
const DAYS = [7, 14, 28, 56] as const;

/** `undefined` while there is no traffic to speak of, or nothing was seen of the control. */
export function planOutlook(
  experiment: Experiment,
  outcome: KpiOutcome | undefined,
  days: Pick<Days, "recent">,
): PlanOutlook | undefined {
  const baseline = outcome?.kind === "analysed" ? seenOf(outcome) : undefined;
  const perDay = days.recent.reduce((sum, count) => sum + count, 0) / Math.max(1, days.recent.length);
  const shares = currentShares(experiment);
  const all = shares.reduce((sum, share) => sum + share, 0);
  const [control = 0, ...others] = shares;
  const active = others.filter((share) => share > 0);
  if (baseline === undefined || outcome?.kind !== "analysed" || perDay < 1 || control === 0 || active.length === 0) {
    return undefined;
  }
  const question = { baseline, alpha: FINAL_ALPHA / active.length, power: POWER_DEFAULT };
  const rows = DAYS.map((count) => {
    const participants = Math.round(perDay * count);
    const pair = [(participants * control) / all, (participants * Math.min(...active)) / all] as const;
    const uplift = minimumDetectableUplift(question, pair, outcome.better === "higher" ? "up" : "down");
    return { days: count, participants, uplift };
  });
  return { baseline, perDay, power: POWER_DEFAULT, rows };
}

function seenOf({ decidesOn, rates, means }: Extract<KpiOutcome, { kind: "analysed" }>): Baseline | undefined {
  const [rate, mean] = [rates[0]?.rate ?? null, means?.[0]];
  if (decidesOn === "rates") return rate !== null && rate > 0 && rate < 1 ? { rate } : undefined;
  if (mean === undefined || mean.mean === null || mean.mean === 0 || !mean.standardDeviation) return undefined;
  return { mean: mean.mean, deviation: mean.standardDeviation };
}
