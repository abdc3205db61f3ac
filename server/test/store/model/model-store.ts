/**
 * The model: a store small enough to be seen to be right, which the engines are compared with, and which tests of other
 * rooms use. A life is one object with a state; every verb runs to its end in one turn of the event loop.
 */
import { type Assignment, assignmentCode } from "../../../src/domain/assignment.ts";
import type { ClientKey, EventKey } from "../../../src/domain/digest.ts";
import {
  createdExperiment,
  currentEpochNumber,
  type Experiment,
  type ExperimentDraft,
  withForgotten,
} from "../../../src/domain/experiment.ts";
import type { ClientId, ExperimentName } from "../../../src/domain/names.ts";
import type { Day } from "../../../src/domain/period.ts";
import { addConversion, type ConversionRecord, PARTICIPATION, type Tally } from "../../../src/domain/tally.ts";
import {
  ACTIVITY_MAX,
  type Activity,
  type ActivityQuery,
  type CacheUsage,
  type ChangeOutcome,
  type Conversion,
  type ConversionOutcome,
  type ForgetOutcome,
  type Freed,
  type Participation,
  type ParticipationOutcome,
  type RemovalOutcome,
  type RemovedExperiment,
  type Store,
  type StoreStatus,
} from "../../../src/store/store.ts";
import type { ClientRecord, ForeignExperiment, PublishOutcome, Transfer } from "../../../src/store/transfer.ts";

interface Client {
  readonly assignment: Assignment;
  readonly epoch: number;
  readonly day: Day;
  /** By number of the KPI. */
  readonly conversions: Map<number, ConversionRecord>;
  readonly id?: ClientId | undefined;
}

type State = "live" | "staged" | RemovedExperiment["how"];

interface Life {
  experiment: Experiment;
  state: State;
  /** Since when it is in that state; 0 for a live one. */
  sinceMs: number;
  readonly clients: Map<ClientKey, Client>;
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
  readonly #live = new Map<ExperimentName, Life>();
  readonly #leases = new Map<string, { readonly holder: string; readonly untilMs: number }>();
  readonly #activity: Activity[] = [];
  #incarnations = 0;

  readonly transfer: Transfer = {
    stage: async (definition: ForeignExperiment, nowMs) => {
      this.#incarnations += 1;
      const experiment = { ...definition, incarnation: this.#incarnations, version: 1 };
      this.#add(experiment, "staged", nowMs);
      return experiment;
    },
    listStaged: async () => this.#in("staged").map(({ experiment }) => experiment),
    loadRecords: async ({ incarnation }, records) => {
      for (const { client, conversions, ...record } of records) {
        const byKpi = conversions.map(({ kpi, ...conversion }) => [kpi, conversion] as const);
        this.#lives.get(incarnation)?.clients.set(client, { ...record, conversions: new Map(byKpi) });
      }
    },
    loadTallies: async ({ incarnation }, recorded, unrecorded) => {
      const life = this.#lives.get(incarnation);
      for (const tally of recorded) life?.tallies.set(cellKey(tally), tally);
      for (const tally of unrecorded) life?.unrecorded.set(cellKey(tally), tally);
    },
    publish: async ({ name, incarnation }, nowMs, replace): Promise<PublishOutcome> => {
      const life = this.#lives.get(incarnation);
      if (life?.state !== "staged") return { kind: "missing" };
      const present = this.#live.get(name);
      if (present !== undefined && !replace) return { kind: "taken", experiment: present.experiment };
      return { kind: "published", experiment: this.#bringIn(life, nowMs) };
    },
    discard: async ({ incarnation }) => {
      if (this.#lives.get(incarnation)?.state === "staged") this.#lives.delete(incarnation);
    },
    exportRecords: ({ incarnation }) => recordsOf(this.#lives.get(incarnation)),
    readTallies: async ({ incarnation }) => {
      const life = this.#lives.get(incarnation);
      return { recorded: [...(life?.tallies.values() ?? [])], unrecorded: [...(life?.unrecorded.values() ?? [])] };
    },
  };

  peekExperiment(name: ExperimentName): Experiment | undefined {
    return this.#live.get(name)?.experiment;
  }

  async readExperiment(name: ExperimentName): Promise<Experiment | undefined> {
    return this.peekExperiment(name);
  }

  async listExperiments(): Promise<readonly Experiment[]> {
    return [...this.#live.values()].map(({ experiment }) => experiment);
  }

  async createExperiment(draft: ExperimentDraft): Promise<Experiment> {
    return this.peekExperiment(draft.name) ?? this.#begin(draft, 1);
  }

  async changeExperiment(next: Experiment): Promise<ChangeOutcome> {
    const life = this.#live.get(next.name);
    if (life === undefined) return { kind: "missing" };
    if (!isIt(life, next)) return { kind: "conflict", experiment: life.experiment };
    life.experiment = { ...next, createdAtMs: life.experiment.createdAtMs, version: next.version + 1 };
    return { kind: "changed", experiment: life.experiment };
  }

  async removeExperiment(
    experiment: Experiment,
    removedAtMs: number,
    successor: ExperimentDraft | undefined,
  ): Promise<RemovalOutcome> {
    const life = this.#live.get(experiment.name);
    if (life?.experiment.incarnation !== experiment.incarnation) return { kind: "missing" };
    if (!isIt(life, experiment)) return { kind: "conflict" };
    this.#moveAside(life, successor === undefined ? "deleted" : "reset", removedAtMs);
    return { kind: "removed", successor: successor && this.#begin(successor, experiment.version + 1) };
  }

  async listRemoved(): Promise<readonly RemovedExperiment[]> {
    return [...this.#lives.values()].flatMap(({ experiment, state, sinceMs }) =>
      state === "reset" || state === "deleted" ? [{ experiment, removedAtMs: sinceMs, how: state }] : [],
    );
  }

  async restoreExperiment(name: ExperimentName, incarnation: number, nowMs: number): Promise<Experiment | undefined> {
    const life = this.#lives.get(incarnation);
    const isRemoved = life?.state === "reset" || life?.state === "deleted";
    return isRemoved && life.experiment.name === name ? this.#bringIn(life, nowMs) : undefined;
  }

  async sweepRemoved(removedUntilMs: number): Promise<number> {
    const due = [...this.#lives.values()].filter(({ state, sinceMs }) => state !== "live" && sinceMs <= removedUntilMs);
    for (const { experiment } of due) this.#lives.delete(experiment.incarnation);
    return due.length;
  }

  peekAssignment({ incarnation }: Experiment, client: ClientKey): Assignment | undefined {
    return this.#lives.get(incarnation)?.clients.get(client)?.assignment;
  }

  cacheUsage(): CacheUsage {
    return { slots: 0, used: 0 };
  }

  async readAssignment(experiment: Experiment, client: ClientKey): Promise<Assignment | undefined> {
    return this.peekAssignment(experiment, client);
  }

  async recordParticipation(participation: Participation): Promise<ParticipationOutcome> {
    const { experiment, client, proposal, day, id } = participation;
    const life = this.#live.get(experiment.name);
    if (life?.experiment.incarnation !== experiment.incarnation) return { kind: "stale" };
    const known = life.clients.get(client);
    if (known !== undefined) return { kind: "existing", assignment: known.assignment };
    if (!isIt(life, experiment)) return { kind: "stale" };
    const epoch = currentEpochNumber(life.experiment);
    const record: Client = { assignment: proposal, epoch, day, id, conversions: new Map() };
    life.clients.set(client, record);
    for (const tally of talliesOf(record)) count(life, tally);
    return { kind: "recorded", assignment: proposal };
  }

  async recordConversion(conversion: Conversion): Promise<ConversionOutcome> {
    const { experiment, client, kpi, day, value, event } = conversion;
    const life = this.#live.get(experiment.name);
    if (life === undefined || !isIt(life, experiment)) return { kind: "stale" };
    const known = life.clients.get(client);
    if (known === undefined || known.assignment.kind === "excluded") return { kind: "not-participating" };
    const { assignment, epoch } = known;
    if (event !== undefined) {
      if (life.events.has(event.key)) return { kind: "duplicate", assignment };
      life.events.add(event.key);
    }
    const { record, clients, squares } = addConversion(known.conversions.get(kpi), day, value);
    known.conversions.set(kpi, record);
    const cell = { epoch, assignment: assignmentCode(assignment), metric: kpi, day };
    count(life, { ...cell, clients, events: 1, sum: value, squares });
    return { kind: clients === 1 ? "converted" : "repeated", assignment };
  }

  async readTallies({ incarnation }: Experiment): Promise<readonly Tally[]> {
    return sumOf(this.#lives.get(incarnation));
  }

  async readTallyMark({ incarnation }: Experiment): Promise<number> {
    return this.#lives.get(incarnation)?.changes ?? 0;
  }

  async countRecords({ incarnation, compacted }: Experiment): Promise<readonly Tally[]> {
    const life = this.#lives.get(incarnation);
    if (compacted === true) return sumOf(life);
    const counted = new Map(life?.unrecorded);
    for (const client of life?.clients.values() ?? []) {
      for (const tally of talliesOf(client)) bump(counted, tally);
    }
    return [...counted.values()];
  }

  async forgetClient(experiment: Experiment, client: ClientKey): Promise<ForgetOutcome> {
    const life = this.#lives.get(experiment.incarnation);
    if (life === undefined || !isIt(life, experiment)) return { kind: "stale" };
    const known = life.clients.get(client);
    if (known === undefined) return { kind: "unknown" };
    life.clients.delete(client);
    for (const { clients, events, sum, squares, ...cell } of talliesOf(known)) {
      count(life, { ...cell, clients: -clients, events: -events, sum: -sum, squares: -squares });
    }
    life.experiment = { ...withForgotten(experiment), version: experiment.version + 1 };
    return { kind: "forgotten", experiment: life.experiment };
  }

  async freeRecords({ name, incarnation }: Experiment): Promise<Freed> {
    const life = this.#live.get(name);
    if (life?.experiment.incarnation !== incarnation || life.experiment.compacted !== true) {
      return { clients: 0, bytes: 0 };
    }
    const clients = life.clients.size;
    life.clients.clear();
    return { clients, bytes: 0 };
  }

  async claimLease(lease: string, holder: string, ttlMs: number, nowMs: number): Promise<boolean> {
    const held = this.#leases.get(lease);
    if (held !== undefined && held.untilMs > nowMs && held.holder !== holder) return false;
    this.#leases.set(lease, { holder, untilMs: nowMs + ttlMs });
    return true;
  }

  async appendActivity(entry: Activity): Promise<void> {
    this.#activity.push(entry);
    if (this.#activity.length > ACTIVITY_MAX) this.#activity.shift();
  }

  async readActivity({ experiment, beforeMs, limit }: ActivityQuery): Promise<readonly Activity[]> {
    return this.#activity
      .filter((entry) => experiment === undefined || entry.experiment === experiment)
      .filter((entry) => beforeMs === undefined || entry.atMs < beforeMs)
      .reverse()
      .slice(0, limit);
  }

  async status(): Promise<StoreStatus> {
    return { engine: "memory", summary: "in memory, gone when the server stops" };
  }

  async ping(): Promise<void> {}

  async probe(): Promise<void> {}

  async close(): Promise<void> {}

  #in(state: State): readonly Life[] {
    return [...this.#lives.values()].filter((life) => life.state === state);
  }

  #begin(draft: ExperimentDraft, version: number): Experiment {
    this.#incarnations += 1;
    const experiment = createdExperiment(draft, this.#incarnations, version);
    this.#live.set(draft.name, this.#add(experiment, "live", 0));
    return experiment;
  }

  #add(experiment: Experiment, state: State, sinceMs: number): Life {
    const empty = { clients: new Map(), tallies: new Map(), unrecorded: new Map(), events: new Set<EventKey>() };
    const life: Life = { experiment, state, sinceMs, ...empty, changes: 0 };
    this.#lives.set(experiment.incarnation, life);
    return life;
  }

  #moveAside(life: Life, state: RemovedExperiment["how"], sinceMs: number): void {
    life.state = state;
    life.sinceMs = sinceMs;
    this.#live.delete(life.experiment.name);
    // Lives that are aside are listed in the order in which they were moved there.
    this.#lives.delete(life.experiment.incarnation);
    this.#lives.set(life.experiment.incarnation, life);
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

function isIt({ experiment }: Life, { incarnation, version }: Experiment): boolean {
  return experiment.incarnation === incarnation && experiment.version === version;
}

function cellKey({ epoch, assignment, metric, day }: Tally): string {
  return `${epoch}:${assignment}:${metric}:${day}`;
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

/** What a client adds to the tallies by its record: all events of a KPI on the day of the first. */
function talliesOf({ assignment, epoch, day, conversions }: Client): readonly Tally[] {
  const cell = { epoch, assignment: assignmentCode(assignment) };
  const joined: Tally = { ...cell, metric: PARTICIPATION, day, clients: 1, events: 1, sum: 0, squares: 0 };
  const reached = [...conversions].map(
    ([metric, { day: first, events, total }]): Tally => ({
      ...cell,
      metric,
      day: first,
      clients: 1,
      events,
      sum: total,
      squares: total * total,
    }),
  );
  return [joined, ...reached];
}

/** Tallies with and without records behind them, each cell once. */
function sumOf(life: Life | undefined): readonly Tally[] {
  const sums = new Map(life?.tallies);
  for (const tally of life?.unrecorded.values() ?? []) bump(sums, tally);
  return [...sums.values()];
}

async function* recordsOf(life: Life | undefined): AsyncIterable<readonly ClientRecord[]> {
  const all = [...(life?.clients ?? [])].map(([client, { conversions, id, ...record }]) => ({
    client,
    ...record,
    conversions: [...conversions].map(([kpi, one]) => ({ kpi, ...one })),
    ...(id === undefined ? {} : { id }),
  }));
  for (let start = 0; start < all.length; start += RECORDS_AT_A_TIME) yield all.slice(start, start + RECORDS_AT_A_TIME);
}
