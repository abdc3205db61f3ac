/**
 * The embedded engine: LevelDB in a folder that one process owns.
 *
 * Every verb looks at memory or LevelDB synchronously, decides, and puts its changes, all in one turn of the event
 * loop: that makes it atomic among callers. The group commit then writes what was put in one batch and one fsync:
 * that makes it atomic on disk. Callers hear of it when the batch is there.
 */
import { type Assignment, assignmentCode, assignmentOf, EXCLUDED_CODE } from "../../domain/assignment.ts";
import type { ClientKey } from "../../domain/digest.ts";
import { currentEpochNumber, type Experiment, type ExperimentDraft } from "../../domain/experiment.ts";
import type { ExperimentName } from "../../domain/names.ts";
import { addConversion, PARTICIPATION, type Tally } from "../../domain/tally.ts";
import { AssignmentCache, cacheLife } from "../assignment-cache.ts";
import { Leases } from "../leases.ts";
import type {
  Activity,
  ActivityQuery,
  CacheUsage,
  ChangeOutcome,
  Conversion,
  ConversionOutcome,
  ForgetOutcome,
  Freed,
  Participation,
  ParticipationOutcome,
  RemovedExperiment,
  Store,
  StoreStatus,
} from "../store.ts";
import type { Transfer } from "../transfer.ts";
import { ActivityLog } from "./activity-log.ts";
import { Cells } from "./cells.ts";
import { Definitions } from "./definitions.ts";
import { Events } from "./events.ts";
import { openFolder, reopenFolder } from "./folder.ts";
import { forgetClient, freeRecords } from "./forget.ts";
import { type Database, GroupCommit } from "./group-commit.ts";
import {
  conversionKey,
  decodeConversion,
  decodeRecord,
  decodeSums,
  encodeConversion,
  encodeRecord,
  FAMILIES,
  recordKey,
  type StoredRecord,
  tallyKey,
} from "./keys.ts";
import { countRecords } from "./recount.ts";
import { clearLife, readTallies } from "./scan.ts";
import { LevelTransfer } from "./transfer.ts";

export interface LevelOptions {
  /** Data folder; made when it is missing. */
  readonly folder: string;
  /** Most assignments remembered in memory, 9 bytes each. */
  readonly cacheSlots: number;
}

export class LevelStore implements Store {
  readonly #folder: string;
  readonly #database: Database;
  readonly #commit: GroupCommit;
  readonly #cells: Cells;
  readonly #definitions: Definitions;
  readonly #leases = new Leases();
  readonly #activity: ActivityLog;
  readonly #events: Events;
  readonly #cache: AssignmentCache;
  readonly transfer: Transfer;

  /** @throws SixpackError store-unavailable: the folder is taken or can't be written */
  static async open(options: LevelOptions): Promise<LevelStore> {
    const database = await openFolder(options.folder);
    const store = new LevelStore(options, database);
    await store.#load();
    return store;
  }

  private constructor({ folder, cacheSlots }: LevelOptions, database: Database) {
    this.#folder = folder;
    this.#database = database;
    this.#cache = new AssignmentCache(cacheSlots);
    this.#commit = new GroupCommit(database, {
      beforeFlush: (put) => this.#cells.flush(put),
      onLost: (keys) => this.#readAgain(keys),
      revive: () => this.#revive(),
    });
    this.#cells = new Cells((key) => {
      const value = this.#commit.get(key);
      return value === undefined ? undefined : decodeSums(value);
    });
    this.#definitions = new Definitions(this.#commit);
    this.#activity = new ActivityLog(this.#commit);
    this.#events = new Events(this.#commit, database);
    this.transfer = new LevelTransfer(database, this.#commit, this.#definitions);
  }

  peekExperiment(name: ExperimentName): Experiment | undefined {
    return this.#definitions.get(name);
  }

  async readExperiment(name: ExperimentName): Promise<Experiment | undefined> {
    return this.#definitions.get(name);
  }

  async listExperiments(): Promise<readonly Experiment[]> {
    return this.#definitions.list();
  }

  async createExperiment(draft: ExperimentDraft): Promise<Experiment> {
    const stored = this.#definitions.get(draft.name);
    const experiment = stored ?? this.#definitions.begin(draft, 1);
    await this.#commit.committed();
    return experiment;
  }

  async changeExperiment(next: Experiment): Promise<ChangeOutcome> {
    const stored = this.#definitions.get(next.name);
    if (stored === undefined) return { kind: "missing" };
    if (stored.version !== next.version || stored.incarnation !== next.incarnation) {
      return { kind: "conflict", experiment: stored };
    }
    const experiment = { ...next, createdAtMs: stored.createdAtMs, version: stored.version + 1 };
    this.#definitions.set(experiment);
    await this.#commit.committed();
    return { kind: "changed", experiment };
  }

  async removeExperiment(
    experiment: Experiment,
    removedAtMs: number,
    successor: ExperimentDraft | undefined,
  ): ReturnType<Store["removeExperiment"]> {
    const stored = this.#definitions.get(experiment.name);
    if (stored?.incarnation !== experiment.incarnation) return { kind: "missing" };
    this.#definitions.setAside(stored, removedAtMs, successor === undefined ? "deleted" : "reset");
    const begun = successor && this.#definitions.begin(successor, stored.version + 1);
    await this.#commit.committed();
    return { kind: "removed", successor: begun };
  }

  async listRemoved(): Promise<readonly RemovedExperiment[]> {
    return this.#definitions.removed();
  }

  async restoreExperiment(name: ExperimentName, incarnation: number, nowMs: number): Promise<Experiment | undefined> {
    const experiment = this.#definitions.restore(name, incarnation, nowMs);
    await this.#commit.committed();
    return experiment;
  }

  async sweepRemoved(removedUntilMs: number): Promise<number> {
    const due = this.#definitions.due(removedUntilMs);
    for (const { incarnation } of due) {
      // The entry goes first: from then on nobody can restore a life that is half gone.
      this.#definitions.forgetAside(incarnation);
      await this.#commit.committed();
      await clearLife(this.#database, incarnation);
    }
    return due.length;
  }

  peekAssignment(experiment: Experiment, client: ClientKey): Assignment | undefined {
    return this.#cache.get(cacheLife(experiment), client);
  }

  cacheUsage(): CacheUsage {
    return this.#cache.usage;
  }

  async readAssignment(experiment: Experiment, client: ClientKey): Promise<Assignment | undefined> {
    const record = this.#record(experiment, client);
    return record && assignmentOf(record.code);
  }

  async recordParticipation(participation: Participation): Promise<ParticipationOutcome> {
    const { experiment, client, proposal, day } = participation;
    const { incarnation, name, version } = experiment;
    const stored = this.#definitions.get(name);
    if (stored?.incarnation !== incarnation) return { kind: "stale" };
    const known = this.#record(experiment, client);
    if (known !== undefined) {
      // It may be on its way to disk only; nobody is told of it before it is there.
      if (this.#commit.pending(recordKey(incarnation, client)) !== undefined) await this.#commit.committed();
      return this.#remembered("existing", experiment, client, assignmentOf(known.code));
    }
    if (stored.version !== version) return { kind: "stale" };
    const epoch = currentEpochNumber(stored);
    const code = assignmentCode(proposal);
    this.#commit.put(recordKey(incarnation, client), encodeRecord({ code, epoch, day }));
    const cell = { epoch, assignment: code, metric: PARTICIPATION, day };
    this.#cells.add(tallyKey(incarnation, cell), { clients: 1, events: 1, sum: 0, squares: 0 });
    await this.#commit.committed();
    return this.#remembered("recorded", experiment, client, proposal);
  }

  async recordConversion(conversion: Conversion): Promise<ConversionOutcome> {
    const { experiment, client, kpi, day, value, event } = conversion;
    const { incarnation, name, version } = experiment;
    const stored = this.#definitions.get(name);
    if (stored?.incarnation !== incarnation || stored.version !== version) return { kind: "stale" };
    const participant = this.#record(experiment, client);
    if (participant === undefined || participant.code === EXCLUDED_CODE) return { kind: "not-participating" };
    const assignment = assignmentOf(participant.code);
    if (event !== undefined && !this.#events.isNew(incarnation, event)) {
      // The first one may still be on its way to disk.
      await this.#commit.committed();
      return { kind: "duplicate", assignment };
    }
    const key = conversionKey(incarnation, client, kpi);
    const before = this.#commit.get(key);
    const added = addConversion(before && decodeConversion(before), day, value);
    this.#commit.put(key, encodeConversion(added.record));
    const cell = { epoch: participant.epoch, assignment: participant.code, metric: kpi, day };
    this.#cells.add(tallyKey(incarnation, cell), {
      clients: added.clients,
      events: 1,
      sum: value,
      squares: added.squares,
    });
    await this.#commit.committed();
    return { kind: added.clients === 1 ? "converted" : "repeated", assignment };
  }

  async readTallies(experiment: Experiment): Promise<readonly Tally[]> {
    if (!this.#definitions.has(experiment)) return [];
    await this.#commit.committed();
    return readTallies(this.#database, experiment.incarnation);
  }

  async readTallyMark({ incarnation }: Experiment): Promise<number> {
    return this.#cells.mark(incarnation);
  }

  async countRecords(experiment: Experiment): Promise<readonly Tally[]> {
    if (!this.#definitions.has(experiment)) return [];
    await this.#commit.committed();
    if (experiment.compacted === true) return readTallies(this.#database, experiment.incarnation);
    return countRecords(this.#database, experiment.incarnation);
  }

  async forgetClient(experiment: Experiment, client: ClientKey): Promise<ForgetOutcome> {
    const outcome = forgetClient(this.#commit, this.#cells, this.#definitions, experiment, client);
    await this.#commit.committed();
    return outcome;
  }

  async freeRecords(experiment: Experiment): Promise<Freed> {
    const { incarnation, name } = experiment;
    const stored = this.#definitions.get(name);
    if (stored?.incarnation !== incarnation || stored.compacted !== true) return { clients: 0, bytes: 0 };
    await this.#commit.committed();
    return freeRecords(this.#database, incarnation);
  }

  async claimLease(lease: string, holder: string, ttlMs: number, nowMs: number): Promise<boolean> {
    return this.#leases.claim(lease, holder, ttlMs, nowMs);
  }

  async appendActivity(entry: Activity): Promise<void> {
    this.#activity.append(entry);
    await this.#commit.committed();
  }

  async readActivity(query: ActivityQuery): Promise<readonly Activity[]> {
    return this.#activity.read(query);
  }

  async status(): Promise<StoreStatus> {
    // Every family's prefix is a small letter.
    const bytes = await this.#database.approximateSize(Buffer.from("a"), Buffer.from("{"));
    return { engine: "embedded", summary: `${this.#folder}, ${(bytes / 2 ** 20).toFixed(1)} MiB` };
  }

  async ping(): Promise<void> {
    if (this.#commit.broken !== undefined) throw this.#commit.broken;
    this.#commit.get(FAMILIES.meta);
  }

  async close(): Promise<void> {
    await this.#commit.settle();
    await this.#database.close();
  }

  async #load(): Promise<void> {
    await Promise.all([this.#definitions.load(this.#database), this.#activity.load(this.#database)]);
  }

  async #revive(): Promise<void> {
    await reopenFolder(this.#folder, this.#database);
    this.#cells.clear();
    await this.#load();
  }

  #record({ incarnation }: Experiment, client: ClientKey): StoredRecord | undefined {
    const value = this.#commit.get(recordKey(incarnation, client));
    return value === undefined ? undefined : decodeRecord(value);
  }

  #remembered<K extends "recorded" | "existing">(
    kind: K,
    experiment: Experiment,
    client: ClientKey,
    assignment: Assignment,
  ): { kind: K; assignment: Assignment } {
    this.#cache.set(cacheLife(experiment), client, assignment);
    return { kind, assignment };
  }

  /** What memory holds of lost keys is older or newer than the disk; the disk is right. */
  #readAgain(keys: Iterable<string>): void {
    for (const key of keys) {
      switch (key[0]) {
        case FAMILIES.tally:
          this.#cells.forget(key);
          break;
        case FAMILIES.definition:
        case FAMILIES.removed:
          this.#definitions.readAgain(key);
          break;
        case FAMILIES.activity:
          this.#activity.forget(key);
          break;
      }
    }
  }
}
