/**
 * Freeing lives: those whose time is up, and staged ones that were given up.
 *
 * The entry of a life is marked first, so that nobody brings it back half gone; then its keys go, and the entry last.
 * Whatever interrupts that, a crash or a stop, the mark is on disk, and the next sweep goes on.
 */

import type { Database } from "./database.ts";
import type { Definitions } from "./definitions.ts";
import { eraseIds } from "./erase.ts";
import type { GroupCommit } from "./group-commit.ts";
import { range } from "./keys.ts";

export class Sweep {
  readonly #database: Database;
  readonly #commit: GroupCommit;
  readonly #definitions: Definitions;

  constructor(database: Database, commit: GroupCommit, definitions: Definitions) {
    this.#database = database;
    this.#commit = commit;
    this.#definitions = definitions;
  }

  /** As `Store.sweepRemoved`. */
  async removed(untilMs: number): Promise<number> {
    // All are marked in one turn: a life that is restored while another is being freed is not due any more.
    const marked = this.#definitions.markDue(untilMs);
    for (const incarnation of marked) await this.#free(incarnation);
    return marked.length;
  }

  /** A life that was staged; one that was published meanwhile stays. */
  async discard(incarnation: number): Promise<void> {
    if (this.#definitions.markStaged(incarnation)) await this.#free(incarnation);
  }

  async #free(incarnation: number): Promise<void> {
    await this.#commit.committed();
    await clearLife(this.#database, incarnation);
    this.#definitions.forgetAside(incarnation);
    await this.#commit.committed();
  }
}

/** Deletes records, conversions, ids and tallies of one incarnation, and nothing else. */
async function clearLife(database: Database, incarnation: number): Promise<void> {
  await clearRecords(database, incarnation);
  await database.clear(range("tally", incarnation));
  await database.clear(range("unrecorded", incarnation));
}

export async function clearRecords(database: Database, incarnation: number): Promise<void> {
  await database.clear(range("record", incarnation));
  await database.clear(range("conversion", incarnation));
  await eraseIds(database, incarnation);
}
