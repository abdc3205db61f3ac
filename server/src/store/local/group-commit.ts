/**
 * Group commit: what is written while one flush is on its way goes to disk with the next, in one atomic batch and one
 * fsync. So a durable answer is cheap: all requests that came meanwhile share one fsync.
 *
 * Reads see what was put last, on disk or not. Whoever answers a caller waits for `committed()` first. When a flush
 * fails, or went to files that are no longer in the folder, everything that is not on disk is given up, what waited for it
 * is rejected, and `onLost` hears which keys to read again; nothing that was acknowledged is among them. From then on
 * writes are refused until the database has been opened anew, which is tried several times a second.
 */
import { SixpackError } from "../../domain/errors.ts";
import { type Database, DURABLE } from "./database.ts";
import { bytes } from "./keys.ts";
import type { RecordFilter } from "./record-filter.ts";

/** A value to write, or `null` to delete. */
type Change = Buffer | null;

interface Batch {
  readonly changes: Map<string, Change>;
  readonly done: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Pause between two attempts to open a database anew that failed to write, in milliseconds. */
const MEND_EVERY_MS = 250;

interface GroupCommitHooks {
  /** Called when a flush begins, to add what is encoded only then: tallies change many times between two flushes. */
  readonly beforeFlush: (put: (key: string, value: Change) => void) => void;
  readonly onLost: (keys: Iterable<string>) => void;
  /**
   * Called when a batch is on disk, before any caller is told: whether it went to the files that will be read later.
   * @throws SixpackError store-unavailable: why not
   */
  readonly verify: () => Promise<void>;
  /** Asked between batches, more thoroughly. @throws SixpackError store-unavailable: why not */
  readonly look: () => Promise<void>;
  /** A batch is on disk, and callers are about to be told. */
  readonly onWritten: () => void;
  /**
   * Opens the database anew and takes from it what memory holds: after a failed write LevelDB takes no other, and whether
   * the failed one is there shows only then. @throws SixpackError store-unavailable: it can't be opened yet
   */
  readonly revive: () => Promise<void>;
}

export class GroupCommit {
  readonly #database: Database;
  readonly #filter: RecordFilter;
  readonly #hooks: GroupCommitHooks;
  #collecting: Batch = newBatch();
  #flushing: Batch | undefined;
  #scheduled = false;
  /** Why the last write failed; cleared when the database was reopened. */
  #broken: SixpackError | undefined;
  #reviving: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isEnding = false;

  /** @param filter hears of every key that is put, and keeps the database from being asked for what is not there */
  constructor(database: Database, filter: RecordFilter, hooks: GroupCommitHooks) {
    this.#database = database;
    this.#filter = filter;
    this.#hooks = hooks;
  }

  /** @throws SixpackError store-unavailable: why nothing can be written at the moment */
  async check(): Promise<void> {
    // A batch that is on its way asks by itself.
    if (this.#broken === undefined && this.#flushing === undefined) {
      await this.#hooks.look().catch((error: unknown) => this.#break(error));
    }
    if (this.#broken !== undefined) throw this.#broken;
  }

  get #isReadable(): boolean {
    return this.#reviving === undefined && this.#database.status === "open";
  }

  /** The value last put, or the one on disk. @throws SixpackError store-unavailable: it is being opened anew */
  get(key: string): Buffer | undefined {
    const pending = this.pending(key);
    if (pending !== undefined) return pending ?? undefined;
    if (!this.#isReadable) throw this.#broken ?? new SixpackError("store-unavailable", "Expected an open data folder");
    return this.#filter.isAbsent(key) ? undefined : this.#database.getSync(bytes(key));
  }

  /** The value that is put and not yet on disk; `undefined` if the one on disk counts. */
  pending(key: string): Change | undefined {
    const collecting = this.#collecting.changes.get(key);
    return collecting === undefined ? this.#flushing?.changes.get(key) : collecting;
  }

  put(key: string, value: Change): void {
    if (value !== null) this.#filter.add(key);
    this.#collecting.changes.set(key, value);
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Waits until all requests of this turn have been handled.
    if (this.#flushing === undefined) setImmediate(() => this.#flush());
  }

  /** Resolves when everything put until now is on disk. @throws SixpackError store-unavailable */
  committed(): Promise<void> {
    if (this.#scheduled) return this.#collecting.done;
    return this.#flushing?.done ?? Promise.resolve();
  }

  /** Before the database is closed: waits until nothing is under way, and nothing will be by itself. */
  async settle(): Promise<void> {
    this.#isEnding = true;
    clearTimeout(this.#timer);
    await this.#reviving;
    while (this.#scheduled || this.#flushing !== undefined) {
      await (this.#scheduled ? this.#collecting.done : this.#flushing?.done)?.catch(() => {});
    }
  }

  #flush(): void {
    // What is put while the database is being opened anew is given up when that is over. The call that was to flush it
    // comes all the same, and must not start a second flush beside one that is on its way: `pending` knows of one.
    if (this.#reviving !== undefined || this.#flushing !== undefined || !this.#scheduled) return;
    const batch = this.#collecting;
    this.#hooks.beforeFlush((key, value) => batch.changes.set(key, value));
    this.#collecting = newBatch();
    this.#scheduled = false;
    if (this.#broken !== undefined) {
      this.#lose(batch, this.#broken);
      return;
    }
    this.#flushing = batch;
    this.#write(batch).then(
      () => this.#finish(batch),
      (error: unknown) => this.#lose(batch, this.#break(error)),
    );
  }

  #break(error: unknown): SixpackError {
    this.#broken = refusalOf(error);
    this.#mendLater();
    return this.#broken;
  }

  async #write({ changes }: Batch): Promise<void> {
    // A chained batch costs a tenth of an array of operations: 0.5 instead of 4.9 µs each on this thread.
    const batch = this.#database.batch();
    for (const [key, value] of changes) {
      if (value === null) batch.del(bytes(key));
      else batch.put(bytes(key), value);
    }
    await batch.write(DURABLE);
    await this.#hooks.verify();
  }

  /** Tries again after a while, until it goes. */
  #mendLater(): void {
    clearTimeout(this.#timer);
    // The store is being closed, so the folder must not be reopened.
    if (this.#isEnding) return;
    this.#timer = setTimeout(() => {
      // What is on its way may still fail, and must not meet a database that is being closed.
      if (this.#flushing === undefined) this.#reviving = this.#mend();
      else this.#mendLater();
    }, MEND_EVERY_MS).unref();
  }

  async #mend(): Promise<void> {
    const mended = await this.#hooks.revive().then(
      () => true,
      async () => {
        // Every refused call gives the reason already. But another store may be in the folder now.
        await this.#hooks.look().catch((error: unknown) => {
          this.#broken = refusalOf(error);
        });
        return false;
      },
    );
    this.#reviving = undefined;
    // What was put meanwhile was based on the memory before.
    if (this.#broken !== undefined && this.#scheduled) this.#lose(newBatch(), this.#broken);
    if (mended) this.#broken = undefined;
    else this.#mendLater();
  }

  #finish(batch: Batch): void {
    this.#flushing = undefined;
    this.#hooks.onWritten();
    if (this.#scheduled) this.#flush();
    batch.resolve();
  }

  /** The batch that collected meanwhile may build on the lost one, so both are given up. */
  #lose(batch: Batch, error: SixpackError): void {
    const collected = this.#collecting;
    // Tallies that wait to be encoded are part of what is lost.
    this.#hooks.beforeFlush((key, value) => collected.changes.set(key, value));
    this.#collecting = newBatch();
    this.#flushing = undefined;
    this.#scheduled = false;
    // A database that can't be read now is read as a whole when it can.
    if (this.#isReadable) this.#hooks.onLost(new Set([...batch.changes.keys(), ...collected.changes.keys()]));
    batch.reject(error);
    collected.reject(error);
  }
}

function refusalOf(error: unknown): SixpackError {
  if (error instanceof SixpackError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new SixpackError("store-unavailable", `Expected the batch to be written, got: ${reason}`, { cause: error });
}

function newBatch(): Batch {
  let resolve = () => {};
  let reject = (_error: unknown) => {};
  const done = new Promise<void>((onDone, onFailure) => {
    resolve = onDone;
    reject = onFailure;
  });
  // A batch that nobody waits for may fail without anybody to tell.
  done.catch(() => {});
  return { changes: new Map(), done, resolve, reject };
}
