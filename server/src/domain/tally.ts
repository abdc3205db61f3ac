/**
 * Tallies: running sums per (epoch, assignment, metric, slice). Everything shown on the dashboard is a sum of them, so a
 * page costs the number of cells, never the number of clients.
 */
import { type Assignment, assignmentText } from "./assignment.ts";
import type { Exposure } from "./exposure.ts";
import type { Day } from "./period.ts";
import {
  COVARIATE_PRODUCT,
  IN_CONFLICT,
  inSegment,
  joinedOn,
  onDay,
  REPEATED,
  type Slice,
  sliceText,
  takenOutOf,
  WITH_COVARIATE,
} from "./slice.ts";

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
  readonly slice: Slice;
  /** Clients that joined, or that reached the KPI for the first time. */
  readonly clients: number;
  /** Conversion events, repeated ones included; equals `clients` for participation. */
  readonly events: number;
  /** Sum of the values of all events. */
  readonly sum: number;
  /** Change of the sum over participants of (total value)²: an event of v on a running total T adds 2Tv + v². */
  readonly squares: number;
}

/** What a tally says beside its place. */
export type Quantities = Pick<Tally, "clients" | "events" | "sum" | "squares">;

/** Where a tally counts. */
export type Cell = Omit<Tally, keyof Quantities>;

/** The part of a client's first exposure that decides in which slices it counts. */
export interface Joining extends Exposure {
  readonly day: Day;
}

/** What is added to one slice of a metric. */
export type MetricCount = Omit<Tally, "epoch" | "assignment">;

/**
 * What is added, where it counts. Field by field, as everything here that is made for each cell, record or call: V8 takes fifty
 * times as long for an object that begins with another one and gets new fields.
 */
export function asTally({ epoch, assignment }: Pick<Tally, "epoch" | "assignment">, counted: MetricCount): Tally {
  const { metric, slice, clients, events, sum, squares } = counted;
  return { epoch, assignment, metric, slice, clients, events, sum, squares };
}

/** What one event, or several, made of a client's record of a KPI. */
export interface Reached {
  readonly kpi: number;
  /** The day on which they count. */
  readonly day: Day;
  readonly value: number;
  readonly before: ConversionRecord | undefined;
  readonly after: ConversionRecord;
}

const NOTHING: Quantities = { clients: 0, events: 0, sum: 0, squares: 0 };

/** What a participant adds when it joins. */
export function joiningCounts(joined: Joining): readonly MetricCount[] {
  const { day, covariate } = joined;
  const counts = [onDay(day), ...frozenSlices(joined)].map(one);
  if (covariate !== undefined) {
    const [sum, squares] = [covariate, covariate * covariate];
    counts.push({ clients: 1, events: 1, sum, squares, slice: WITH_COVARIATE, metric: PARTICIPATION });
  }
  return counts;
}

/** A client that joined. */
function one(slice: Slice): MetricCount {
  return { clients: 1, events: 1, sum: 0, squares: 0, slice, metric: PARTICIPATION };
}

/** What an event of a participant adds. */
export function eventCounts(joined: Joining, reached: Reached, caps: Caps): readonly MetricCount[] {
  const { kpi, value, before = NO_EVENTS, after } = reached;
  const counted = {
    clients: before.events === 0 ? 1 : 0,
    events: after.events - before.events,
    sum: value,
    squares: 2 * before.total * value + value * value,
  };
  const counts = eventCountsOf(joined, kpi, reached.day, counted);
  if (after.events > 1) counts.push(repeatedBy(kpi, before, after));
  return caps.has(kpi) ? [...counts, ...cappedCounts(joined, reached, caps)] : counts;
}

/** The part of it that is of a client's events after the first, and of what they go with. */
function repeatedBy(kpi: number, before: Events, after: Events): MetricCount {
  const [was, is] = [Math.max(0, before.events - 1), after.events - 1];
  const sum = is * after.total - was * before.total;
  const squares = is * after.events - was * before.events;
  return { clients: 0, events: 0, sum, squares, slice: REPEATED, metric: kpi };
}

/** The part of it that is by amounts of which nobody has more than a cap. */
function cappedCounts(joined: Joining, { kpi, day, before, after }: Reached, caps: Caps): readonly MetricCount[] {
  const capped = cappedBy(before ?? NO_EVENTS, after, caps.get(kpi));
  if (!isSomething(capped)) return [];
  return eventCountsOf(joined, cappedMetric(kpi), day, capped);
}

const NO_EVENTS = { events: 0, total: 0 };

/** The same in every slice in which the event counts. */
function eventCountsOf(joined: Joining, metric: number, day: Day, counted: Quantities): MetricCount[] {
  const { clients, events, sum, squares } = counted;
  const { covariate } = joined;
  const slices = [onDay(day), joinedOn(joined.day), ...frozenSlices(joined)];
  if (covariate !== undefined) slices.push(WITH_COVARIATE);
  const counts = slices.map((slice): MetricCount => ({ clients, events, sum, squares, slice, metric }));
  if (covariate !== undefined) {
    const products = { sum: covariate * clients, squares: covariate * sum, slice: COVARIATE_PRODUCT };
    counts.push({ clients: 0, events: 0, ...products, metric });
  }
  return counts;
}

type Events = Pick<ConversionRecord, "events" | "total">;

function cappedBy(before: Events, after: Events, amount: CappedAmount | undefined): Quantities {
  if (amount === undefined) return NOTHING;
  const { of, cap } = amount;
  const [earlier, later] = of === "events" ? [before.events, after.events] : [before.total, after.total];
  const [was, is] = [Math.min(earlier, cap), Math.min(later, cap)];
  const above = (later > cap ? 1 : 0) - (earlier > cap ? 1 : 0);
  return { clients: above, events: 0, sum: is - was, squares: is * is - was * was };
}

/** A day may hold values though its clients and events come to nothing: a forgotten client's count on its first day. */
export function isSomething({ clients, events, sum, squares }: Quantities): boolean {
  return clients !== 0 || events !== 0 || sum !== 0 || squares !== 0;
}

/** With what else was counted in the same cell; as it is where that is nothing yet. */
export function plus(tally: Tally, more: Quantities | undefined): Tally {
  if (more === undefined) return tally;
  const { clients, events, sum, squares } = tally;
  return {
    ...tally,
    clients: clients + more.clients,
    events: events + more.events,
    sum: sum + more.sum,
    squares: squares + more.squares,
  };
}

/**
 * What a client's record of a KPI adds to the tallies. All events count on the day of the first, the only day that a
 * record keeps. Recounts use this, and so does forgetting a client.
 */
export function countsOf(joined: Joining, kpi: number, after: ConversionRecord, caps: Caps): readonly MetricCount[] {
  return eventCounts(joined, { kpi, day: after.day, value: after.total, before: undefined, after }, caps);
}

/** The part of it that is by a total with a cap: what a pass counts anew when a cap is set. */
export function cappedCountsOf(
  joined: Joining,
  kpi: number,
  after: ConversionRecord,
  caps: Caps,
): readonly MetricCount[] {
  return cappedCounts(joined, { kpi, day: after.day, value: after.total, before: undefined, after }, caps);
}

/** The same taken away again. */
export function taken<Counted extends Quantities>(counted: Counted): Counted {
  const { clients, events, sum, squares } = counted;
  return { ...counted, clients: -clients, events: -events, sum: -sum, squares: -squares };
}

const NO_SLICES: readonly Slice[] = [];

/** Those that no day has to do with. */
function frozenSlices({ segments, conflict }: Joining): readonly Slice[] {
  if (segments === undefined && conflict === undefined) return NO_SLICES;
  const values = segments?.map((value, dimension) => inSegment(dimension, value)) ?? NO_SLICES;
  return conflict === undefined ? values : [...values, IN_CONFLICT];
}

/** What an id that was taken out leaves in the tallies: one more of its alternative, beside the one that goes on counting. */
export function takenOut(kept: Assignment, out: { readonly assignment: Assignment; readonly epoch: number }): Tally {
  const slice = takenOutOf(out.assignment.kind === "excluded" ? null : out.assignment.index);
  return asTally({ epoch: out.epoch, assignment: kept }, one(slice));
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

/** Largest relative difference of two sums of the same values in different order. */
const SUM_TOLERANCE = 1e-9;

/**
 * Differences between tallies and recounted records (`Store.tallies.recount`), a line each; empty if they agree.
 * Clients are compared in every slice. Events and sums are too, except by day: there only their totals are compared,
 * because records keep only the day of the first event.
 */
export function tallyDifferences(tallies: readonly Tally[], counted: readonly Tally[]): readonly string[] {
  const differences: string[] = [];
  const compare = (what: string, key: (tally: Tally) => string, quantity: (tally: Tally) => number) => {
    const sums = new Map<string, [number, number]>();
    for (const [side, list] of [tallies, counted].entries()) {
      for (const tally of list) {
        const pair = sums.get(key(tally)) ?? [0, 0];
        pair[side === 0 ? 0 : 1] += quantity(tally);
        sums.set(key(tally), pair);
      }
    }
    for (const [cell, [tallied, recorded]] of sums) {
      if (Math.abs(tallied - recorded) > SUM_TOLERANCE * Math.max(1, Math.abs(recorded))) {
        differences.push(`${what} of ${cell}: tallies say ${tallied}, records say ${recorded}`);
      }
    }
  };
  const cell = ({ epoch, assignment, metric }: Tally) =>
    `epoch ${epoch}, assignment ${assignmentText(assignment)}, metric ${metric}`;
  const slice = (tally: Tally) => `${cell(tally)}, ${sliceText(tally.slice)}`;
  const known = (tally: Tally) => (tally.slice.kind === "day" ? cell(tally) : slice(tally));
  // Of a client that was above the cap only later, the day is not known.
  const reached = (tally: Tally) => (isCapped(tally.metric) ? known(tally) : slice(tally));
  compare("clients", reached, ({ clients }) => clients);
  compare("events", known, ({ events }) => events);
  compare("sum", known, ({ sum }) => sum);
  compare("squares", known, ({ squares }) => squares);
  return differences;
}
