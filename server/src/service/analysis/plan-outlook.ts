/** What a plan could ask for: how small an uplift is found in how many days, at the traffic and figures of today. */
import { currentShares, type Experiment } from "../../domain/experiment.ts";
import { SEEN_VALUES_MIN } from "../../domain/parse-plan.ts";
import { baselineOf, FINAL_ALPHA, type Plan, type PlannedSize } from "../../domain/plan.ts";
import type { Better } from "../../stats/direction.ts";
import { type Baseline, POWER_DEFAULT } from "../../stats/input.ts";
import type { KpiOutcome, KpiReport } from "../../stats/report.ts";
import { type DaysLeft, daysLeft, minimumDetectableUplift } from "../../stats/size.ts";
import { type Days, trafficOf } from "./days.ts";

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

/** At the figures of the control so far. `undefined` while there is no traffic to speak of, or nothing was seen of it. */
export function planOutlook(
  experiment: Experiment,
  outcome: KpiOutcome | undefined,
  days: Pick<Days, "recent">,
): PlanOutlook | undefined {
  if (outcome?.kind !== "analysed") return undefined;
  return outlookAt(experiment, days, {
    baselines: seenOf(outcome),
    better: outcome.better,
    power: POWER_DEFAULT,
  });
}

/** What a plan takes, before it is set. */
export interface PlanAnswer {
  readonly size: PlannedSize;
  readonly daysLeft: DaysLeft;
  /** At the figures of the plan; `undefined` while there is no traffic to speak of. */
  readonly outlook: PlanOutlook | undefined;
}

/** `undefined` for a plan without a size. */
export function answerTo(
  { primary, size }: Plan,
  experiment: Experiment,
  days: Pick<Days, "recent" | "whole">,
  participants: number,
): PlanAnswer | undefined {
  if (size === null) return undefined;
  const question = { baselines: [baselineOf(size)], better: primary.better, power: size.power };
  return {
    size,
    daysLeft: daysLeft({ participants, planned: size.participants, ...trafficOf(experiment, days) }),
    outlook: outlookAt(experiment, days, question),
  };
}

interface Question {
  readonly baselines: readonly Baseline[];
  readonly better: Better;
  readonly power: number;
}

function outlookAt(
  experiment: Experiment,
  days: Pick<Days, "recent">,
  { baselines, better, power }: Question,
): PlanOutlook | undefined {
  const perDay = days.recent.reduce((sum, count) => sum + count, 0) / Math.max(1, days.recent.length);
  const shares = currentShares(experiment);
  const all = shares.reduce((sum, share) => sum + share, 0);
  const [control = 0, ...others] = shares;
  const active = others.filter((share) => share > 0);
  if (baselines.length === 0 || perDay < 1 || control === 0 || active.length === 0) return undefined;
  const figures = baselines.map((baseline): FigureOutlook => {
    const question = { baseline, alpha: FINAL_ALPHA / active.length, power };
    const foundIn = (count: number): Found => {
      const participants = Math.round(perDay * count);
      const pair = [(participants * control) / all, (participants * Math.min(...active)) / all] as const;
      const uplift = minimumDetectableUplift(question, pair, better);
      return { days: count, participants, uplift };
    };
    return { baseline, rows: DAYS.map(foundIn), curve: CURVE_DAYS.map(foundIn) };
  });
  return { perDay, power, figures };
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
