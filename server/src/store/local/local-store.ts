/**
 * The engine of one process, which owns what it keeps: in a folder with LevelDB (`storage: embedded`), or in memory
 * (`storage: memory`), where it is gone when the process ends.
 *
 * Every verb looks at memory or LevelDB synchronously, decides, and puts its changes, all in one turn of the event
 * loop: that makes it atomic among callers. The group commit then writes what was put in one batch and one fsync:
 * that makes it atomic on disk. Callers hear of it when the batch is there.
 */
import type { Assignment } from "../../domain/assignment.ts";
import type { ClientKey } from "../../domain/digest.ts";
import { SixpackError } from "../../domain/errors.ts";
import type { Experiment, ExperimentDraft } from "../../domain/experiment.ts";
import type { Tally } from "../../domain/tally.ts";
import { changeOutcome, liveOf, removalOutcome, removedOf } from "../lives.ts";
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
  RemovalOutcome,
  RemovedExperiment,
  Store,
  StoreStatus,
} from "../store.ts";
import type { Transfer } from "../transfer.ts";
import { ActivityLog } from "./activity-log.ts";
import { type Database, openMemory } from "./database.ts";
import { Erasure } from "./erase.ts";
import { Events } from "./events.ts";
import { DataFolder, type FolderOptions } from "./folder.ts";
import { forgetClient, freeRecords } from "./forget-client.ts";
import { GroupCommit } from "./group-commit.ts";
import { decodeSums, FAMILIES, idKey, metaKey } from "./keys.ts";
import { Leases } from "./leases.ts";
import { Lives } from "./lives.ts";
import { Records } from "./records.ts";
import { countRecords } from "./recount.ts";
import { readTallies } from "./scan.ts";
import { Sweep } from "./sweep.ts";
import { Cells } from "./tally-cells.ts";
import { LocalTransfer } from "./transfer.ts";

export interface LocalOptions extends FolderOptions {
  /** Data folder, made when it is missing; `null` keeps everything in memory. */
  readonly folder: string | null;
  /** Most assignments remembered in memory, 9 bytes each. */
  readonly cacheSlots: number;
}

export class LocalStore implements Store {
  readonly #home: DataFolder | undefined;
  readonly #database: Database;
  readonly #commit: GroupCommit;
  readonly #cells: Cells;
  readonly #lives: Lives;
  readonly #leases = new Leases();
  readonly #activity: ActivityLog;
  readonly #events: Events;
  readonly #records: Records;
  readonly #erasure: Erasure;
  readonly #sweep: Sweep;
  readonly transfer: Transfer;

  /** @throws SixpackError store-unavailable: the folder is taken or can't be written */
  static async open(options: LocalOptions): Promise<LocalStore> {
    const { folder } = options;
    const home = folder === null ? undefined : await DataFolder.open(folder, options);
    const store = new LocalStore(options, home?.database ?? (await openMemory()), home);
    try {
      await store.#load();
    } catch (cause) {
      await store.close().catch(() => {});
      const reason = cause instanceof Error ? cause.message : String(cause);
      const detail = `Expected to read the data folder ${options.folder}, got: ${reason}. Restore a backup of it.`;
      throw new SixpackError("store-unavailable", detail, { cause });
    }
    return store;
  }

  private constructor({ cacheSlots }: LocalOptions, database: Database, home: DataFolder | undefined) {
    this.#home = home;
    this.#database = database;
    this.#commit = new GroupCommit(database, {
      beforeFlush: (put) => {
        this.#cells.flush(put);
        home?.number(put);
      },
      onLost: (keys) => this.#readAgain(keys),
      verify: async () => home?.check(),
      look: async () => home?.look(),
      onWritten: () => home?.wrote(),
      revive: () => this.#revive(),
    });
    this.#cells = new Cells((key) => {
      const value = this.#commit.get(key);
      return value === undefined ? undefined : decodeSums(value);
    });
    this.#lives = new Lives(this.#commit);
    this.#activity = new ActivityLog(this.#commit);
    this.#events = new Events(this.#commit, database);
    this.#records = new Records(this.#commit, this.#cells, this.#lives, this.#events, cacheSlots);
    this.#erasure = new Erasure(database, this.#commit);
    this.#sweep = new Sweep(database, this.#commit, this.#lives);
    this.transfer = new LocalTransfer(database, this.#commit, this.#lives, this.#sweep);
  }

  peekExperiment(name: string): Experiment | undefined {
    return this.#lives.get(name);
  }

  async readExperiment(name: string): Promise<Experiment | undefined> {
    return this.#lives.get(name);
  }

  async listExperiments(): Promise<readonly Experiment[]> {
    return this.#lives.list();
  }

  async createExperiment(draft: ExperimentDraft): Promise<Experiment> {
    const begin = () => this.#lives.move(draft.name, { kind: "begin", experiment: this.#lives.drafted(draft) });
    const experiment = this.#lives.get(draft.name) ?? liveOf(begin());
    await this.#commit.committed();
    return experiment;
  }

  async changeExperiment(next: Experiment): Promise<ChangeOutcome> {
    const move = this.#lives.move(next.name, { kind: "change", next });
    await this.#commit.committed();
    return changeOutcome(move);
  }

  async removeExperiment(
    experiment: Experiment,
    removedAtMs: number,
    successor: ExperimentDraft | undefined,
  ): Promise<RemovalOutcome> {
    const next = successor && this.#lives.drafted(successor);
    const act = { kind: "remove", experiment, nowMs: removedAtMs, successor: next } as const;
    const move = this.#lives.move(experiment.name, act);
    await this.#commit.committed();
    return removalOutcome(move);
  }

  async listRemoved(): Promise<readonly RemovedExperiment[]> {
    return this.#lives.in("reset", "deleted").flatMap(removedOf);
  }

  async restoreExperiment(name: string, incarnation: number, nowMs: number): Promise<Experiment | undefined> {
    const move = this.#lives.move(name, { kind: "restore", nowMs }, incarnation);
    await this.#commit.committed();
    return move.kind === "moved" ? move.live : undefined;
  }

  sweepRemoved(removedUntilMs: number): Promise<number> {
    return this.#sweep.removed(removedUntilMs);
  }

  peekAssignment(experiment: Experiment, client: ClientKey): Assignment | undefined {
    return this.#records.peek(experiment, client);
  }

  cacheUsage(): CacheUsage {
    return this.#records.cacheUsage;
  }

  async readAssignment(experiment: Experiment, client: ClientKey): Promise<Assignment | undefined> {
    return this.#records.read(experiment, client);
  }

  recordParticipation(participation: Participation): Promise<ParticipationOutcome> {
    return this.#records.participate(participation);
  }

  recordConversion(conversion: Conversion): Promise<ConversionOutcome> {
    return this.#records.convert(conversion);
  }

  async readTallies(experiment: Experiment): Promise<readonly Tally[]> {
    if (!this.#lives.has(experiment)) return [];
    await this.#commit.committed();
    return readTallies(this.#database, experiment.incarnation);
  }

  async readTallyMark({ incarnation }: Experiment): Promise<number> {
    return this.#cells.mark(incarnation);
  }

  async countRecords(experiment: Experiment): Promise<readonly Tally[]> {
    if (!this.#lives.has(experiment)) return [];
    await this.#commit.committed();
    if (experiment.compacted === true) return readTallies(this.#database, experiment.incarnation);
    return countRecords(this.#database, experiment.incarnation);
  }

  async forgetClient(experiment: Experiment, client: ClientKey): Promise<ForgetOutcome> {
    const forget = () => forgetClient(this.#commit, this.#cells, this.#lives, experiment, client);
    const id = idKey(experiment.incarnation, client);
    if (this.#commit.get(id) !== undefined) return this.#erasure.around(id, forget);
    const outcome = forget();
    await this.#commit.committed();
    return outcome;
  }

  async freeRecords(experiment: Experiment): Promise<Freed> {
    const { incarnation, name } = experiment;
    const stored = this.#lives.get(name);
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
    if (this.#home === undefined) return { engine: "memory", summary: "in memory, gone when the server stops" };
    // Every family's prefix is a small letter.
    const bytes = await this.#database.approximateSize(Buffer.from("a"), Buffer.from("{"));
    return { engine: "embedded", summary: `${this.#home.folder}, ${(bytes / 2 ** 20).toFixed(1)} MiB` };
  }

  async ping(): Promise<void> {
    await this.#commit.check();
    this.#commit.get(FAMILIES.meta);
  }

  async probe(): Promise<void> {
    // Taking out what is never there leaves nothing, and goes to disk as any write.
    this.#commit.put(metaKey("probe"), null);
    await this.#commit.committed();
  }

  async close(): Promise<void> {
    await this.#commit.settle();
    await (this.#home ?? this.#database).close();
  }

  async #load(): Promise<void> {
    const parts = [this.#lives, this.#activity, this.#events];
    await Promise.all(parts.map((part) => part.load(this.#database)));
  }

  async #revive(): Promise<void> {
    await this.#home?.reopen();
    this.#cells.clear();
    await this.#load();
  }

  /** What memory holds of lost keys is older or newer than the disk; the disk is right. */
  #readAgain(keys: Iterable<string>): void {
    for (const key of keys) {
      switch (key[0]) {
        case FAMILIES.tally:
          this.#cells.forget(key);
          break;
        case FAMILIES.definition:
          this.#lives.readAgain(key);
          break;
        case FAMILIES.activity:
          this.#activity.forget(key);
          break;
      }
    }
  }
}
