/**
 * Counts and figures over time, for charts: one point per period from the first day to the last, periods without
 * traffic included. The cumulative figures are those of the report on the data up to that moment, by the same methods,
 * so that the last point of a line is the number in the table.
 */
import { Counts } from "../../domain/counts.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { Kpi } from "../../domain/kpi.ts";
import { type Day, nextPeriod, PERIODS, type Period, periodLabel } from "../../domain/period.ts";
import { addValues, PARTICIPATION, type Tally, type Values } from "../../domain/tally.ts";
import type { Mutable } from "../../lib/mutable.ts";
import { alwaysValidCritical } from "../../stats/always-valid.ts";
import { familySize } from "../../stats/levels.ts";
import { sampleOf } from "../../stats/mean.ts";
import { type FirstWeights, meanPair, type PairTest, ratePair } from "../../stats/pairs.ts";
import type { ComparisonOutcome, KpiReport, Report } from "../../stats/report.ts";
import { isAdjusted, type ShownEffect, shownEffect } from "../../stats/shown.ts";
import { each, type Steps } from "../../stats/steps.ts";
import { sharesIn } from "../analysis/allocation.ts";
import type { Days } from "../analysis/days.ts";

/** What lines are made of: the tallies within the range of the report. */
interface SeriesInput {
  readonly experiment: Experiment;
  readonly tallies: readonly Tally[];
  /**
   * Counts of days outside this range are drawn on the nearest day in it, so that a wrong clock doesn't stretch the
   * chart.
   */
  readonly days: Days;
  readonly report: Report;
  readonly kpi: Kpi;
  /** Which figure of the KPI the lines are of: the one it decides on. */
  readonly figure: KpiReport["decidesOn"];
  /** `lateness` of the KPI today: how late conversions were at each moment is not kept, and the last point is the table's. */
  readonly widening: number;
  /** Whether the KPI is one of those that decide. */
  readonly isGoal: boolean;
  /** Of the report, by position of the alternative; none where the KPI was not analysed. */
  readonly comparisons: readonly ComparisonOutcome[];
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
  /** Of the period alone: conversions over participants, or the sum of values over participants. */
  readonly figures: readonly (number | null)[];
  /** From the first day up to the end of each period. */
  readonly cumulative: readonly (number | null)[];
  /** Against the baseline, with the always-valid band; empty for the baseline, and where it was not asked for. */
  readonly uplift: readonly BandPoint[];
}

/** Most points of a line. Callers name days from 1970 to 2149 as they like (`datetime`), and a page is drawn from all. */
export const POINTS_MAX = 1_500;

const DAYS_AT_LEAST: Readonly<Record<Period, number>> = { day: 1, week: 7, month: 28, year: 365 };

/** One alternative, in a period or up to its end. */
interface ArmSums extends Mutable<Values> {
  n: number;
  x: number;
}

/** One stratum, up to a moment. */
interface Pair {
  readonly control: ArmSums;
  readonly treatment: ArmSums;
}

export interface Series {
  /** The one asked for, or a coarser one where that would be more than POINTS_MAX points. */
  readonly period: Period;
  readonly labels: readonly string[];
  /** First day of each period, or of the data. */
  readonly starts: readonly Day[];
  readonly arms: readonly ArmSeries[];
}

interface Grid {
  readonly period: Period;
  readonly labels: readonly string[];
  readonly starts: readonly Day[];
  /** What was counted in each period. */
  readonly counts: readonly Counts[];
  /** Epochs in which anybody took part, and the one in force; rising. */
  readonly filled: readonly number[];
}

/** Pauses after each point of an uplift. */
export function* seriesOf(input: SeriesInput, asked: Period): Steps<Series> {
  const { experiment, report } = input;
  const { number } = input.kpi;
  const grid = yield* gridOf(input, number, asked);
  const arms: ArmSeries[] = [];
  for (const [index, { name }] of experiment.alternatives.entries()) {
    const sums = grid.counts.map((period) => sumsOf(period, index, number));
    yield;
    arms.push({
      name,
      index,
      participants: sums.map(({ n }) => n),
      conversions: sums.map(({ x }) => x),
      figures: sums.map(({ n, x, sum }) => (n === 0 ? null : (input.figure === "means" ? sum : x) / n)),
      cumulative: cumulativeOf(input, sums),
      uplift: index === report.baseline || !input.withUplift ? [] : yield* upliftOverTime(input, grid, index),
    });
  }
  return { period: grid.period, labels: grid.labels, starts: grid.starts, arms };
}

function* gridOf({ experiment, tallies, days }: SeriesInput, kpi: number | null, asked: Period): Steps<Grid> {
  const { first, last, lastActivity } = days;
  // Without data the last day is before the first.
  const [firstDay, lastDay] = first === null || last === null ? [1 as Day, 0 as Day] : [first, lastActivity ?? last];
  const filled = new Set([experiment.epochs.length - 1]);
  const period = fittingPeriod(lastDay - firstDay + 1, asked);
  const labels: string[] = [];
  const starts: Day[] = [];
  const positions = new Map<string, number>();
  for (let day = firstDay; day <= lastDay; day = nextPeriod(day, period)) {
    const label = periodLabel(day, period);
    positions.set(label, labels.length);
    labels.push(label);
    starts.push(day);
  }
  const counts = labels.map(() => new Counts());
  const labelOf = new Map<Day, string>();
  yield* each(tallies, (tally) => {
    const { assignment, metric, epoch, subset } = tally;
    if (subset.kind !== "day") return;
    if (assignment.kind === "excluded" || (metric !== PARTICIPATION && metric !== kpi)) return;
    if (metric === PARTICIPATION) filled.add(epoch);
    const day = Math.min(Math.max(subset.day, firstDay), lastDay) as Day;
    const label = labelOf.get(day) ?? periodLabel(day, period);
    labelOf.set(day, label);
    counts[positions.get(label) ?? -1]?.add(tally);
  });
  return { period, labels, starts, counts, filled: [...filled].sort((a, b) => a - b) };
}

/** The one asked for, or the next that a chart can hold. */
function fittingPeriod(days: number, asked: Period): Period {
  const coarser = PERIODS.slice(PERIODS.indexOf(asked));
  return coarser.find((period) => days / DAYS_AT_LEAST[period] <= POINTS_MAX) ?? "year";
}

function sumsOf(counts: Counts, arm: number, kpi: number | null): ArmSums {
  const { clients: x, sum, sumRest, squares, squaresRest } = counts.total(kpi, arm);
  return { n: counts.total(PARTICIPATION, arm).clients, x, sum, sumRest, squares, squaresRest };
}

/** Rates or means up to the end of each period; `null` where there is none yet. */
function cumulativeOf({ figure }: SeriesInput, periods: readonly ArmSums[]): (number | null)[] {
  const total = emptySums();
  return periods.map((period) => {
    addTo(total, period);
    const { n, x, sum } = total;
    // Conversions may come before the period's participants only in broken data: no figure is better than a wrong one.
    if (n === 0 || x > n) return null;
    return (figure === "rates" ? x : sum) / n;
  });
}

function addTo(total: ArmSums, added: ArmSums): void {
  total.n += added.n;
  total.x += added.x;
  addValues(total, added);
}

/** The always-valid interval of the uplift at the end of each period, within epochs where the report is. */
function* upliftOverTime(
  { experiment, report, figure, widening, isGoal, comparisons }: SeriesInput,
  grid: Grid,
  arm: number,
): Steps<BandPoint[]> {
  const { baseline } = report;
  const { continuous } = report.levels;
  const tuning = { plannedN: report.settings.tuningSize, alpha: continuous, widening };
  // As the range in the table: of what decides all together.
  const level = isGoal ? continuous / familySize(report) : continuous;
  /** By epoch where the report goes by it. */
  const strata = new Map<number, Pair>();
  const first = firstShares(experiment, grid.filled, baseline, arm);
  const pointAt = (at: number): BandPoint => {
    for (const cell of grid.counts[at]?.cells() ?? []) {
      const { epoch, alternative: index, metric, clients, sum, sumRest, squares, squaresRest } = cell;
      if (index !== baseline && index !== arm) continue;
      const number = report.stratified ? epoch : 0;
      const stratum = strata.get(number) ?? { control: emptySums(), treatment: emptySums() };
      strata.set(number, stratum);
      const joined = metric === PARTICIPATION;
      const added = { n: joined ? clients : 0, x: joined ? 0 : clients, sum, sumRest, squares, squaresRest };
      addTo(stratum[index === baseline ? "control" : "treatment"], added);
    }
    const inOrder = [...strata].sort(([one], [other]) => one - other).map(([, stratum]) => stratum);
    const pair = pairOf(inOrder, figure, first);
    if (pair === null || pair.enough.kind !== "open") return NO_POINT;
    const { lower, upper } = pair.uplift.limits(alwaysValidCritical(pair.clock, tuning, level));
    return { value: finite(pair.uplift.estimate), lower: finite(lower), upper: finite(upper) };
  };
  const points: BandPoint[] = [];
  for (const at of grid.labels.keys()) {
    points.push(pointAt(at));
    yield;
  }
  const comparison = comparisons[arm];
  // A covariate is kept without days, so only the end can be adjusted by it.
  if (!isAdjusted(comparison) || points.length === 0) return points;
  return points.with(-1, pointOf(shownEffect(comparison, "uplift")));
}

function pointOf(shown: ShownEffect | null): BandPoint {
  return shown === null ? NO_POINT : { value: shown.estimate, ...shown.range };
}

/** The comparison that the report makes of the same counts; `null` where there is nothing to compare. */
function pairOf(strata: readonly Pair[], figure: SeriesInput["figure"], first: FirstWeights): PairTest | null {
  const least = figure === "rates" ? 1 : 2;
  const usable = strata.filter(({ control, treatment }) => control.n >= least && treatment.n >= least);
  if (
    usable.length === 0 ||
    usable.some(({ control, treatment }) => control.x > control.n || treatment.x > treatment.n)
  )
    return null;
  if (figure === "rates") return ratePair(usable, first);
  const samples = usable.map(({ control, treatment }) => ({
    control: sampleOf(control.n, control.sum, control.squares),
    treatment: sampleOf(treatment.n, treatment.sum, treatment.squares),
  }));
  return meanPair(samples, first);
}

function emptySums(): ArmSums {
  return { n: 0, x: 0, sum: 0, sumRest: undefined, squares: 0, squaresRest: undefined };
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
