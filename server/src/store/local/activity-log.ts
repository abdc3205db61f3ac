/** Who did what, newest first; of each source the oldest entries go when there are more than KEPT_MAX. */
import { SOURCES, type Source, sourceOf } from "../../domain/actor.ts";
import {
  type Activities,
  type Activity,
  type ActivityQuery,
  activityIn,
  KEPT_MAX,
  matches,
  sourcesOf,
} from "../activity.ts";
import type { Database } from "./database.ts";
import type { GroupCommit } from "./group-commit.ts";
import { activityKey, decodeActivityKey, range } from "./keys.ts";

interface Kept {
  readonly key: string;
  readonly entry: Activity;
}

export class ActivityLog implements Activities {
  readonly #commit: GroupCommit;
  #database: Database | undefined;
  #reading: Promise<void> | undefined;
  /** Each in order of writing. Some thousand short entries are small enough to keep. */
  #kept = sorted([]);
  #sequence = 0;

  constructor(commit: GroupCommit) {
    this.#commit = commit;
  }

  /** Reads nothing before somebody asks: a command that tells one verdict needs no log. A server asks as it starts. */
  async load(database: Database): Promise<void> {
    this.#database = database;
    this.#reading = undefined;
  }

  async append(entry: Activity): Promise<void> {
    await this.#ready();
    this.#sequence += 1;
    const key = activityKey(this.#sequence);
    const source = sourceOf(entry.actor);
    const kept = this.#kept[source];
    kept.push({ key, entry });
    this.#commit.put(key, Buffer.from(JSON.stringify(entry), "utf8"));
    // More than one where an older version kept more.
    for (const { key: oldest } of kept.splice(0, kept.length - KEPT_MAX[source])) this.#commit.put(oldest, null);
    await this.#commit.committed();
  }

  async read(query: ActivityQuery): Promise<readonly Activity[]> {
    await this.#ready();
    const found = sourcesOf(query).flatMap((source) => newest(this.#kept[source], query));
    const inOrder = found.sort((a, b) => (a.key < b.key ? 1 : -1));
    return inOrder.slice(0, query.limit).map(({ entry }) => entry);
  }

  /** Removes an entry that did not reach the disk. */
  forget(lost: string): void {
    for (const source of SOURCES) this.#kept[source] = this.#kept[source].filter(({ key }) => key !== lost);
  }

  async #ready(): Promise<void> {
    this.#reading ??= this.#read();
    const reading = this.#reading;
    try {
      await reading;
    } catch (error) {
      // Whoever asks next tries anew.
      if (this.#reading === reading) this.#reading = undefined;
      throw error;
    }
    // The database was opened anew meanwhile.
    if (this.#reading !== reading) await this.#ready();
  }

  /** Everything, in one turn of the event loop. */
  async #read(): Promise<void> {
    const stored = (await this.#database?.iterator(range("activity")).all()) ?? [];
    this.#kept = sorted(
      stored.map(([key, value]) => ({ key: key.toString("latin1"), entry: activityIn(value.toString("utf8")) })),
    );
    const last = stored.at(-1);
    this.#sequence = last === undefined ? this.#sequence : decodeActivityKey(last[0]);
  }
}

function sorted(all: readonly Kept[]): Record<Source, Kept[]> {
  const of = (source: Source) => all.filter(({ entry }) => sourceOf(entry.actor) === source);
  return { people: of("people"), calls: of("calls"), server: of("server") };
}

/** At most `limit` that match, newest first. */
function newest(kept: readonly Kept[], query: ActivityQuery): readonly Kept[] {
  const found: Kept[] = [];
  for (let index = kept.length - 1; index >= 0 && found.length < query.limit; index -= 1) {
    const one = kept[index];
    if (one !== undefined && matches(query, one.entry)) found.push(one);
  }
  return found;
}
