/** What a plan could ask for: how small an uplift is found in how many days, at the traffic and figures of today. */
import { currentShares, type Experiment } from "../../domain/experiment.ts";
import { SEEN_VALUES_MIN } from "../../domain/parse-plan.ts";
import { FINAL_ALPHA } from "../../domain/plan.ts";
import { type Baseline, POWER_DEFAULT } from "../../stats/input.ts";
import type { KpiOutcome, KpiReport } from "../../stats/report.ts";
import { minimumDetectableUplift } from "../../stats/size.ts";
import type { Days } from "./days.ts";

export interface PlanOutlook {
  /** Visitors a day, all alternatives together. */
  readonly perDay: number;
  /** The chance to find what is found. */
  readonly power: number;
  /** One for each figure that the KPI can be decided on. */
  readonly figures: readonly FigureOutlook[];
}

export interface FigureOutlook {
  /** The control as it was seen. */
  readonly baseline: Baseline;
  /** In whole weeks, because weekends differ. */
  readonly rows: readonly Found[];
  /** The same more closely, for a picture. */
  readonly curve: readonly Found[];
}

export interface Found {
  readonly days: number;
  readonly participants: number;
  /** Smallest one that the planned look finds; `null` where none that a rate can have is found. */
  readonly uplift: number | null;
}

const DAYS = [7, 14, 28, 56] as const;
/** Every second day. */
const CURVE_DAYS = Array.from({ length: 28 }, (_, at) => 2 * (at + 1));

/** `undefined` while there is no traffic to speak of, or nothing was seen of the control. */
export function planOutlook(
  experiment: Experiment,
  outcome: KpiOutcome | undefined,
  days: Pick<Days, "recent">,
): PlanOutlook | undefined {
  const perDay = days.recent.reduce((sum, count) => sum + count, 0) / Math.max(1, days.recent.length);
  const shares = currentShares(experiment);
  const all = shares.reduce((sum, share) => sum + share, 0);
  const [control = 0, ...others] = shares;
  const active = others.filter((share) => share > 0);
  if (outcome?.kind !== "analysed" || perDay < 1 || control === 0 || active.length === 0) return undefined;
  const figures = seenOf(outcome).map((baseline): FigureOutlook => {
    const question = { baseline, alpha: FINAL_ALPHA / active.length, power: POWER_DEFAULT };
    const foundIn = (count: number): Found => {
      const participants = Math.round(perDay * count);
      const pair = [(participants * control) / all, (participants * Math.min(...active)) / all] as const;
      const uplift = minimumDetectableUplift(question, pair, outcome.better);
      return { days: count, participants, uplift };
    };
    return { baseline, rows: DAYS.map(foundIn), curve: CURVE_DAYS.map(foundIn) };
  });
  return figures.length === 0 ? undefined : { perDay, power: POWER_DEFAULT, figures };
}

/** Of each figure of the control that is known well enough to plan by. */
function seenOf({ rates, means }: KpiReport): readonly Baseline[] {
  const [rate, arm] = [rates[0]?.rate ?? null, means?.[0]];
  const seen: Baseline[] = rate !== null && rate > 0 && rate < 1 ? [{ rate }] : [];
  const [mean, deviation] = [arm?.mean ?? 0, arm?.standardDeviation ?? 0];
  if (arm === undefined || mean === 0 || deviation === 0) return seen;
  const values = (arm.participants * mean ** 2) / (mean ** 2 + deviation ** 2);
  return values < SEEN_VALUES_MIN ? seen : [...seen, { mean, deviation }];
}
