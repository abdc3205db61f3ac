/** A life of the model: what it holds of clients, and what that counts for. */
import { assignmentText } from "../../../src/domain/assignment.ts";
import type { ClientKey, EventKey } from "../../../src/domain/digest.ts";
import type { Experiment } from "../../../src/domain/experiment.ts";
import { capsOf } from "../../../src/domain/kpi-definition.ts";
import type { ClientId } from "../../../src/domain/names.ts";
import type { Day } from "../../../src/domain/period.ts";
import {
  COVARIATE_PRODUCT,
  IN_CONFLICT,
  inSegment,
  joinedOn,
  onDay,
  REPEATED,
  type Subset,
  subsetKey,
  takenOutOf,
  WITH_COVARIATE,
} from "../../../src/domain/subset.ts";
import {
  type Caps,
  type ConversionRecord,
  cappedMetric,
  isCapped,
  PARTICIPATION,
  type Tally,
} from "../../../src/domain/tally.ts";
import type { RemovedExperiment } from "../../../src/store/store.ts";
import {
  type ClientLink,
  type ClientRecord,
  isClientRecord,
  type Joined,
  type StoredClient,
} from "../../../src/store/transfer.ts";

export interface Client extends Joined {
  /** By number of the KPI. */
  readonly conversions: Map<number, ConversionRecord>;
  readonly id?: ClientId | undefined;
}

export type Link = Omit<ClientLink, "client">;

export type State = "live" | "staged" | RemovedExperiment["how"];

export interface Life {
  experiment: Experiment;
  state: State;
  /** Since when it is in that state; 0 for a live one. */
  sinceMs: number;
  readonly clients: Map<ClientKey, Client>;
  readonly links: Map<ClientKey, Link>;
  readonly tallies: Map<string, Tally>;
  readonly unrecorded: Map<string, Tally>;
  readonly events: Set<EventKey>;
  /** Changes of tallies so far. */
  changes: number;
}

/** Records given out at a time. */
const RECORDS_AT_A_TIME = 1_000;

/** An id, and those that its link leads to. */
export function wayOf({ links }: Life, client: ClientKey): readonly ClientKey[] {
  const way = [client];
  for (;;) {
    const to = links.get(way.at(-1) ?? client)?.to;
    if (to === undefined || way.includes(to)) return way;
    way.push(to);
  }
}

/** What counts for an id. */
export function found(life: Life | undefined, client: ClientKey): Client | undefined {
  return life?.clients.get(wayOf(life, client).at(-1) ?? client);
}

export function capsIn({ experiment }: Life): Caps {
  return capsOf(experiment);
}

export function isIt({ experiment }: Life, { life, version }: Experiment): boolean {
  return experiment.life === life && experiment.version === version;
}

export function cellKey({ epoch, assignment, metric, subset }: Tally): string {
  return `${epoch}:${assignmentText(assignment)}:${metric}:${subsetKey(subset)}`;
}

export function count(life: Life, added: Tally): void {
  life.changes += 1;
  bump(life.tallies, added);
}

/** Adds to a cell. One that comes to nothing is gone. */
export function bump(tallies: Map<string, Tally>, added: Tally): void {
  const key = cellKey(added);
  const before = tallies.get(key) ?? { clients: 0, events: 0, sum: 0, squares: 0 };
  const clients = before.clients + added.clients;
  const events = before.events + added.events;
  const sum = before.sum + added.sum;
  const squares = before.squares + added.squares;
  if (clients === 0 && events === 0 && sum === 0 && squares === 0) tallies.delete(key);
  else tallies.set(key, { ...added, clients, events, sum, squares });
}

/** The subsets of its segments, of its conflict, and of whoever has a covariate. */
export function partsOf({ segments = [], conflict, covariate }: Client): readonly Subset[] {
  const values = segments.map((value, dimension) => inSegment(dimension, value));
  const parts = conflict ? [...values, IN_CONFLICT] : values;
  return covariate === undefined ? parts : [...parts, WITH_COVARIATE];
}

/** How so many new converters, and so much value, go with the covariate. */
export function productOf(client: Client, metric: number, clients: number, value: number): readonly Tally[] {
  const { assignment, epoch, covariate } = client;
  if (covariate === undefined) return [];
  const sums = { clients: 0, events: 0, sum: covariate * clients, squares: covariate * value };
  return [{ epoch, assignment, metric, subset: COVARIATE_PRODUCT, ...sums }];
}

type Did = Pick<ConversionRecord, "events" | "total">;

/** What doing more adds beside the events themselves: to how they go with the total, and to totals with a cap. */
export function moreOf(client: Client, caps: Caps, metric: number, day: Day, [was, is]: readonly [Did, Did]) {
  const { assignment, epoch, covariate, day: joined } = client;
  const cell = { epoch, assignment };
  const more: Tally[] = [];
  if (is.events > 1) {
    const sums = {
      sum: repeated(is, is.total) - repeated(was, was.total),
      squares: repeated(is, is.events) - repeated(was, was.events),
    };
    more.push({ ...cell, metric, subset: REPEATED, clients: 0, events: 0, ...sums });
  }
  const amount = caps.get(metric);
  if (amount === undefined) return more;
  const { cap } = amount;
  const [then, now] = amount.of === "events" ? [was.events, is.events] : [was.total, is.total];
  const [low, high] = [Math.min(then, cap), Math.min(now, cap)];
  const clients = Number(now > cap) - Number(then > cap);
  const sums = { clients, events: 0, sum: high - low, squares: high ** 2 - low ** 2 };
  const capped = { ...cell, metric: cappedMetric(metric) };
  for (const subset of [onDay(day), joinedOn(joined), ...partsOf(client)]) more.push({ ...capped, subset, ...sums });
  if (covariate !== undefined) more.push(...productOf(client, capped.metric, clients, high - low));
  return more;
}

/** How often somebody converted after the first time, times what that goes with. */
function repeated({ events }: Did, goesWith: number): number {
  return Math.max(0, events - 1) * goesWith;
}

export const NOTHING_DONE: Did = { events: 0, total: 0 };

/** What a client adds to the tallies by its record: all events of a KPI on the day of the first. */
export function talliesOf(client: Client, caps: Caps): readonly Tally[] {
  const { assignment, epoch, day, conversions, covariate = 0 } = client;
  const cell = { epoch, assignment };
  const parts = partsOf(client);
  const once = { clients: 1, events: 1, sum: 0, squares: 0 };
  const joined = [onDay(day), ...parts].map((subset): Tally => {
    const moments = subset === WITH_COVARIATE ? { sum: covariate, squares: covariate ** 2 } : {};
    return { ...cell, metric: PARTICIPATION, subset, ...once, ...moments };
  });
  const reached = [...conversions].flatMap(([metric, { day: first, events, total }]) => [
    ...[onDay(first), joinedOn(day), ...parts].map((subset): Tally => {
      return { ...cell, metric, subset, clients: 1, events, sum: total, squares: total * total };
    }),
    ...productOf(client, metric, 1, total),
    ...moreOf(client, caps, metric, first, [NOTHING_DONE, { events, total }]),
  ]);
  return [...joined, ...reached];
}

/** Totals by the caps of today, from what every client did. */
export function recap(life: Life): void {
  for (const [key, { metric }] of life.tallies) if (isCapped(metric)) life.tallies.delete(key);
  for (const client of life.clients.values()) {
    for (const tally of talliesOf(client, capsIn(life))) if (isCapped(tally.metric)) count(life, tally);
  }
}

/** Tallies with and without records behind them, each cell once. */
export function sumOf(life: Life | undefined): readonly Tally[] {
  const sums = new Map(life?.tallies);
  for (const tally of life?.unrecorded.values() ?? []) bump(sums, tally);
  return [...sums.values()];
}

/** What a link says of an id that was taken out. */
export function takenOutBy({ conflict }: Link): readonly Tally[] {
  if (conflict === undefined) return [];
  const { kept, takenOut } = conflict;
  const subset = takenOutOf(takenOut.assignment.kind === "excluded" ? null : takenOut.assignment.index);
  const cell = { epoch: takenOut.epoch, assignment: kept, metric: PARTICIPATION, subset };
  return [{ ...cell, clients: 1, events: 1, sum: 0, squares: 0 }];
}

export function dropLink(life: Life, client: ClientKey): void {
  const link = life.links.get(client);
  life.links.delete(client);
  for (const tally of link === undefined ? [] : takenOutBy(link)) count(life, negative(tally));
}

export function negative(tally: Tally): Tally {
  const { clients, events, sum, squares } = tally;
  return { ...tally, clients: -clients, events: -events, sum: -sum, squares: -squares };
}

export function recordOf(client: ClientKey, { conversions, id, ...record }: Client): ClientRecord {
  return {
    client,
    ...record,
    conversions: [...conversions].map(([kpi, one]) => ({ kpi, ...one })),
    ...(id === undefined ? {} : { id }),
  };
}

export async function* recordsOf(life: Life | undefined): AsyncIterable<readonly StoredClient[]> {
  const links = [...(life?.links ?? [])].map(([client, link]) => ({ client, ...link }));
  const records = [...(life?.clients ?? [])].map(([client, record]) => recordOf(client, record));
  const all = [...records, ...links];
  for (let start = 0; start < all.length; start += RECORDS_AT_A_TIME) yield all.slice(start, start + RECORDS_AT_A_TIME);
}

export async function* convertedOf(life: Life | undefined): AsyncIterable<readonly ClientRecord[]> {
  for await (const batch of recordsOf(life)) {
    const reached = batch.filter(isClientRecord).filter(({ conversions }) => conversions.length > 0);
    yield reached.map(({ id: _, ...record }) => record);
  }
}
