/** The ids of events that were recorded lately, so that a retried conversion counts once, over restarts too. */
import { type Conversion, EVENT_ID_WINDOW_MS } from "../store.ts";
import type { Database, GroupCommit } from "./group-commit.ts";
import { eventKeyIn, eventsBefore } from "./keys.ts";

const NOTHING = Buffer.alloc(0);

export class Events {
  readonly #commit: GroupCommit;
  readonly #database: Database;
  /** Windows before this one have been cleared. */
  #clearedUntil = 0;

  constructor(commit: GroupCommit, database: Database) {
    this.#commit = commit;
    this.#database = database;
  }

  /** Remembers an event; false when it is known already. */
  isNew(incarnation: number, { key, atMs }: NonNullable<Conversion["event"]>): boolean {
    const window = Math.floor(atMs / EVENT_ID_WINDOW_MS);
    // Two windows are looked at, so that an event is remembered for one whole window at least.
    if (this.#commit.get(eventKeyIn(window, incarnation, key)) !== undefined) return false;
    if (this.#commit.get(eventKeyIn(window - 1, incarnation, key)) !== undefined) return false;
    this.#commit.put(eventKeyIn(window, incarnation, key), NOTHING);
    this.#clear(window - 1);
    return true;
  }

  #clear(until: number): void {
    if (until <= this.#clearedUntil) return;
    this.#clearedUntil = until;
    // What stays behind after a failure goes with the next window.
    this.#database.clear(eventsBefore(until)).catch(() => {});
  }
}
