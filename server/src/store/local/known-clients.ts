/**
 * The clients of a life that was there before this process began: one walk over their records, when the life is first asked,
 * remembers their alternatives, so that they are answered as fast as before the restart, and gives their keys to the filter
 * of records.
 */
import type { Assignment } from "../../domain/assignment.ts";
import type { ClientKey } from "../../domain/digest.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { AssignmentCache } from "../assignment-cache.ts";
import { expectKnown } from "../kept-bytes.ts";
import { decodeRecord, isLink } from "../record-codec.ts";
import { type Database, WALK } from "./database.ts";
import type { GroupCommit } from "./group-commit.ts";
import { decodeClient, range } from "./keys.ts";
import type { Lives } from "./lives.ts";

/** Records in one batch: about a millisecond of this thread. */
const RECORDS_PER_BATCH = 1_000;

export class KnownClients {
  readonly #database: Database;
  readonly #commit: GroupCommit;
  readonly #lives: Lives;
  readonly #cache: AssignmentCache;
  #walks = 0;
  /** Whose records were taken out while a walk is under way, of whatever life: what it reads of them may be of before. */
  readonly #takenOut = new Set<ClientKey>();

  constructor(database: Database, commit: GroupCommit, lives: Lives, cache: AssignmentCache) {
    this.#database = database;
    this.#commit = commit;
    this.#lives = lives;
    this.#cache = cache;
  }

  /** A client's record is being taken out. */
  forget(life: number, client: ClientKey): void {
    this.#cache.forget(life, client);
    if (this.#walks > 0) this.#takenOut.add(client);
  }

  /** @returns the keys of all records that were put until now, in batches, so that requests get their turns */
  async *walk(life: number): AsyncGenerator<readonly Buffer[]> {
    this.#walks += 1;
    try {
      await this.#commit.committed();
      const records = this.#database.iterator({ ...range("record", life), ...WALK });
      const next = () => records.nextv(RECORDS_PER_BATCH);
      try {
        for (let batch = await next(); batch.length > 0; batch = await next()) {
          this.#remember(life, batch);
          yield batch.map(([key]) => key);
        }
      } finally {
        await records.close();
      }
    } finally {
      this.#walks -= 1;
      if (this.#walks === 0) this.#takenOut.clear();
    }
  }

  /** As many as there is room for. Who stands for another id is looked up each time. */
  #remember(life: number, batch: readonly (readonly [Buffer, Buffer])[]): void {
    const experiment = this.#lives.numbered(life);
    if (experiment === undefined) return;
    for (const [key, value] of batch) {
      if (!this.#cache.hasRoom) return;
      const client = decodeClient(key);
      if (isLink(value) || this.#takenOut.has(client)) continue;
      const assignment = assignmentIn(experiment, value);
      if (assignment !== undefined) this.#cache.set(life, client, assignment);
    }
  }
}

/** `undefined` where the record is damaged: who asks for that client hears of it. */
function assignmentIn(experiment: Experiment, value: Buffer): Assignment | undefined {
  try {
    const joined = decodeRecord(value);
    expectKnown(experiment, joined);
    return joined.assignment;
  } catch {
    return undefined;
  }
}
