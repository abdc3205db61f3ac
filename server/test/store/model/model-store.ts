/**
 * The model: a store small enough to be seen to be right, which the engines are compared with, and which tests of other
 * rooms use. A life is one object with a state; every verb runs to its end in one turn of the event loop.
 */
import { type Assignment, assignmentText, EXCLUDED } from "../../../src/domain/assignment.ts";
import type { ClientKey, EventKey } from "../../../src/domain/digest.ts";
import { createdExperiment, type ExperimentDraft } from "../../../src/domain/draft.ts";
import { currentEpochNumber, type Experiment, withForgotten } from "../../../src/domain/experiment.ts";
import type { ClientId } from "../../../src/domain/names.ts";
import {
  IN_CONFLICT,
  inSegment,
  joinedOn,
  onDay,
  type Slice,
  sliceKey,
  takenOutOf,
} from "../../../src/domain/slice.ts";
import { addConversion, type ConversionRecord, PARTICIPATION, type Tally } from "../../../src/domain/tally.ts";
import { ACTIVITY_MAX, type Activities, type Activity } from "../../../src/store/activity.ts";
import type { LinkedClient, LinkOutcome } from "../../../src/store/link-plan.ts";
import type { Leases, Notes } from "../../../src/store/shared-work.ts";
import type {
  Definitions,
  Lives,
  Peek,
  Records,
  RemovedExperiment,
  Store,
  StoreStatus,
  Tallies,
} from "../../../src/store/store.ts";
import {
  type ClientLink,
  type ClientRecord,
  type ForeignExperiment,
  isClientLink,
  type Joined,
  type PublishOutcome,
  type StoredClient,
  type Transfer,
} from "../../../src/store/transfer.ts";

interface Client extends Joined {
  /** By number of the KPI. */
  readonly conversions: Map<number, ConversionRecord>;
  readonly id?: ClientId | undefined;
}

type Link = Omit<ClientLink, "client">;

type State = "live" | "staged" | RemovedExperiment["how"];

interface Life {
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

export class ModelStore implements Store {
  readonly #lives = new Map<number, Life>();
  readonly #live = new Map<string, Life>();
  readonly #notes = new Map<string, Map<string, string>>();
  readonly #leases = new Map<string, { readonly holder: string; readonly untilMs: number }>();
  readonly #activity: Activity[] = [];
  #given = 0;

  readonly transfer: Transfer = {
    stage: async (definition: ForeignExperiment, nowMs) => {
      this.#given += 1;
      const experiment = { ...definition, life: this.#given, version: 1 };
      this.#add(experiment, "staged", nowMs);
      return experiment;
    },
    listStaged: async () => this.#in("staged").map(({ experiment }) => experiment),
    loadRecords: async ({ life }, records) => {
      for (const stored of records) {
        if (isClientLink(stored)) {
          const { client, ...link } = stored;
          this.#lives.get(life)?.links.set(client, link);
          continue;
        }
        const { client, conversions, ...record } = stored;
        const byKpi = conversions.map(({ kpi, ...conversion }) => [kpi, conversion] as const);
        this.#lives.get(life)?.clients.set(client, { ...record, conversions: new Map(byKpi) });
      }
    },
    loadTallies: async ({ life }, recorded, unrecorded) => {
      const stored = this.#lives.get(life);
      for (const tally of recorded) stored?.tallies.set(cellKey(tally), tally);
      for (const tally of unrecorded) stored?.unrecorded.set(cellKey(tally), tally);
    },
    publish: async ({ name, life }, nowMs, replace): Promise<PublishOutcome> => {
      const staged = this.#lives.get(life);
      if (staged?.state !== "staged") return { kind: "missing" };
      const present = this.#live.get(name);
      if (present !== undefined && !replace) return { kind: "taken", experiment: present.experiment };
      return { kind: "published", experiment: this.#bringIn(staged, nowMs) };
    },
    discard: async ({ life }) => {
      if (this.#lives.get(life)?.state === "staged") this.#lives.delete(life);
    },
    exportRecords: ({ life }) => recordsOf(this.#lives.get(life)),
    readTallies: async ({ life }) => {
      const stored = this.#lives.get(life);
      return { recorded: [...(stored?.tallies.values() ?? [])], unrecorded: [...(stored?.unrecorded.values() ?? [])] };
    },
  };

  readonly peek: Peek = {
    experiment: (name) => this.#live.get(name)?.experiment,
    assignment: ({ life }, client) => found(this.#lives.get(life), client)?.assignment,
    cacheUsage: () => ({ slots: 0, used: 0 }),
  };

  readonly definitions: Definitions = {
    read: async (name) => this.peek.experiment(name),
    list: async () => [...this.#live.values()].map(({ experiment }) => experiment),
    listUnreadable: async () => [],
    create: async (draft) => this.peek.experiment(draft.name) ?? this.#begin(draft, 1),
    change: async (next) => {
      const life = this.#live.get(next.name);
      if (life === undefined) return { kind: "missing" };
      if (!isIt(life, next)) return { kind: "conflict", experiment: life.experiment };
      life.experiment = { ...next, createdAtMs: life.experiment.createdAtMs, version: next.version + 1 };
      return { kind: "changed", experiment: life.experiment };
    },
  };

  readonly lives: Lives = {
    remove: async (experiment, removedAtMs, successor) => {
      const life = this.#live.get(experiment.name);
      if (life?.experiment.life !== experiment.life) return { kind: "missing" };
      if (!isIt(life, experiment)) return { kind: "conflict" };
      this.#moveAside(life, successor === undefined ? "deleted" : "reset", removedAtMs);
      return { kind: "removed", successor: successor && this.#begin(successor, experiment.version + 1) };
    },
    listRemoved: async () => {
      return [...this.#lives.values()].flatMap(({ experiment, state, sinceMs }) =>
        state === "reset" || state === "deleted" ? [{ experiment, removedAtMs: sinceMs, how: state }] : [],
      );
    },
    restore: async (name, life, nowMs) => {
      const stored = this.#lives.get(life);
      const isRemoved = stored?.state === "reset" || stored?.state === "deleted";
      return isRemoved && stored.experiment.name === name ? this.#bringIn(stored, nowMs) : undefined;
    },
    sweep: async (removedUntilMs) => {
      const due = [...this.#lives.values()].filter(
        ({ state, sinceMs }) => state !== "live" && sinceMs <= removedUntilMs,
      );
      for (const { experiment } of due) this.#lives.delete(experiment.life);
      return due.length;
    },
  };

  readonly records: Records = {
    read: async (experiment, client) => this.peek.assignment(experiment, client),
    find: async ({ life }, client) => {
      const stored = this.#lives.get(life);
      const known = found(stored, client);
      const owner = stored && wayOf(stored, client).at(-1);
      return known && recordOf(owner ?? client, { ...known, id: undefined });
    },
    participate: async (participation) => {
      const { experiment, client, proposal, day, segments, covariate, id } = participation;
      const life = this.#live.get(experiment.name);
      if (life?.experiment.life !== experiment.life) return { kind: "stale" };
      const known = found(life, client);
      const byLink = wayOf(life, client).length > 1;
      if (known !== undefined) {
        return { kind: "existing", assignment: known.assignment, ...(byLink ? { byLink } : {}) };
      }
      if (!isIt(life, experiment)) return { kind: "stale" };
      const epoch = currentEpochNumber(life.experiment);
      const frozen = { ...(segments && { segments }), ...(covariate !== undefined && { covariate }) };
      // What lay under the client before was a link to nobody; its raw id is this client's.
      const record: Client = {
        assignment: proposal,
        epoch,
        day,
        ...frozen,
        id: id ?? life.links.get(client)?.id,
        conversions: new Map(),
      };
      dropLink(life, client);
      life.clients.set(client, record);
      for (const tally of talliesOf(record)) count(life, tally);
      return { kind: "recorded", assignment: proposal };
    },
    convert: async (conversion) => {
      const { experiment, client, kpi, day, value, event } = conversion;
      const life = this.#live.get(experiment.name);
      if (life === undefined || !isIt(life, experiment)) return { kind: "stale" };
      const known = found(life, client);
      if (known === undefined || known.assignment.kind === "excluded") return { kind: "not-participating" };
      const { assignment, epoch } = known;
      if (event !== undefined) {
        if (life.events.has(event.key)) return { kind: "duplicate", assignment };
        life.events.add(event.key);
      }
      const { record, clients, squares } = addConversion(known.conversions.get(kpi), day, value);
      known.conversions.set(kpi, record);
      for (const slice of [onDay(day), joinedOn(known.day), ...partsOf(known)]) {
        count(life, { epoch, assignment, metric: kpi, slice, clients, events: 1, sum: value, squares });
      }
      return { kind: clients === 1 ? "converted" : "repeated", assignment };
    },
    link: async (experiment, one, other) => {
      const life = this.#live.get(experiment.name);
      if (life?.experiment.life !== experiment.life) return { kind: "stale" };
      return linkIn(life, one, other);
    },
    forget: async (experiment, client) => {
      const life = this.#lives.get(experiment.life);
      if (life === undefined || !isIt(life, experiment)) return { kind: "stale" };
      const known = found(life, client);
      const way = wayOf(life, client);
      if (known === undefined && way.length === 1) return { kind: "unknown" };
      for (const id of way) {
        dropLink(life, id);
        life.clients.delete(id);
      }
      for (const { clients, events, sum, squares, ...cell } of known === undefined ? [] : talliesOf(known)) {
        count(life, { ...cell, clients: -clients, events: -events, sum: -sum, squares: -squares });
      }
      life.experiment = { ...withForgotten(experiment), version: experiment.version + 1 };
      return { kind: "forgotten", experiment: life.experiment };
    },
    free: async ({ name, life }) => {
      const live = this.#live.get(name);
      if (live?.experiment.life !== life || live.experiment.compacted !== true) {
        return { clients: 0, bytes: 0 };
      }
      const clients = live.clients.size + live.links.size;
      live.clients.clear();
      live.links.clear();
      return { clients, bytes: 0 };
    },
  };

  readonly tallies: Tallies = {
    read: async ({ life }) => sumOf(this.#lives.get(life)),
    mark: async ({ life }) => this.#lives.get(life)?.changes ?? 0,
    recount: async ({ life, compacted }) => {
      const stored = this.#lives.get(life);
      if (compacted === true) return sumOf(stored);
      const counted = new Map(stored?.unrecorded);
      for (const client of stored?.clients.values() ?? []) {
        for (const tally of talliesOf(client)) bump(counted, tally);
      }
      for (const link of stored?.links.values() ?? []) {
        for (const tally of takenOutBy(link)) bump(counted, tally);
      }
      return [...counted.values()];
    },
  };

  readonly activity: Activities = {
    append: async (entry) => {
      this.#activity.push(entry);
      if (this.#activity.length > ACTIVITY_MAX) this.#activity.shift();
    },
    read: async ({ experiment, beforeMs, limit }) => {
      return this.#activity
        .filter((entry) => experiment === undefined || entry.experiment === experiment)
        .filter((entry) => beforeMs === undefined || entry.atMs < beforeMs)
        .reverse()
        .slice(0, limit);
    },
  };

  readonly leases: Leases = {
    claim: async (lease, holder, ttlMs, nowMs) => {
      const held = this.#leases.get(lease);
      if (held !== undefined && held.untilMs > nowMs && held.holder !== holder) return false;
      this.#leases.set(lease, { holder, untilMs: nowMs + ttlMs });
      return true;
    },
  };

  readonly notes: Notes = {
    read: async (family) => new Map(this.#notes.get(family)),
    swap: async (family, name, before, after) => {
      const notes = this.#notes.get(family) ?? new Map<string, string>();
      this.#notes.set(family, notes);
      if ((notes.get(name) ?? null) !== before) return false;
      if (after === null) notes.delete(name);
      else notes.set(name, after);
      return true;
    },
  };

  readonly status = async (): Promise<StoreStatus> => ({
    engine: "memory",
    summary: "in memory, gone when the server stops",
  });
  readonly ping = async (): Promise<void> => {};
  readonly probe = async (): Promise<void> => {};
  readonly close = async (): Promise<void> => {};

  #in(state: State): readonly Life[] {
    return [...this.#lives.values()].filter((life) => life.state === state);
  }

  #begin(draft: ExperimentDraft, version: number): Experiment {
    this.#given += 1;
    const experiment = createdExperiment(draft, this.#given, version);
    this.#live.set(draft.name, this.#add(experiment, "live", 0));
    return experiment;
  }

  #add(experiment: Experiment, state: State, sinceMs: number): Life {
    const empty = {
      clients: new Map(),
      links: new Map(),
      tallies: new Map(),
      unrecorded: new Map(),
      events: new Set<EventKey>(),
    };
    const life: Life = { experiment, state, sinceMs, ...empty, changes: 0 };
    this.#lives.set(experiment.life, life);
    return life;
  }

  #moveAside(life: Life, state: RemovedExperiment["how"], sinceMs: number): void {
    life.state = state;
    life.sinceMs = sinceMs;
    this.#live.delete(life.experiment.name);
    // Lives that are aside are listed in the order in which they were moved there.
    this.#lives.delete(life.experiment.life);
    this.#lives.set(life.experiment.life, life);
  }

  /** Makes a life that is aside the live one; the one that is live by then is moved aside. */
  #bringIn(life: Life, nowMs: number): Experiment {
    const { name, version } = life.experiment;
    const present = this.#live.get(name);
    if (present !== undefined) this.#moveAside(present, "reset", nowMs);
    life.experiment = { ...life.experiment, version: Math.max(version, present?.experiment.version ?? 0) + 1 };
    life.state = "live";
    this.#live.set(name, life);
    return life.experiment;
  }
}

/** An id, and those that its link leads to. */
function wayOf({ links }: Life, client: ClientKey): readonly ClientKey[] {
  const way = [client];
  for (;;) {
    const to = links.get(way.at(-1) ?? client)?.to;
    if (to === undefined || way.includes(to)) return way;
    way.push(to);
  }
}

/** What counts for an id. */
function found(life: Life | undefined, client: ClientKey): Client | undefined {
  return life?.clients.get(wayOf(life, client).at(-1) ?? client);
}

function isIt({ experiment }: Life, { life, version }: Experiment): boolean {
  return experiment.life === life && experiment.version === version;
}

function cellKey({ epoch, assignment, metric, slice }: Tally): string {
  return `${epoch}:${assignmentText(assignment)}:${metric}:${sliceKey(slice)}`;
}

function count(life: Life, added: Tally): void {
  life.changes += 1;
  bump(life.tallies, added);
}

/** Adds to a cell. One that comes to nothing is gone. */
function bump(tallies: Map<string, Tally>, added: Tally): void {
  const key = cellKey(added);
  const before = tallies.get(key) ?? { clients: 0, events: 0, sum: 0, squares: 0 };
  const clients = before.clients + added.clients;
  const events = before.events + added.events;
  const sum = before.sum + added.sum;
  const squares = before.squares + added.squares;
  if (clients === 0 && events === 0 && sum === 0 && squares === 0) tallies.delete(key);
  else tallies.set(key, { ...added, clients, events, sum, squares });
}

/** The slices of its segments, and of its conflict. */
function partsOf({ segments = [], conflict }: Pick<Client, "segments" | "conflict">): readonly Slice[] {
  const values = segments.map((value, dimension) => inSegment(dimension, value));
  return conflict ? [...values, IN_CONFLICT] : values;
}

/** What a client adds to the tallies by its record: all events of a KPI on the day of the first. */
function talliesOf({ assignment, epoch, day, segments, conflict, conversions }: Client): readonly Tally[] {
  const cell = { epoch, assignment };
  const parts = partsOf({ segments, conflict });
  const once = { clients: 1, events: 1, sum: 0, squares: 0 };
  const joined = [onDay(day), ...parts].map((slice): Tally => ({ ...cell, metric: PARTICIPATION, slice, ...once }));
  const reached = [...conversions].flatMap(([metric, { day: first, events, total }]) =>
    [onDay(first), joinedOn(day), ...parts].map((slice): Tally => {
      return { ...cell, metric, slice, clients: 1, events, sum: total, squares: total * total };
    }),
  );
  return [...joined, ...reached];
}

/** Tallies with and without records behind them, each cell once. */
function sumOf(life: Life | undefined): readonly Tally[] {
  const sums = new Map(life?.tallies);
  for (const tally of life?.unrecorded.values() ?? []) bump(sums, tally);
  return [...sums.values()];
}

/** What a link says of an id that was taken out. */
function takenOutBy({ conflict }: Link): readonly Tally[] {
  if (conflict === undefined) return [];
  const { kept, takenOut } = conflict;
  const slice = takenOutOf(takenOut.assignment.kind === "excluded" ? null : takenOut.assignment.index);
  const cell = { epoch: takenOut.epoch, assignment: kept, metric: PARTICIPATION, slice };
  return [{ ...cell, clients: 1, events: 1, sum: 0, squares: 0 }];
}

function dropLink(life: Life, client: ClientKey): void {
  const link = life.links.get(client);
  life.links.delete(client);
  for (const tally of link === undefined ? [] : takenOutBy(link)) count(life, negative(tally));
}

function negative(tally: Tally): Tally {
  const { clients, events, sum, squares } = tally;
  return { ...tally, clients: -clients, events: -events, sum: -sum, squares: -squares };
}

/** Two ids of one person: whoever joined first goes on, with what both did. */
function linkIn(life: Life, one: LinkedClient, other: LinkedClient): LinkOutcome {
  const [a, b] = [one, other].map(({ client }) => wayOf(life, client).at(-1) ?? client);
  const [known, its] = [a, b].map((root) => life.clients.get(root ?? one.client));
  if (known === undefined && its === undefined) return { kind: "unknown" };
  if (known === undefined || its === undefined) {
    const [lost, root] = known === undefined ? [one, b] : [other, a];
    const id = life.links.has(lost.client) ? life.links.get(lost.client)?.id : lost.id;
    dropLink(life, lost.client);
    life.links.set(lost.client, { to: root ?? lost.client, ...(id !== undefined && { id }) });
    return { kind: "linked", assignment: (known ?? its)?.assignment ?? EXCLUDED };
  }
  if (a === b || a === undefined || b === undefined) {
    const link = life.links.get(one.client) ?? life.links.get(other.client);
    return { kind: link?.conflict === undefined ? "linked" : "conflict", assignment: known.assignment };
  }
  const order = known.epoch - its.epoch || known.day - its.day || (a < b ? -1 : 1);
  return order < 0 ? unite(life, [a, known], [b, its]) : unite(life, [b, its], [a, known]);
}

function unite(life: Life, [firstId, first]: [ClientKey, Client], [laterId, later]: [ClientKey, Client]): LinkOutcome {
  const { assignment, day, epoch, id } = later;
  const isConflict = alternativeIn(first.assignment) !== alternativeIn(assignment);
  for (const tally of talliesOf(later)) count(life, negative(tally));
  const next: Client = isConflict || later.conflict ? { ...first, conflict: true } : first;
  if (next !== first && first.conflict === undefined) {
    for (const tally of talliesOf(next)) if (tally.slice.kind === "conflict") count(life, tally);
  }
  for (const [kpi, added] of first.assignment.kind === "excluded" ? [] : later.conversions) {
    const before = next.conversions.get(kpi);
    const total = (before?.total ?? 0) + added.total;
    const squares = total ** 2 - (before?.total ?? 0) ** 2;
    const counted = { clients: before === undefined ? 1 : 0, events: added.events, sum: added.total, squares };
    const cell = { epoch: next.epoch, assignment: next.assignment, metric: kpi };
    for (const slice of [onDay(added.day), joinedOn(next.day), ...partsOf(next)]) {
      count(life, { ...cell, slice, ...counted });
    }
    if (before !== undefined && added.day < before.day) {
      const one = { events: 0, sum: 0, squares: 0 };
      count(life, { ...cell, slice: onDay(before.day), clients: -1, ...one });
      count(life, { ...cell, slice: onDay(added.day), clients: 1, ...one });
    }
    const first = before === undefined || added.day < before.day ? added.day : before.day;
    next.conversions.set(kpi, { day: first, events: (before?.events ?? 0) + added.events, total });
  }
  life.clients.set(firstId, next);
  life.clients.delete(laterId);
  const conflict = { kept: first.assignment, takenOut: { assignment, day, epoch } };
  const link: Link = { to: firstId, ...(isConflict && { conflict }), ...(id !== undefined && { id }) };
  life.links.set(laterId, link);
  for (const tally of takenOutBy(link)) count(life, tally);
  return { kind: isConflict ? "conflict" : "linked", assignment: first.assignment };
}

function alternativeIn(assignment: Assignment): number | null {
  return assignment.kind === "excluded" ? null : assignment.index;
}

function recordOf(client: ClientKey, { conversions, id, ...record }: Client): ClientRecord {
  return {
    client,
    ...record,
    conversions: [...conversions].map(([kpi, one]) => ({ kpi, ...one })),
    ...(id === undefined ? {} : { id }),
  };
}

async function* recordsOf(life: Life | undefined): AsyncIterable<readonly StoredClient[]> {
  const links = [...(life?.links ?? [])].map(([client, link]) => ({ client, ...link }));
  const records = [...(life?.clients ?? [])].map(([client, record]) => recordOf(client, record));
  const all = [...records, ...links];
  for (let start = 0; start < all.length; start += RECORDS_AT_A_TIME) yield all.slice(start, start + RECORDS_AT_A_TIME);
}
