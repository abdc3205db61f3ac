/**
 * The ids of events that were recorded lately, so that a retried conversion counts once, over restarts too.
 *
 * They are kept in windows, one per day of the wall clock. The wall clock may be set ahead by days and back again, so
 * while the process runs it never decides when a window is freed: that happens when no event came into it for a day of
 * the monotonic clock. The monotonic clock begins anew with each process. So that a server that is restarted daily
 * frees windows too, those far behind the wall clock are freed at the start.
 */
import { type Conversion, EVENT_ID_WINDOW_MS } from "../store.ts";
import { type Database, WALK } from "./database.ts";
import type { GroupCommit } from "./group-commit.ts";
import { eventKeyIn, eventsFrom, eventsIn, windowOf } from "./keys.ts";

/**
 * How far behind the wall clock a window must be to be freed at the start, in windows. The clock may then be wrong by
 * up to six days.
 */
export const WINDOWS_BEHIND_MAX = 7;
/** Numbers that fit the two bytes of a key, as days enough until 2149. */
const WINDOWS_MAX = 65_536;
const NOTHING = Buffer.alloc(0);

export class Events {
  readonly #commit: GroupCommit;
  readonly #database: Database;
  readonly #monotonicMs: () => number;
  /** When the last event came into each window, in monotonic time. Two or three of them, unless clocks jump. */
  readonly #windows = new Map<number, number>();

  /** @param monotonicMs Milliseconds since any moment; never set ahead or back. */
  constructor(commit: GroupCommit, database: Database, monotonicMs = () => performance.now()) {
    this.#commit = commit;
    this.#database = database;
    this.#monotonicMs = monotonicMs;
  }

  async load(database: Database): Promise<void> {
    const oldest = windowAt(Date.now()) - WINDOWS_BEHIND_MAX;
    this.#windows.clear();
    for (let next = 0; next < WINDOWS_MAX; ) {
      const [first] = await database.keys({ ...eventsFrom(next), limit: 1, ...WALK }).all();
      if (first === undefined) return;
      const window = windowOf(first);
      if (window < oldest) this.#free(window);
      else this.#windows.set(window, this.#monotonicMs());
      next = window + 1;
    }
  }

  /** Remembers an event; false when it is known already. All windows are looked at, whatever day the clock says it is. */
  isNew(life: number, { key, atMs }: NonNullable<Conversion["event"]>): boolean {
    const current = windowAt(atMs);
    const monotonicMs = this.#monotonicMs();
    for (const [window, lastMs] of this.#windows) {
      if (window !== current && monotonicMs - lastMs > EVENT_ID_WINDOW_MS) this.#free(window);
      else if (this.#commit.get(eventKeyIn(window, life, key)) !== undefined) return false;
    }
    this.#commit.put(eventKeyIn(current, life, key), NOTHING);
    this.#windows.set(current, monotonicMs);
    return true;
  }

  #free(window: number): void {
    this.#windows.delete(window);
    // What stays behind after a failure is found when the folder is opened the next time.
    this.#database.clear(eventsIn(window)).catch(() => {});
  }
}

function windowAt(atMs: number): number {
  return Math.floor(atMs / EVENT_ID_WINDOW_MS) % WINDOWS_MAX;
}
