/**
 * Group commit: what is written while one flush is on its way goes to disk with the next, in one atomic batch and one
 * fsync. That is what makes a durable answer cheap: the fsync is paid once for all the requests of its time.
 *
 * Reads see what was put last, on disk or not. Whoever answers a caller waits for `committed()` first. When a flush
 * fails, everything that is not on disk is given up, what waited for it is rejected, and `onLost` hears which keys to
 * read again; nothing that was acknowledged is among them.
 */
import type { ClassicLevel } from "classic-level";
import { SixpackError } from "../../domain/errors.ts";
import { bytes } from "./keys.ts";

export type Database = ClassicLevel<Buffer, Buffer>;

/** A value to write, or `null` to delete. */
type Change = Buffer | null;

interface Batch {
  readonly changes: Map<string, Change>;
  readonly done: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface GroupCommitHooks {
  /** Called as a flush begins, to put what is only encoded then (tallies change many times between two flushes). */
  readonly beforeFlush: (put: (key: string, value: Change) => void) => void;
  readonly onLost: (keys: Iterable<string>) => void;
}

export class GroupCommit {
  readonly #database: Database;
  readonly #hooks: GroupCommitHooks;
  #collecting: Batch = newBatch();
  #flushing: Batch | undefined;
  #scheduled = false;

  constructor(database: Database, hooks: GroupCommitHooks) {
    this.#database = database;
    this.#hooks = hooks;
  }

  /** The value last put, or the one on disk. */
  get(key: string): Buffer | undefined {
    const pending = this.pending(key);
    if (pending !== undefined) return pending ?? undefined;
    return this.#database.getSync(bytes(key));
  }

  /** What is put and not yet on disk: `undefined` says that the disk has the word. */
  pending(key: string): Change | undefined {
    const collecting = this.#collecting.changes.get(key);
    return collecting === undefined ? this.#flushing?.changes.get(key) : collecting;
  }

  put(key: string, value: Change): void {
    this.#collecting.changes.set(key, value);
    this.#schedule();
  }

  /** Makes sure a flush comes, for what `beforeFlush` will put. */
  touch(): void {
    this.#schedule();
  }

  /** Resolves when everything put until now is on disk. @throws SixpackError store-unavailable */
  committed(): Promise<void> {
    if (this.#scheduled) return this.#collecting.done;
    return this.#flushing?.done ?? Promise.resolve();
  }

  /** Waits until nothing is under way. */
  async settle(): Promise<void> {
    while (this.#scheduled || this.#flushing !== undefined) {
      await (this.#scheduled ? this.#collecting.done : this.#flushing?.done)?.catch(() => {});
    }
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // After the requests that are ready in this turn have all been heard.
    if (this.#flushing === undefined) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const batch = this.#collecting;
    this.#hooks.beforeFlush((key, value) => batch.changes.set(key, value));
    this.#collecting = newBatch();
    this.#scheduled = false;
    this.#flushing = batch;
    this.#write(batch).then(
      () => this.#finish(batch),
      (error: unknown) => this.#lose(batch, error),
    );
  }

  async #write({ changes }: Batch): Promise<void> {
    // A chained batch costs a tenth of an array of operations: 0.5 instead of 4.9 µs each on this thread.
    const batch = this.#database.batch();
    for (const [key, value] of changes) {
      if (value === null) batch.del(bytes(key));
      else batch.put(bytes(key), value);
    }
    await batch.write({ sync: true });
  }

  #finish(batch: Batch): void {
    this.#flushing = undefined;
    if (this.#scheduled) this.#flush();
    batch.resolve();
  }

  /** The batch that collected meanwhile may build on the lost one, so both are given up. */
  #lose(batch: Batch, cause: unknown): void {
    const collected = this.#collecting;
    // Tallies that wait to be encoded are part of what is lost.
    this.#hooks.beforeFlush((key, value) => collected.changes.set(key, value));
    this.#collecting = newBatch();
    this.#flushing = undefined;
    this.#scheduled = false;
    this.#hooks.onLost(new Set([...batch.changes.keys(), ...collected.changes.keys()]));
    const reason = cause instanceof Error ? cause.message : String(cause);
    const error = new SixpackError("store-unavailable", `Expected the batch to be written, got: ${reason}`, { cause });
    batch.reject(error);
    collected.reject(error);
  }
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
