/**
 * The ids of events that were recorded lately, so that a retried conversion counts once, over restarts too.
 *
 * They lie in windows, one per day of the wall clock. While the process runs, no window is freed because of what that
 * clock says: clocks are set ahead by days and back again. A window goes when nothing came into it for a day of the
 * monotonic clock. That one begins anew with each process; for those that never run for a day, windows far behind the
 * wall clock go at the start.
 */
import { type Conversion, EVENT_ID_WINDOW_MS } from "../store.ts";
import { type Database, WALK } from "./database.ts";
import type { GroupCommit } from "./group-commit.ts";
import { eventKeyIn, eventsFrom, eventsIn, windowOf } from "./keys.ts";

/** How far behind the wall clock windows are freed at the start, in windows: the clock may be ahead by six days then. */
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
