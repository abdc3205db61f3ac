/**
 * Tallies: running sums per (epoch, assignment, metric, subset). Everything shown on the dashboard is a sum of them, so a
 * page costs the number of cells, never the number of clients.
 */
import { exactDifference, exactSum, negated, type Rest } from "../lib/exact-sum.ts";
import type { Mutable } from "../lib/mutable.ts";
import type { Assignment } from "./assignment.ts";
import type { Exposure } from "./exposure.ts";
import type { Day } from "./period.ts";
import {
  COVARIATE_PRODUCT,
  IN_CONFLICT,
  inSegment,
  joinedOn,
  onDay,
  REPEATED,
  type Subset,
  takenOutOf,
  WITH_COVARIATE,
} from "./subset.ts";

/** What a tally counts: clients taken in, or conversions of one KPI by its number (`Kpi`). */
export const PARTICIPATION = -1;

/** Above the numbers of KPIs. */
const CAPPED = 256;

/**
 * What counts a KPI a second time, by amounts of which nobody has more than the cap: `sum` and `squares` are of
 * min(amount, cap), `clients` are those above it, and there are no events. The amount is a client's total, or the number of
 * its events where the KPI counts those.
 */
export function cappedMetric(kpi: number): number {
  return CAPPED + kpi;
}

export function isCapped(metric: number): boolean {
  return metric >= CAPPED;
}

/** The KPI that a metric counts, capped or not. */
export function kpiOfMetric(metric: number): number {
  return isCapped(metric) ? metric - CAPPED : metric;
}

export interface CappedAmount {
  readonly of: "value" | "events";
  /** The most that one client counts for; may be infinite. */
  readonly cap: number;
}

/** Of each KPI that is counted so, by its number. */
export type Caps = ReadonlyMap<number, CappedAmount>;

export const NO_CAPS: Caps = new Map();

export interface Tally {
  readonly epoch: number;
  readonly assignment: Assignment;
  /** PARTICIPATION, the number of a KPI, or its `cappedMetric`. */
  readonly metric: number;
  readonly subset: Subset;
  /** Clients that joined, or that reached the KPI for the first time. */
  readonly clients: number;
  /** Conversion events, repeated ones included; equals `clients` for participation. */
  readonly events: number;
  /** Of the totals that clients' records hold, without rounding. An event adds the difference that it makes to its client's. */
  readonly sum: number;
  /** What the double leaves out of it. */
  readonly sumRest?: Rest;
  /** The same of their squares, each rounded to a double. */
  readonly squares: number;
  readonly squaresRest?: Rest;
}

/** The sums of values. */
export type Values = Pick<Tally, "sum" | "sumRest" | "squares" | "squaresRest">;

/** What a tally says beside its place. */
export type Quantities = Values & Pick<Tally, "clients" | "events">;

/** Where a tally counts. */
export type Cell = Omit<Tally, keyof Quantities>;

/** The part of a client's first exposure that decides in which subsets it counts. */
export interface Joining extends Exposure {
  readonly day: Day;
}

/** What is added to one subset of a metric. */
export type MetricCount = Omit<Tally, "epoch" | "assignment">;

/**
 * What is added, where it counts. Field by field, as everything here that is made for each cell, record or call: V8 takes fifty
 * times as long for an object that begins with another one and gets new fields.
 */
export function asTally({ epoch, assignment }: Pick<Tally, "epoch" | "assignment">, counted: MetricCount): Tally {
  const { metric, subset, clients, events, sum, sumRest, squares, squaresRest } = counted;
  return { epoch, assignment, metric, subset, clients, events, sum, sumRest, squares, squaresRest };
}

/** What one event, or several, made of a client's record of a KPI. */
export interface Reached {
  readonly kpi: number;
  /** The day on which they count. */
  readonly day: Day;
  readonly before: ConversionRecord | undefined;
  readonly after: ConversionRecord;
}

export const NOTHING: Quantities = { clients: 0, events: 0, sum: 0, squares: 0 };

/** What a participant adds when it joins. */
export function joiningCounts(joined: Joining): readonly MetricCount[] {
  const { day, covariate } = joined;
  const counts = [onDay(day), ...frozenSubsets(joined)].map(one);
  if (covariate !== undefined) {
    counts.push(counting(PARTICIPATION, WITH_COVARIATE, 1, 1, { sum: covariate, squares: covariate * covariate }));
  }
  return counts;
}

/** A client that joined. */
function one(subset: Subset): MetricCount {
  return counting(PARTICIPATION, subset, 1, 1, NOTHING);
}

/** What an event of a participant adds. */
export function eventCounts(joined: Joining, reached: Reached, caps: Caps): readonly MetricCount[] {
  const { kpi, before = NO_EVENTS, after } = reached;
  const clients = before.events === 0 ? 1 : 0;
  const counts = eventCountsOf(
    joined,
    kpi,
    reached.day,
    clients,
    after.events - before.events,
    before.total,
    after.total,
  );
  if (after.events > 1) counts.push(repeatedBy(kpi, before, after));
  return caps.has(kpi) ? [...counts, ...cappedCounts(joined, reached, caps)] : counts;
}

/** The part of it that is of a client's events after the first, and of what they go with. */
function repeatedBy(kpi: number, before: Events, after: Events): MetricCount {
  const [was, is] = [Math.max(0, before.events - 1), after.events - 1];
  const changed = changeOf(was * before.total, is * after.total, was * before.events, is * after.events);
  return counting(kpi, REPEATED, 0, 0, changed);
}

/** The part of it that is by amounts of which nobody has more than a cap. */
function cappedCounts(joined: Joining, { kpi, day, before, after }: Reached, caps: Caps): readonly MetricCount[] {
  const amount = caps.get(kpi);
  if (amount === undefined) return [];
  const { cap } = amount;
  const [earlier, later] = [amountIn(before ?? NO_EVENTS, amount), amountIn(after, amount)];
  const above = (later > cap ? 1 : 0) - (earlier > cap ? 1 : 0);
  const [was, is] = [Math.min(earlier, cap), Math.min(later, cap)];
  if (above === 0 && was === is) return [];
  return eventCountsOf(joined, cappedMetric(kpi), day, above, 0, was, is);
}

const NO_EVENTS = { events: 0, total: 0 };

/** The same in every subset in which the event counts. What its client counts for was one amount, and is another one. */
function eventCountsOf(
  joined: Joining,
  metric: number,
  day: Day,
  clients: number,
  events: number,
  was: number,
  is: number,
): MetricCount[] {
  const { covariate } = joined;
  const subsets = [onDay(day), joinedOn(joined.day), ...frozenSubsets(joined)];
  if (covariate !== undefined) subsets.push(WITH_COVARIATE);
  const changed = changeOf(was, is, was * was, is * is);
  const counts = subsets.map((subset) => counting(metric, subset, clients, events, changed));
  if (covariate !== undefined) {
    const products = changeOf(0, covariate * clients, covariate * was, covariate * is);
    counts.push(counting(metric, COVARIATE_PRODUCT, 0, 0, products));
  }
  return counts;
}

/** What two sums change by when what a client counts for in them changes. */
function changeOf(oldSum: number, newSum: number, oldSquares: number, newSquares: number): Values {
  const { nearest: sum, rest: sumRest } = exactDifference(newSum, oldSum);
  const { nearest: squares, rest: squaresRest } = exactDifference(newSquares, oldSquares);
  return { sum, sumRest, squares, squaresRest };
}

function counting(metric: number, subset: Subset, clients: number, events: number, values: Values): MetricCount {
  const { sum, sumRest, squares, squaresRest } = values;
  return { clients, events, sum, sumRest, squares, squaresRest, subset, metric };
}

type Events = Pick<ConversionRecord, "events" | "total">;

function amountIn({ events, total }: Events, { of }: CappedAmount): number {
  return of === "events" ? events : total;
}

/** A day may hold values though its clients and events come to nothing: a forgotten client's count on its first day. */
export function isSomething({ clients, events, sum, squares }: Quantities): boolean {
  return clients !== 0 || events !== 0 || sum !== 0 || squares !== 0;
}

/** With what else was counted in the same cell; as it is where that is nothing yet. */
export function plus(tally: Tally, more: Quantities | undefined): Tally {
  if (more === undefined) return tally;
  const both = asTally(tally, tally);
  addTo(both, more);
  return both;
}

/** Adds in place. Whatever adds tallies up does it here. */
export function addTo(counted: Mutable<Quantities>, more: Quantities): void {
  counted.clients += more.clients;
  counted.events += more.events;
  addValues(counted, more);
}

export function addValues(counted: Mutable<Values>, more: Values): void {
  if (more.sum !== 0) {
    const { nearest, rest } = exactSum(counted.sum, counted.sumRest, more.sum, more.sumRest);
    counted.sum = nearest;
    counted.sumRest = rest;
  }
  if (more.squares !== 0) {
    const { nearest, rest } = exactSum(counted.squares, counted.squaresRest, more.squares, more.squaresRest);
    counted.squares = nearest;
    counted.squaresRest = rest;
  }
}

/**
 * What a client's record of a KPI adds to the tallies. All events count on the day of the first, the only day that a
 * record keeps. Recounts use this, and so does forgetting a client.
 */
export function countsOf(joined: Joining, kpi: number, after: ConversionRecord, caps: Caps): readonly MetricCount[] {
  return eventCounts(joined, { kpi, day: after.day, before: undefined, after }, caps);
}

/** The part of it that is by a total with a cap: what a pass counts anew when a cap is set. */
export function cappedCountsOf(
  joined: Joining,
  kpi: number,
  after: ConversionRecord,
  caps: Caps,
): readonly MetricCount[] {
  return cappedCounts(joined, { kpi, day: after.day, before: undefined, after }, caps);
}

/** The same taken away again. */
export function taken<Counted extends Quantities>(counted: Counted): Counted {
  const { clients, events, sum, sumRest, squares, squaresRest } = counted;
  return {
    ...counted,
    clients: -clients,
    events: -events,
    sum: -sum,
    sumRest: negated(sumRest),
    squares: -squares,
    squaresRest: negated(squaresRest),
  };
}

const NO_SUBSETS: readonly Subset[] = [];

/** Those that no day has to do with. */
function frozenSubsets({ segments, conflict }: Joining): readonly Subset[] {
  if (segments === undefined && conflict === undefined) return NO_SUBSETS;
  const values = segments?.map((value, dimension) => inSegment(dimension, value)) ?? NO_SUBSETS;
  return conflict === undefined ? values : [...values, IN_CONFLICT];
}

/** What an id that was taken out leaves in the tallies: one more of its alternative, beside the one that goes on counting. */
export function takenOut(kept: Assignment, out: { readonly assignment: Assignment; readonly epoch: number }): Tally {
  const subset = takenOutOf(out.assignment.kind === "excluded" ? null : out.assignment.index);
  return asTally({ epoch: out.epoch, assignment: kept }, one(subset));
}

/** A conversion record of one client and KPI. */
export interface ConversionRecord {
  readonly day: Day;
  readonly events: number;
  /** Sum of the values so far. */
  readonly total: number;
}

/** What one conversion event makes of the client's record. */
export function addConversion(record: ConversionRecord | undefined, day: Day, value: number): ConversionRecord {
  if (record === undefined) return { day, events: 1, total: value };
  return { day: record.day, events: record.events + 1, total: record.total + value };
}
