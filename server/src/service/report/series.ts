/**
 * Counts and figures over time, for charts: one point per period from the first day to the last, periods without
 * traffic included. The cumulative figures are those of the report on the data up to that moment, by the same methods,
 * so that the last point of a line is the number in the table.
 */
import { codeIndex, EXCLUDED_CODE } from "../../domain/assignment.ts";
import { type Experiment, kpiNumber } from "../../domain/experiment.ts";
import type { KpiName } from "../../domain/names.ts";
import { type Day, type Period, periodLabel } from "../../domain/period.ts";
import { PARTICIPATION, type Tally } from "../../domain/tally.ts";
import { alwaysValidCritical } from "../../stats/always-valid.ts";
import { type FirstWeights, ratePair } from "../../stats/pairs.ts";
import type { Report } from "../../stats/report.ts";
import { wilson } from "../../stats/score.ts";
import { normalCritical } from "../../stats/special.ts";
import type { Steps } from "../../stats/steps.ts";
import { sharesIn } from "../analysis/allocation.ts";

/** What lines are made of: the tallies within the range of the report. */
export interface SeriesInput {
  readonly experiment: Experiment;
  readonly tallies: readonly Tally[];
  readonly report: Report;
  readonly kpi: KpiName | null;
  /** Whether the uplift over time is asked for: under a bandit every point of it is a sum over hundreds of epochs. */
  readonly withUplift: boolean;
}

/** A figure with its band; `null` where there is none yet. */
export interface BandPoint {
  readonly value: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
}

export interface ArmSeries {
  readonly name: string;
  /** Position of the alternative. */
  readonly index: number;
  /** New ones in each period. */
  readonly participants: readonly number[];
  readonly conversions: readonly number[];
  /** Conversions of the period over participants of the period. */
  readonly rates: readonly (number | null)[];
  /** From the first day up to the end of each period. */
  readonly cumulative: readonly BandPoint[];
  /** Against the baseline, with the always-valid band; empty for the baseline, and where it was not asked for. */
  readonly uplift: readonly BandPoint[];
}

export interface Series {
  readonly period: Period;
  readonly labels: readonly string[];
  /** First day of each period, or of the data. */
  readonly starts: readonly Day[];
  readonly arms: readonly ArmSeries[];
}

interface Grid {
  readonly labels: readonly string[];
  readonly starts: readonly Day[];
  /** Epochs in which anybody took part, and the one in force; rising. */
  readonly filled: readonly number[];
  /** Per stratum, alternative and period. Strata are epochs where the uplift is to be compared within them, else one. */
  readonly participants: readonly (readonly number[][])[];
  readonly conversions: readonly (readonly number[][])[];
}

/** Pauses after each point of an uplift. */
export function* seriesOf(input: SeriesInput, period: Period): Steps<Series> {
  const grid = gridOf(input, period);
  const { experiment, report } = input;
  const arms: ArmSeries[] = [];
  for (const [index, { name }] of experiment.alternatives.entries()) {
    const participants = overStrata(grid.participants, index, grid.labels.length);
    const conversions = overStrata(grid.conversions, index, grid.labels.length);
    arms.push({
      name,
      index,
      participants,
      conversions,
      rates: participants.map((count, at) => (count === 0 ? null : (conversions[at] ?? 0) / count)),
      cumulative: cumulativeRates(report, participants, conversions),
      uplift: index === report.baseline || !input.withUplift ? [] : yield* upliftOverTime(input, grid, index),
    });
  }
  return { period, labels: grid.labels, starts: grid.starts, arms };
}

function gridOf({ experiment, tallies, report, kpi: name, withUplift }: SeriesInput, period: Period): Grid {
  const isWithinEpochs = withUplift && report.stratified;
  const kpi = kpiNumber(experiment, name);
  const counted = tallies.filter(
    ({ assignment, metric }) => assignment !== EXCLUDED_CODE && (metric === PARTICIPATION || metric === kpi),
  );
  const [firstDay, lastDay] = daysOf(counted);
  const labels: string[] = [];
  const starts: Day[] = [];
  const positions = new Map<Day, number>();
  if (firstDay !== null && lastDay !== null) {
    for (let day = firstDay; day <= lastDay; day = (day + 1) as Day) {
      const label = periodLabel(day, period);
      if (label !== labels.at(-1)) {
        labels.push(label);
        starts.push(day);
      }
      positions.set(day, labels.length - 1);
    }
  }
  const strata = isWithinEpochs ? experiment.epochs.length : 1;
  const zeros = () =>
    Array.from({ length: strata }, () => experiment.alternatives.map(() => new Array<number>(labels.length).fill(0)));
  const [participants, conversions] = [zeros(), zeros()];
  for (const { epoch, assignment, metric, day, clients } of counted) {
    const cells = (metric === PARTICIPATION ? participants : conversions)[isWithinEpochs ? epoch : 0];
    const row = cells?.[codeIndex(assignment)];
    const at = positions.get(day);
    if (row === undefined || at === undefined) continue;
    row[at] = (row[at] ?? 0) + clients;
  }
  const filled = new Set([experiment.epochs.length - 1]);
  for (const { epoch, metric } of counted) if (metric === PARTICIPATION) filled.add(epoch);
  return { labels, starts, filled: [...filled].sort((a, b) => a - b), participants, conversions };
}

function daysOf(tallies: readonly Tally[]): readonly [first: Day | null, last: Day | null] {
  let [first, last]: [Day | null, Day | null] = [null, null];
  for (const { day } of tallies) {
    if (first === null || day < first) first = day;
    if (last === null || day > last) last = day;
  }
  return [first, last];
}

function overStrata(cells: Grid["participants"], arm: number, length: number): number[] {
  const sums = new Array<number>(length).fill(0);
  for (const stratum of cells) {
    for (const [at, count] of (stratum[arm] ?? []).entries()) sums[at] = (sums[at] ?? 0) + count;
  }
  return sums;
}

/** Wilson limits at the level of the table's interval. */
function cumulativeRates(report: Report, participants: readonly number[], conversions: readonly number[]): BandPoint[] {
  const critical = normalCritical(report.settings.alpha);
  let [n, x] = [0, 0];
  return participants.map((count, at) => {
    n += count;
    x += conversions[at] ?? 0;
    // Conversions may come before the period's participants only in broken data: no rate is better than a wrong one.
    if (n === 0 || x > n) return NO_POINT;
    const { lower, upper } = wilson({ n, x }, critical);
    return { value: x / n, lower, upper };
  });
}

/** The always-valid interval of the uplift at the end of each period, within epochs where the report is. */
function* upliftOverTime({ experiment, report }: SeriesInput, grid: Grid, arm: number): Steps<BandPoint[]> {
  const { baseline } = report;
  const { continuous } = report.levels;
  const tuning = { plannedN: report.settings.tuningSize, alpha: continuous };
  const strata = grid.participants.map(() => ({ control: { n: 0, x: 0 }, treatment: { n: 0, x: 0 } }));
  const first = firstShares(experiment, grid.filled, baseline, arm);
  const pointAt = (at: number): BandPoint => {
    for (const [number, stratum] of strata.entries()) {
      for (const [side, index] of [["control", baseline] as const, ["treatment", arm] as const]) {
        stratum[side].n += grid.participants[number]?.[index]?.[at] ?? 0;
        stratum[side].x += grid.conversions[number]?.[index]?.[at] ?? 0;
      }
    }
    const usable = strata.filter(({ control, treatment }) => control.n > 0 && treatment.n > 0);
    if (
      usable.length === 0 ||
      usable.some(({ control, treatment }) => control.x > control.n || treatment.x > treatment.n)
    )
      return NO_POINT;
    const pair = ratePair(usable, first);
    if (pair.gate.kind !== "open") return NO_POINT;
    const { lower, upper } = pair.uplift.limits(alwaysValidCritical(pair.clock, tuning));
    return { value: finite(pair.uplift.estimate), lower: finite(lower), upper: finite(upper) };
  };
  const points: BandPoint[] = [];
  for (const at of grid.labels.keys()) {
    points.push(pointAt(at));
    yield;
  }
  return points;
}

/** Intended shares of two alternatives when both were first offered to anybody, as the report takes them. */
function firstShares(experiment: Experiment, filled: readonly number[], one: number, other: number): FirstWeights {
  const shares = filled.map((epoch) => sharesIn(experiment, epoch));
  const first = shares.find((epoch) => (epoch[one] ?? 0) > 0 && (epoch[other] ?? 0) > 0);
  return [first?.[one] ?? 1, first?.[other] ?? 1];
}

const NO_POINT: BandPoint = { value: null, lower: null, upper: null };

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
