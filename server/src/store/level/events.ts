/** The ids of events that were recorded lately, so that a retried conversion counts once, over restarts too. */
import { type Conversion, EVENT_ID_WINDOW_MS } from "../store.ts";
import type { Database, GroupCommit } from "./group-commit.ts";
import { eventKeyIn, eventsBefore, eventsFrom, windowOf } from "./keys.ts";

const NOTHING = Buffer.alloc(0);

export class Events {
  readonly #commit: GroupCommit;
  readonly #database: Database;
  /** Windows that hold events: two or three. */
  readonly #windows = new Set<number>();
  /** Windows before this one have been cleared. */
  #clearedUntil = 0;

  constructor(commit: GroupCommit, database: Database) {
    this.#commit = commit;
    this.#database = database;
  }

  async load(database: Database): Promise<void> {
    this.#windows.clear();
    for (let next = 0; ; ) {
      const [first] = await database.keys({ ...eventsFrom(next), limit: 1, fillCache: false }).all();
      if (first === undefined) return;
      next = windowOf(first) + 1;
      this.#windows.add(next - 1);
    }
  }

  /**
   * Remembers an event; false when it is known already. All windows that are kept are looked at: the one before, so that
   * an event is remembered for one whole window at least, and those ahead, because clocks are set back.
   */
  isNew(incarnation: number, { key, atMs }: NonNullable<Conversion["event"]>): boolean {
    const window = Math.floor(atMs / EVENT_ID_WINDOW_MS);
    this.#clear(window - 1);
    for (const kept of this.#windows) {
      if (this.#commit.get(eventKeyIn(kept, incarnation, key)) !== undefined) return false;
    }
    this.#commit.put(eventKeyIn(window, incarnation, key), NOTHING);
    this.#windows.add(window);
    return true;
  }

  #clear(until: number): void {
    if (until <= this.#clearedUntil) return;
    this.#clearedUntil = until;
    for (const kept of this.#windows) if (kept < until) this.#windows.delete(kept);
    // What stays behind after a failure goes with the next window.
    this.#database.clear(eventsBefore(until)).catch(() => {});
  }
}
