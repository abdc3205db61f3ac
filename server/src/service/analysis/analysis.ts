/** What the numbers of an experiment say: report with verdict and progress, and whether to trust them. */
import { SixpackError } from "../../domain/errors.ts";
import { alternativeIndex, type Experiment } from "../../domain/experiment.ts";
import type { Kpi } from "../../domain/kpi.ts";
import { quote } from "../../domain/names.ts";
import type { Day } from "../../domain/period.ts";
import { isOfDay, onDay } from "../../domain/subset.ts";
import { PARTICIPATION, type Tally } from "../../domain/tally.ts";
import type { Report, Verdict } from "../../stats/report.ts";
import { each, type Steps } from "../../stats/steps.ts";
import type { AllocationEpoch } from "./allocation.ts";
import type { BanditReport } from "./bandit-report.ts";
import type { CapReport } from "./cap-report.ts";
import type { Days } from "./days.ts";
import type { Health } from "./health.ts";
import type { SegmentReport } from "./segment-report.ts";

/** Days to look at, both ends included; `null` is open. */
export interface DayRange {
  readonly from: Day | null;
  readonly to: Day | null;
}

export interface AnalysisOptions {
  /** Name of the alternative that all others are compared to. @default the control */
  readonly baseline?: string | undefined;
  /** Name of the KPI to show, `null` for the default one; it is in the report then. @default the one that decides */
  readonly kpi?: string | null | undefined;
  /**
   * First and last day to look at. A range describes: it has no plan, no planned look, and no alarm is kept from it.
   * It is of those who joined in it, with all that they have done by now.
   */
  readonly from?: Day | undefined;
  readonly to?: Day | undefined;
}

export interface Analysis {
  /** The definition as stored now: it may be newer than the one asked about, by a frozen look or an alarm. */
  readonly experiment: Experiment;
  readonly report: Report;
  /**
   * What to do. `null` if days or another baseline were chosen: with enough choices some part of the data says "ship",
   * and with another baseline the control itself is compared.
   */
  readonly verdict: Verdict | null;
  /** The KPIs of `report.kpis`, in its order. */
  readonly kpis: readonly Kpi[];
  /** Position in `report.kpis` of the KPI asked for. */
  readonly shown: number;
  readonly range: DayRange;
  readonly days: Days;
  readonly health: Health;
  /** `null` where none are declared, under a bandit, and for a range of days. */
  readonly segments: SegmentReport | null;
  /** Epoch by epoch, who was to get which share. */
  readonly allocation: readonly AllocationEpoch[];
  /** `null` where no bandit ever shared clients out, and for a range of days. */
  readonly bandit: BanditReport | null;
  /** Why the report has no pooled figures, and no labels of 2.7 are shown; `null` where it has them. */
  readonly hidden: string | null;
  /** What the cap of each of `kpis` did; `null` of those without one. */
  readonly caps: readonly (CapReport | null)[];
}

export const WHOLE: DayRange = { from: null, to: null };

export function rangeOf({ from, to }: AnalysisOptions): DayRange {
  return { from: from ?? null, to: to ?? null };
}

export function isWhole({ from, to }: DayRange): boolean {
  return from === null && to === null;
}

/** @throws SixpackError unknown-alternative */
export function baselineIndex(experiment: Experiment, name: string): number {
  const index = alternativeIndex(experiment, name);
  if (index === -1) {
    const names = experiment.alternatives.map((alternative) => alternative.name).join(", ");
    throw new SixpackError("unknown-alternative", `Expected \`baseline\` as one of ${names}, got ${quote(name)}`);
  }
  return index;
}

/**
 * The tallies of clients who joined in a range of days, in small steps. All their conversions so far count on the day
 * they joined, so that conversions and participants are of the same people. Where the day of joining of some
 * conversions of a metric isn't known (a compacted life from an old file), those of that metric count on their own day.
 * All days together are no range: there everything stays on its own day.
 */
export function* withinSteps(tallies: readonly Tally[], range: DayRange): Steps<readonly Tally[]> {
  if (isWhole(range)) return tallies;
  const unknown = new Map<number, number>();
  yield* each(tallies, ({ metric, subset, clients }) => {
    if (metric === PARTICIPATION || !isOfDay(subset)) return;
    unknown.set(metric, (unknown.get(metric) ?? 0) + (subset.kind === "joined" ? -clients : clients));
  });
  const within: Tally[] = [];
  yield* each(tallies, (tally) => {
    const { metric, subset } = tally;
    // Nobody looks at a segment, or at conflicts, in a range.
    if (!isOfDay(subset) || !contains(range, subset.day)) return;
    const byDay = metric === PARTICIPATION || unknown.get(metric) !== 0;
    if (subset.kind === "joined" && !byDay) within.push(tally, { ...tally, subset: onDay(subset.day) });
    if (subset.kind === "day" && byDay) within.push(tally);
  });
  return within;
}

function contains({ from, to }: DayRange, day: Day): boolean {
  return day >= (from ?? 0) && day <= (to ?? Number.MAX_VALUE);
}

/** Whether conversions of a metric in the tallies of a range count on the day of joining. */
export function countsByJoining(within: readonly Tally[], metric: number | null): boolean {
  return (
    within.every((tally) => tally.metric !== metric) ||
    within.some(({ subset, metric: of }) => of === metric && subset.kind === "joined")
  );
}
