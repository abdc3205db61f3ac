/**
 * The engine of one process, which owns what it keeps: in a folder with LevelDB (`storage: embedded`), or in memory
 * (`storage: memory`), where it is gone when the process ends.
 *
 * Every verb looks at memory or LevelDB synchronously, decides, and puts its changes, all in one turn of the event
 * loop: that makes it atomic among callers. The group commit then writes what was put in one batch and one fsync:
 * that makes it atomic on disk. Callers hear of it when the batch is there.
 */
import { SixpackError } from "../../domain/errors.ts";
import { sized } from "../../lib/text.ts";
import { AssignmentCache } from "../assignment-cache.ts";
import type { Definitions, Peek, Store, Lives as StoreLives, StoreStatus, Tallies } from "../store.ts";
import type { Transfer } from "../transfer.ts";
import { ActivityLog } from "./activity-log.ts";
import type { Database } from "./database.ts";
import { localDefinitions, localLives } from "./definitions.ts";
import { Events } from "./events.ts";
import { DataFolder, type FolderOptions } from "./folder.ts";
import { GroupCommit } from "./group-commit.ts";
import { FAMILIES, metaKey } from "./keys.ts";
import { KnownClients } from "./known-clients.ts";
import { Leases } from "./leases.ts";
import { Lives } from "./lives.ts";
import { Notes } from "./notepad.ts";
import { Recaps } from "./recap.ts";
import { RecordFilter } from "./record-filter.ts";
import { Records } from "./records.ts";
import { Sweep } from "./sweep.ts";
import { localTallies } from "./tallies.ts";
import { Cells } from "./tally-cells.ts";
import { localTransfer } from "./transfer.ts";

interface LocalOptions extends FolderOptions {
  /** Data folder, made when it is missing; `null` keeps everything in memory. */
  readonly folder: string | null;
  /** Most assignments remembered in memory, 8 bytes each. */
  readonly cacheSlots: number;
}

/** Loaded for those alone: commands that open a folder are short. */
async function inMemory(): Promise<Database> {
  const { openMemory } = await import("./memory-database.ts");
  return openMemory();
}

export class LocalStore implements Store {
  readonly #home: DataFolder | undefined;
  readonly #database: Database;
  readonly #filter: RecordFilter;
  readonly #commit: GroupCommit;
  readonly #cells: Cells;
  readonly #lives: Lives;
  readonly #events: Events;
  readonly peek: Peek;
  readonly definitions: Definitions;
  readonly lives: StoreLives;
  readonly records: Records;
  readonly tallies: Tallies;
  readonly activity: ActivityLog;
  readonly leases = new Leases();
  readonly notes: Notes;
  readonly transfer: Transfer;

  /** @throws SixpackError store-unavailable: the folder is taken or can't be written */
  static async open(options: LocalOptions): Promise<LocalStore> {
    const { folder } = options;
    const home = folder === null ? undefined : await DataFolder.open(folder, options);
    const store = new LocalStore(options, home?.database ?? (await inMemory()), home);
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
    this.#filter = new RecordFilter((life) => known.walk(life));
    this.#commit = new GroupCommit(database, this.#filter, {
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
    this.#cells = new Cells((key) => this.#commit.get(key));
    this.#lives = new Lives(this.#commit, this.#filter);
    const cache = new AssignmentCache(cacheSlots);
    const known = new KnownClients(database, this.#commit, this.#lives, cache);
    this.#events = new Events(this.#commit, database);
    const sweep = new Sweep(database, this.#commit, this.#lives);
    const recaps = new Recaps(database, this.#commit, this.#cells, this.#lives);
    this.definitions = localDefinitions(this.#commit, this.#lives, recaps);
    this.lives = localLives(this.#commit, this.#lives, sweep);
    this.records = new Records(database, this.#commit, this.#cells, this.#lives, this.#events, recaps, cache, known);
    this.tallies = localTallies(database, this.#commit, this.#lives, this.#cells);
    this.activity = new ActivityLog(this.#commit);
    this.notes = new Notes(this.#commit);
    this.transfer = localTransfer(database, this.#commit, this.#lives, sweep);
    this.peek = {
      experiment: (name) => this.#lives.get(name),
      assignment: (experiment, client) => this.records.peek(experiment, client),
      cacheUsage: () => this.records.cacheUsage,
    };
  }

  async status(): Promise<StoreStatus> {
    if (this.#home === undefined) return { engine: "memory", summary: "in memory, gone when the server stops" };
    return { engine: "embedded", summary: `${this.#home.folder}, ${sized(await this.#home.bytes())}` };
  }

  async ping(): Promise<void> {
    await this.#commit.check();
    this.#commit.get(FAMILIES.meta);
  }

  async probe(): Promise<void> {
    // Deleting a key that never exists changes nothing, but goes to disk as any write.
    this.#commit.put(metaKey("probe"), null);
    await this.#commit.committed();
  }

  async close(): Promise<void> {
    await this.#commit.settle();
    await (this.#home ?? this.#database).close();
  }

  async #load(): Promise<void> {
    const parts = [this.#lives, this.activity, this.#events, this.notes];
    await Promise.all(parts.map((part) => part.load(this.#database)));
  }

  async #revive(): Promise<void> {
    await this.#home?.reopen();
    this.#filter.clear();
    this.#cells.clear();
    await this.#load();
  }

  /** For keys of a lost flush memory may differ from the disk; the disk is right. */
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
          this.activity.forget(key);
          break;
        case FAMILIES.note:
          this.notes.readAgain(key);
          break;
      }
    }
  }
}
