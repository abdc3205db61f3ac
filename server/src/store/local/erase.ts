/**
 * Deleting raw client ids from the files of the folder.
 *
 * LevelDB deletes by writing that a key is gone; the value stays in its file until some compaction happens to merge the
 * two. A compaction of the key's range merges whatever lies on different levels, and what lies in one file already is not
 * looked at again. So the value is written out first, deleted then, and the range compacted again: it can't share a
 * file with its deletion, and the merge drops both. An iterator that is open meanwhile (an export) keeps the files it
 * reads until it is closed.
 */
import { type Database, WALK } from "./database.ts";
import type { GroupCommit } from "./group-commit.ts";
import { bytes, range } from "./keys.ts";

/** Deletes every id of a life, also from disk. */
export async function eraseIds(database: Database, life: number): Promise<void> {
  const ids = range("id", life);
  const some = await database.keys({ ...ids, limit: 1, ...WALK }).all();
  if (some.length > 0) {
    await database.compactRange(ids.gte, ids.lt);
    await database.clear(ids);
  }
  // Also if none is left: an earlier attempt may have been interrupted at this point.
  await database.compactRange(ids.gte, ids.lt);
}

/** Deletes single ids, one at a time: compactions hold a thread that writes need too. */
export class Erasure {
  readonly #database: Database;
  readonly #commit: GroupCommit;
  #last: Promise<unknown> = Promise.resolve();

  constructor(database: Database, commit: GroupCommit) {
    this.#database = database;
    this.#commit = commit;
  }

  /** @param job deletes the keys. Its result is returned once their values are no longer on disk */
  around<Outcome>(keys: readonly string[], job: () => Outcome): Promise<Outcome> {
    const erased = this.#last.then(() => this.#erase(keys.map(bytes), job));
    this.#last = erased.catch(() => {});
    return erased;
  }

  async #erase<Outcome>(keys: readonly Buffer[], job: () => Outcome): Promise<Outcome> {
    await this.#commit.committed();
    for (const key of keys) await this.#database.compactRange(key, key);
    const outcome = job();
    await this.#commit.committed();
    for (const key of keys) await this.#database.compactRange(key, key);
    return outcome;
  }
}
