/**
 * The memory engine: the reference that the other engines are compared with, and `storage: memory`.
 * Everything is a map; every verb runs to its end in one turn of the event loop, which makes it atomic.
 */
import { type Assignment, assignmentCode, assignmentOf } from "../domain/assignment.ts";
import type { ClientKey } from "../domain/digest.ts";
import {
  createdExperiment,
  currentEpochNumber,
  type Experiment,
  type ExperimentDraft,
  withForgotten,
} from "../domain/experiment.ts";
import type { ExperimentName } from "../domain/names.ts";
import { addConversion, PARTICIPATION, type Tally } from "../domain/tally.ts";
import { Leases } from "./leases.ts";
import { allTallies, count, countLife, emptyLife, isNewEvent, type Life, talliesOf } from "./memory-life.ts";
import { MemoryTransfer } from "./memory-transfer.ts";
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
} from "./store.ts";
import type { ForeignExperiment, PublishOutcome } from "./transfer.ts";

/** A life that is not live: to be brought back, or to be published. */
interface Aside extends Omit<RemovedExperiment, "how"> {
  readonly how: RemovedExperiment["how"] | "staged";
}

export class MemoryStore implements Store {
  readonly #experiments = new Map<ExperimentName, Experiment>();
  readonly #lives = new Map<number, Life>();
  readonly #leases = new Leases();
  readonly #activity: Activity[] = [];
  #aside: Aside[] = [];
  #incarnations = 0;

  readonly transfer = new MemoryTransfer({
    stage: (definition, nowMs) => this.#stage(definition, nowMs),
    staged: () => this.#aside.filter(({ how }) => how === "staged").map(({ experiment }) => experiment),
    publish: (staged, nowMs, replace) => this.#publish(staged, nowMs, replace),
    discard: ({ incarnation }) => {
      const staged = this.#aside.find(
        ({ experiment, how }) => experiment.incarnation === incarnation && how === "staged",
      );
      if (staged === undefined) return;
      this.#aside = this.#aside.filter((entry) => entry !== staged);
      this.#lives.delete(incarnation);
    },
    life: (incarnation) => this.#life(incarnation),
  });

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
  ): Promise<RemovalOutcome> {
    const stored = this.#experiments.get(experiment.name);
    if (stored?.incarnation !== experiment.incarnation) return { kind: "missing" };
    if (stored.version !== experiment.version) return { kind: "conflict" };
    this.#setAside(stored, removedAtMs, successor === undefined ? "deleted" : "reset");
    if (successor === undefined) return { kind: "removed", successor: undefined };
    return { kind: "removed", successor: this.#begin(successor, stored.version + 1) };
  }

  async listRemoved(): Promise<readonly RemovedExperiment[]> {
    return this.#aside.flatMap(({ how, ...entry }) => (how === "staged" ? [] : { ...entry, how }));
  }

  async restoreExperiment(name: ExperimentName, incarnation: number, nowMs: number): Promise<Experiment | undefined> {
    const removed = this.#aside.find(
      ({ experiment, how }) => experiment.name === name && experiment.incarnation === incarnation && how !== "staged",
    );
    return removed && this.#bringIn(removed, nowMs);
  }

  async sweepRemoved(removedUntilMs: number): Promise<number> {
    const due = this.#aside.filter(({ removedAtMs }) => removedAtMs <= removedUntilMs);
    for (const { experiment } of due) this.#lives.delete(experiment.incarnation);
    this.#aside = this.#aside.filter((entry) => !due.includes(entry));
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
    const { experiment, client, proposal, day, id } = participation;
    const stored = this.#experiments.get(experiment.name);
    if (stored?.incarnation !== experiment.incarnation) return { kind: "stale" };
    const life = this.#life(experiment.incarnation);
    const known = life.clients.get(client);
    if (known !== undefined) return { kind: "existing", assignment: known.assignment };
    if (stored.version !== experiment.version) return { kind: "stale" };
    const epoch = currentEpochNumber(stored);
    const record = { assignment: proposal, epoch, day, conversions: new Map() };
    life.clients.set(client, id === undefined ? record : { ...record, id });
    count(life, {
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
    count(life, { epoch: known.epoch, assignment, metric: kpi, day, clients, events: 1, sum: value, squares });
    return { kind: clients === 1 ? "converted" : "repeated", assignment: assignmentOf(assignment) };
  }

  async readTallies(experiment: Experiment): Promise<readonly Tally[]> {
    return allTallies(this.#lives.get(experiment.incarnation));
  }

  async readTallyMark(experiment: Experiment): Promise<number> {
    return this.#lives.get(experiment.incarnation)?.changes ?? 0;
  }

  async countRecords(experiment: Experiment): Promise<readonly Tally[]> {
    const life = this.#lives.get(experiment.incarnation);
    return experiment.compacted === true ? allTallies(life) : countLife(life);
  }

  async forgetClient(experiment: Experiment, client: ClientKey): Promise<ForgetOutcome> {
    const { name, incarnation, version } = experiment;
    const isIt = (stored: Experiment | undefined) => stored?.incarnation === incarnation && stored.version === version;
    const live = isIt(this.#experiments.get(name));
    const aside = this.#aside.find((entry) => isIt(entry.experiment));
    if (!live && aside === undefined) return { kind: "stale" };
    const life = this.#life(incarnation);
    const known = life.clients.get(client);
    if (known === undefined) return { kind: "unknown" };
    life.clients.delete(client);
    for (const { clients, events, sum, squares, ...cell } of talliesOf(known)) {
      count(life, { ...cell, clients: -clients, events: -events, sum: -sum, squares: -squares });
    }
    const next = { ...withForgotten(experiment), version: version + 1 };
    if (live) this.#experiments.set(name, next);
    else this.#aside = this.#aside.map((entry) => (entry === aside ? { ...entry, experiment: next } : entry));
    return { kind: "forgotten", experiment: next };
  }

  async freeRecords({ name, incarnation }: Experiment): Promise<Freed> {
    const stored = this.#experiments.get(name);
    if (stored?.incarnation !== incarnation || stored.compacted !== true) return { clients: 0, bytes: 0 };
    const { clients: records } = this.#life(incarnation);
    const clients = records.size;
    records.clear();
    return { clients, bytes: 0 };
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

  async probe(): Promise<void> {}

  async close(): Promise<void> {}

  #begin(draft: ExperimentDraft, version: number): Experiment {
    this.#incarnations += 1;
    const experiment = createdExperiment(draft, this.#incarnations, version);
    this.#experiments.set(draft.name, experiment);
    return experiment;
  }

  #setAside(experiment: Experiment, removedAtMs: number, how: RemovedExperiment["how"]): void {
    this.#aside.push({ experiment, removedAtMs, how });
    this.#experiments.delete(experiment.name);
  }

  /** Makes a life that is aside the live one; the one that is live by then is moved aside. */
  #bringIn(entry: Aside, nowMs: number): Experiment {
    const { name } = entry.experiment;
    this.#aside = this.#aside.filter((other) => other !== entry);
    const present = this.#experiments.get(name);
    if (present !== undefined) this.#setAside(present, nowMs, "reset");
    const version = Math.max(entry.experiment.version, present?.version ?? 0) + 1;
    const experiment = { ...entry.experiment, version };
    this.#experiments.set(name, experiment);
    return experiment;
  }

  #stage(definition: ForeignExperiment, nowMs: number): Experiment {
    this.#incarnations += 1;
    const experiment = { ...definition, incarnation: this.#incarnations, version: 1 };
    this.#aside.push({ experiment, removedAtMs: nowMs, how: "staged" });
    return experiment;
  }

  #publish({ name, incarnation }: Experiment, nowMs: number, replace: boolean): PublishOutcome {
    const entry = this.#aside.find(({ experiment, how }) => experiment.incarnation === incarnation && how === "staged");
    if (entry === undefined) return { kind: "missing" };
    const present = this.#experiments.get(name);
    if (present !== undefined && !replace) return { kind: "taken", experiment: present };
    return { kind: "published", experiment: this.#bringIn(entry, nowMs) };
  }

  #life(incarnation: number): Life {
    const known = this.#lives.get(incarnation);
    if (known !== undefined) return known;
    const life = emptyLife();
    this.#lives.set(incarnation, life);
    return life;
  }
}
