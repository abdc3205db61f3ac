/**
 * The memory engine: the reference that the other engines are compared with, and `storage: memory`.
 * Everything is a map; every verb runs to its end in one turn of the event loop, which makes it atomic.
 */
import { type Assignment, assignmentCode, assignmentOf } from "../domain/assignment.ts";
import type { ClientKey, EventKey } from "../domain/digest.ts";
import { createdExperiment, currentEpochNumber, type Experiment, type ExperimentDraft } from "../domain/experiment.ts";
import type { ExperimentName } from "../domain/names.ts";
import type { Day } from "../domain/period.ts";
import { addConversion, type ConversionRecord, PARTICIPATION, type Tally } from "../domain/tally.ts";
import { Leases } from "./leases.ts";
import {
  ACTIVITY_MAX,
  type Activity,
  type ActivityQuery,
  type CacheUsage,
  type ChangeOutcome,
  type Conversion,
  type ConversionOutcome,
  EVENT_ID_WINDOW_MS,
  type Participation,
  type ParticipationOutcome,
  type RemovedExperiment,
  type Store,
  type StoreStatus,
} from "./store.ts";

interface ClientRecord {
  readonly assignment: Assignment;
  readonly epoch: number;
  readonly day: Day;
  /** By number of the KPI. */
  readonly conversions: Map<number, ConversionRecord>;
}

/** What belongs to one incarnation. */
interface Life {
  readonly clients: Map<ClientKey, ClientRecord>;
  readonly tallies: Map<string, Tally>;
  /** Changes of tallies so far. */
  changes: number;
  /** When each event with an id was recorded. */
  readonly events: Map<EventKey, number>;
}

export class MemoryStore implements Store {
  readonly #experiments = new Map<ExperimentName, Experiment>();
  readonly #lives = new Map<number, Life>();
  readonly #leases = new Leases();
  readonly #activity: Activity[] = [];
  #removed: RemovedExperiment[] = [];
  #incarnations = 0;

  peekExperiment(name: ExperimentName): Experiment | undefined {
    return this.#experiments.get(name);
  }

  async readExperiment(name: ExperimentName): Promise<Experiment | undefined> {
    return this.#experiments.get(name);
  }

  async listExperiments(): Promise<readonly Experiment[]> {
    return [...this.#experiments.values()];
  }

  async createExperiment(draft: ExperimentDraft): Promise<Experiment> {
    return this.#experiments.get(draft.name) ?? this.#begin(draft, 1);
  }

  async changeExperiment(next: Experiment): Promise<ChangeOutcome> {
    const stored = this.#experiments.get(next.name);
    if (stored === undefined) return { kind: "missing" };
    if (stored.version !== next.version || stored.incarnation !== next.incarnation) {
      return { kind: "conflict", experiment: stored };
    }
    const experiment = { ...next, createdAtMs: stored.createdAtMs, version: stored.version + 1 };
    this.#experiments.set(next.name, experiment);
    return { kind: "changed", experiment };
  }

  async removeExperiment(
    experiment: Experiment,
    removedAtMs: number,
    successor: ExperimentDraft | undefined,
  ): ReturnType<Store["removeExperiment"]> {
    const stored = this.#experiments.get(experiment.name);
    if (stored?.incarnation !== experiment.incarnation) return { kind: "missing" };
    this.#setAside(stored, removedAtMs, successor === undefined ? "deleted" : "reset");
    if (successor === undefined) return { kind: "removed", successor: undefined };
    return { kind: "removed", successor: this.#begin(successor, stored.version + 1) };
  }

  async listRemoved(): Promise<readonly RemovedExperiment[]> {
    return [...this.#removed];
  }

  async restoreExperiment(name: ExperimentName, incarnation: number, nowMs: number): Promise<Experiment | undefined> {
    const removed = this.#removed.find(
      ({ experiment }) => experiment.name === name && experiment.incarnation === incarnation,
    );
    if (removed === undefined) return undefined;
    this.#removed = this.#removed.filter((entry) => entry !== removed);
    const present = this.#experiments.get(name);
    if (present !== undefined) this.#setAside(present, nowMs, "reset");
    const version = Math.max(removed.experiment.version, present?.version ?? 0) + 1;
    const experiment = { ...removed.experiment, version };
    this.#experiments.set(name, experiment);
    return experiment;
  }

  async sweepRemoved(removedUntilMs: number): Promise<number> {
    const due = this.#removed.filter(({ removedAtMs }) => removedAtMs <= removedUntilMs);
    for (const { experiment } of due) this.#lives.delete(experiment.incarnation);
    this.#removed = this.#removed.filter((entry) => !due.includes(entry));
    return due.length;
  }

  peekAssignment(experiment: Experiment, client: ClientKey): Assignment | undefined {
    return this.#lives.get(experiment.incarnation)?.clients.get(client)?.assignment;
  }

  cacheUsage(): CacheUsage {
    return { slots: 0, used: 0 };
  }

  async readAssignment(experiment: Experiment, client: ClientKey): Promise<Assignment | undefined> {
    return this.peekAssignment(experiment, client);
  }

  async recordParticipation(participation: Participation): Promise<ParticipationOutcome> {
    const { experiment, client, proposal, day } = participation;
    const stored = this.#experiments.get(experiment.name);
    if (stored?.incarnation !== experiment.incarnation) return { kind: "stale" };
    const life = this.#life(experiment.incarnation);
    const known = life.clients.get(client);
    if (known !== undefined) return { kind: "existing", assignment: known.assignment };
    if (stored.version !== experiment.version) return { kind: "stale" };
    const epoch = currentEpochNumber(stored);
    life.clients.set(client, { assignment: proposal, epoch, day, conversions: new Map() });
    bump(life, {
      epoch,
      assignment: assignmentCode(proposal),
      metric: PARTICIPATION,
      day,
      clients: 1,
      events: 1,
      sum: 0,
      squares: 0,
    });
    return { kind: "recorded", assignment: proposal };
  }

  async recordConversion(conversion: Conversion): Promise<ConversionOutcome> {
    const { experiment, client, kpi, day, value, event } = conversion;
    const stored = this.#experiments.get(experiment.name);
    if (stored?.incarnation !== experiment.incarnation || stored.version !== experiment.version) {
      return { kind: "stale" };
    }
    const life = this.#life(experiment.incarnation);
    const known = life.clients.get(client);
    if (known === undefined || known.assignment.kind === "excluded") return { kind: "not-participating" };
    const assignment = assignmentCode(known.assignment);
    if (event !== undefined && !isNewEvent(life, event)) {
      return { kind: "duplicate", assignment: known.assignment };
    }
    const { record, clients, squares } = addConversion(known.conversions.get(kpi), day, value);
    known.conversions.set(kpi, record);
    bump(life, { epoch: known.epoch, assignment, metric: kpi, day, clients, events: 1, sum: value, squares });
    return { kind: clients === 1 ? "converted" : "repeated", assignment: assignmentOf(assignment) };
  }

  async readTallies(experiment: Experiment): Promise<readonly Tally[]> {
    return [...(this.#lives.get(experiment.incarnation)?.tallies.values() ?? [])];
  }

  async readTallyMark(experiment: Experiment): Promise<number> {
    return this.#lives.get(experiment.incarnation)?.changes ?? 0;
  }

  async countRecords(experiment: Experiment): Promise<readonly Tally[]> {
    const counted = newLife();
    for (const client of this.#lives.get(experiment.incarnation)?.clients.values() ?? []) {
      const { epoch, day } = client;
      const cell = { epoch, assignment: assignmentCode(client.assignment) };
      bump(counted, { ...cell, metric: PARTICIPATION, day, clients: 1, events: 1, sum: 0, squares: 0 });
      for (const [metric, { day: firstDay, events, total }] of client.conversions) {
        bump(counted, { ...cell, metric, day: firstDay, clients: 1, events, sum: total, squares: total * total });
      }
    }
    return [...counted.tallies.values()];
  }

  async claimLease(lease: string, holder: string, ttlMs: number, nowMs: number): Promise<boolean> {
    return this.#leases.claim(lease, holder, ttlMs, nowMs);
  }

  async appendActivity(entry: Activity): Promise<void> {
    this.#activity.push(entry);
    if (this.#activity.length > ACTIVITY_MAX) this.#activity.shift();
  }

  async readActivity(query: ActivityQuery): Promise<readonly Activity[]> {
    return this.#activity
      .filter((entry) => query.experiment === undefined || entry.experiment === query.experiment)
      .filter((entry) => query.beforeMs === undefined || entry.atMs < query.beforeMs)
      .reverse()
      .slice(0, query.limit);
  }

  async status(): Promise<StoreStatus> {
    return { engine: "memory", summary: "in memory, gone when the server stops" };
  }

  async ping(): Promise<void> {}

  async close(): Promise<void> {}

  #begin(draft: ExperimentDraft, version: number): Experiment {
    this.#incarnations += 1;
    const experiment = createdExperiment(draft, this.#incarnations, version);
    this.#experiments.set(draft.name, experiment);
    return experiment;
  }

  #setAside(experiment: Experiment, removedAtMs: number, how: RemovedExperiment["how"]): void {
    this.#removed.push({ experiment, removedAtMs, how });
    this.#experiments.delete(experiment.name);
  }

  #life(incarnation: number): Life {
    const known = this.#lives.get(incarnation);
    if (known !== undefined) return known;
    const life = newLife();
    this.#lives.set(incarnation, life);
    return life;
  }
}

/** Remembers the event, and forgets those whose time is over: a map is in the order in which it was filled. */
function isNewEvent(life: Life, { key, atMs }: NonNullable<Conversion["event"]>): boolean {
  for (const [oldest, seenMs] of life.events) {
    if (atMs - seenMs <= EVENT_ID_WINDOW_MS) break;
    life.events.delete(oldest);
  }
  if (life.events.has(key)) return false;
  life.events.set(key, atMs);
  return true;
}

function newLife(): Life {
  return { clients: new Map(), tallies: new Map(), events: new Map(), changes: 0 };
}

function bump(life: Life, added: Tally): void {
  life.changes += 1;
  const key = `${added.epoch}:${added.assignment}:${added.metric}:${added.day}`;
  const tally = life.tallies.get(key);
  life.tallies.set(
    key,
    tally === undefined
      ? added
      : {
          ...tally,
          clients: tally.clients + added.clients,
          events: tally.events + added.events,
          sum: tally.sum + added.sum,
          squares: tally.squares + added.squares,
        },
  );
}
