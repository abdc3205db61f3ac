/**
 * Freeing lives: those removed long enough ago, and staged ones that were abandoned.
 *
 * The entry of a life is marked first, so that nobody brings it back half gone; then its keys go, and the entry last.
 * Whatever interrupts that, a crash or a stop, the mark is on disk, and the next sweep goes on.
 */
import type { Experiment } from "../../domain/experiment.ts";
import type { Database } from "./database.ts";
import { eraseIds } from "./erase.ts";
import type { GroupCommit } from "./group-commit.ts";
import { range } from "./keys.ts";
import type { Lives } from "./lives.ts";

export class Sweep {
  readonly #database: Database;
  readonly #commit: GroupCommit;
  readonly #lives: Lives;

  constructor(database: Database, commit: GroupCommit, lives: Lives) {
    this.#database = database;
    this.#commit = commit;
    this.#lives = lives;
  }

  /** As `Lives.sweep` of the store. */
  async removed(untilMs: number): Promise<number> {
    // All are marked in one turn: a life that is restored while another is being freed is not due any more.
    const marked = this.#lives
      .in("staged", "reset", "deleted", "sweeping")
      .filter(
        ({ experiment: { name, life } }) => this.#lives.move(name, { kind: "sweep", untilMs }, life).kind === "moved",
      );
    for (const { experiment } of marked) await this.#free(experiment.life);
    return marked.length;
  }

  /** Frees a staged life; one that was published meanwhile stays. */
  async discard({ name, life }: Experiment): Promise<void> {
    if (this.#lives.move(name, { kind: "discard" }, life).kind === "moved") await this.#free(life);
  }

  async #free(life: number): Promise<void> {
    await this.#commit.committed();
    await clearLife(this.#database, life);
    this.#lives.drop(life);
    await this.#commit.committed();
  }
}

/** Deletes records, conversions, ids and tallies of one life, and nothing else. */
async function clearLife(database: Database, life: number): Promise<void> {
  await clearRecords(database, life);
  await database.clear(range("tally", life));
  await database.clear(range("unrecorded", life));
}

export async function clearRecords(database: Database, life: number): Promise<void> {
  await database.clear(range("record", life));
  await database.clear(range("conversion", life));
  await eraseIds(database, life);
}
