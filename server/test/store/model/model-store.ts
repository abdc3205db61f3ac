/**
 * The model: a store small enough to be seen to be right, which the engines are compared with, and which tests of other
 * rooms use. A life is one object with a state; every verb runs to its end in one turn of the event loop.
 */

import { assignmentText } from "../../../src/domain/assignment.ts";
import type { ClientKey, EventKey } from "../../../src/domain/digest.ts";
import { createdExperiment, type ExperimentDraft } from "../../../src/domain/draft.ts";
import { currentEpochNumber, type Experiment, withForgotten } from "../../../src/domain/experiment.ts";
import type { ClientId } from "../../../src/domain/names.ts";
import { inSegment, joinedOn, onDay, type Slice, sliceKey } from "../../../src/domain/slice.ts";
import { addConversion, type ConversionRecord, PARTICIPATION, type Tally } from "../../../src/domain/tally.ts";
import { ACTIVITY_MAX, type Activities, type Activity } from "../../../src/store/activity.ts";
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
      if (known !== undefined) return { kind: "existing", assignment: known.assignment };
      if (!isIt(life, experiment)) return { kind: "stale" };
      const epoch = currentEpochNumber(life.experiment);
      const frozen = { ...(segments && { segments }), ...(covariate !== undefined && { covariate }) };
      const record: Client = { assignment: proposal, epoch, day, ...frozen, id, conversions: new Map() };
      life.links.delete(client);
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
    forget: async (experiment, client) => {
      const life = this.#lives.get(experiment.life);
      if (life === undefined || !isIt(life, experiment)) return { kind: "stale" };
      const known = found(life, client);
      const way = wayOf(life, client);
      if (known === undefined && way.length === 1) return { kind: "unknown" };
      for (const id of way) {
        life.links.delete(id);
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

/** The slices of its segments. */
function partsOf({ segments = [] }: Pick<Client, "segments">): readonly Slice[] {
  return segments.map((value, dimension) => inSegment(dimension, value));
}

/** What a client adds to the tallies by its record: all events of a KPI on the day of the first. */
function talliesOf({ assignment, epoch, day, segments = [], conversions }: Client): readonly Tally[] {
  const cell = { epoch, assignment };
  const parts = partsOf({ segments });
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
