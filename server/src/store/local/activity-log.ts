/** Who did what, newest first; the oldest entries go when there are more than ACTIVITY_MAX. */

import { ACTIVITY_MAX, type Activities, type Activity, type ActivityQuery, activityIn } from "../activity.ts";
import type { Database } from "./database.ts";
import type { GroupCommit } from "./group-commit.ts";
import { activityKey, decodeActivityKey, range } from "./keys.ts";

export class ActivityLog implements Activities {
  readonly #commit: GroupCommit;
  /** In order of writing. Ten thousand short entries are small enough to keep. */
  #entries: { readonly key: string; readonly entry: Activity }[] = [];
  #sequence = 0;

  constructor(commit: GroupCommit) {
    this.#commit = commit;
  }

  /** Reads everything from disk, in one turn of the event loop. */
  async load(database: Database): Promise<void> {
    const stored = await database.iterator(range("activity")).all();
    this.#entries = stored.map(([key, value]) => ({
      key: key.toString("latin1"),
      entry: activityIn(value.toString("utf8")),
    }));
    const last = stored.at(-1);
    this.#sequence = last === undefined ? this.#sequence : decodeActivityKey(last[0]);
  }

  async append(entry: Activity): Promise<void> {
    this.#sequence += 1;
    const key = activityKey(this.#sequence);
    this.#entries.push({ key, entry });
    this.#commit.put(key, Buffer.from(JSON.stringify(entry), "utf8"));
    if (this.#entries.length > ACTIVITY_MAX) {
      const oldest = this.#entries.shift();
      if (oldest !== undefined) this.#commit.put(oldest.key, null);
    }
    await this.#commit.committed();
  }

  async read({ experiment, beforeMs, limit }: ActivityQuery): Promise<readonly Activity[]> {
    const found: Activity[] = [];
    for (let index = this.#entries.length - 1; index >= 0 && found.length < limit; index -= 1) {
      const entry = this.#entries[index]?.entry;
      if (entry === undefined) continue;
      if (experiment !== undefined && entry.experiment !== experiment) continue;
      if (beforeMs !== undefined && entry.atMs >= beforeMs) continue;
      found.push(entry);
    }
    return found;
  }

  /** Removes an entry that did not reach the disk. */
  forget(lost: string): void {
    this.#entries = this.#entries.filter(({ key }) => key !== lost);
  }
}
