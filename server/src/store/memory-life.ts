/** One life of an experiment as the memory engine keeps it: its clients, its tallies, and what is counted from them. */
import { type Assignment, assignmentCode } from "../domain/assignment.ts";
import type { ClientKey, EventKey } from "../domain/digest.ts";
import type { ClientId } from "../domain/names.ts";
import type { Day } from "../domain/period.ts";
import { type ConversionRecord, PARTICIPATION, type Tally } from "../domain/tally.ts";
import { type Conversion, EVENT_ID_WINDOW_MS } from "./store.ts";

export interface Client {
  readonly assignment: Assignment;
  readonly epoch: number;
  readonly day: Day;
  /** By number of the KPI. */
  readonly conversions: Map<number, ConversionRecord>;
  /** Where ids are kept. */
  readonly id?: ClientId | undefined;
}

/** What belongs to one incarnation. */
export interface Life {
  readonly clients: Map<ClientKey, Client>;
  readonly tallies: Map<string, Tally>;
  /** Tallies that came without records. */
  readonly unrecorded: Map<string, Tally>;
  /** Changes of tallies so far. */
  changes: number;
  /** When each event with an id was recorded, in milliseconds of the monotonic clock. */
  readonly events: Map<EventKey, number>;
}

export function emptyLife(): Life {
  return { clients: new Map(), tallies: new Map(), unrecorded: new Map(), events: new Map(), changes: 0 };
}

/**
 * Remembers the event, and forgets those whose time is over: a map is in the order in which it was filled.
 * @param monotonicMs what is not set ahead or back, as `performance.now()`: a wall clock would forget too much, or nothing
 */
export function isNewEvent(
  life: Life,
  { key }: NonNullable<Conversion["event"]>,
  monotonicMs = performance.now(),
): boolean {
  for (const [oldest, seenMs] of life.events) {
    if (monotonicMs - seenMs <= EVENT_ID_WINDOW_MS) break;
    life.events.delete(oldest);
  }
  if (life.events.has(key)) return false;
  life.events.set(key, monotonicMs);
  return true;
}

export function cellKey({ epoch, assignment, metric, day }: Tally): string {
  return `${epoch}:${assignment}:${metric}:${day}`;
}

/** Adds to a cell of the tallies that have records. */
export function count(life: Life, added: Tally): void {
  life.changes += 1;
  bump(life.tallies, added);
}

/** Adds to a cell. One that counts nothing any more is gone. */
function bump(tallies: Map<string, Tally>, added: Tally): void {
  const key = cellKey(added);
  const tally = tallies.get(key);
  if (tally === undefined) {
    tallies.set(key, added);
    return;
  }
  const clients = tally.clients + added.clients;
  const events = tally.events + added.events;
  const sum = tally.sum + added.sum;
  const squares = tally.squares + added.squares;
  // A day may hold values though its clients and events come to nothing: a forgotten client's count on its first day.
  if (clients === 0 && events === 0 && sum === 0 && squares === 0) tallies.delete(key);
  else tallies.set(key, { ...tally, clients, events, sum, squares });
}

/** What a client adds to the tallies by its record: all events of a KPI on the day of the first. */
export function talliesOf(client: Client): readonly Tally[] {
  const { epoch, day } = client;
  const cell = { epoch, assignment: assignmentCode(client.assignment) };
  return [
    { ...cell, metric: PARTICIPATION, day, clients: 1, events: 1, sum: 0, squares: 0 },
    ...[...client.conversions].map(([metric, { day: firstDay, events, total }]) => ({
      ...cell,
      metric,
      day: firstDay,
      clients: 1,
      events,
      sum: total,
      squares: total * total,
    })),
  ];
}

/** Sum of the recorded and unrecorded tallies of a life, each cell once. */
export function allTallies(life: Life | undefined): readonly Tally[] {
  if (life === undefined) return [];
  if (life.unrecorded.size === 0) return [...life.tallies.values()];
  const sums = new Map(life.tallies);
  for (const tally of life.unrecorded.values()) bump(sums, tally);
  return [...sums.values()];
}

/** Counted anew from the records, on top of what came without them. */
export function countLife(life: Life | undefined): readonly Tally[] {
  const counted = new Map(life?.unrecorded);
  for (const client of life?.clients.values() ?? []) {
    for (const tally of talliesOf(client)) bump(counted, tally);
  }
  return [...counted.values()];
}
