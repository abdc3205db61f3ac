/**
 * Loading and unloading lives of the local engine. What is loaded goes to the database past the group commit: nobody reads
 * or writes a staged life but its loader, so a batch of its own, on disk when the call resolves, is all it needs.
 */
import { assignmentCode } from "../../domain/assignment.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { Tally } from "../../domain/tally.ts";
import { publishOutcome } from "../lives.ts";
import type { ClientRecord, ForeignExperiment, PublishOutcome, SplitTallies, Transfer } from "../transfer.ts";
import { type Database, DURABLE } from "./database.ts";
import { exportRecords } from "./export.ts";
import type { GroupCommit } from "./group-commit.ts";
import {
  bytes,
  conversionKey,
  encodeConversion,
  encodeId,
  encodeRecord,
  encodeSums,
  idKey,
  recordKey,
  tallyKey,
  unrecordedKey,
} from "./keys.ts";
import type { Lives } from "./lives.ts";
import { readCells } from "./scan.ts";
import type { Sweep } from "./sweep.ts";

export class LocalTransfer implements Transfer {
  readonly #database: Database;
  readonly #commit: GroupCommit;
  readonly #lives: Lives;
  readonly #sweep: Sweep;

  constructor(database: Database, commit: GroupCommit, lives: Lives, sweep: Sweep) {
    this.#database = database;
    this.#commit = commit;
    this.#lives = lives;
    this.#sweep = sweep;
  }

  async stage(definition: ForeignExperiment, nowMs: number): Promise<Experiment> {
    const experiment = this.#lives.stage(definition, nowMs);
    await this.#commit.committed();
    return experiment;
  }

  async listStaged(): Promise<readonly Experiment[]> {
    return this.#lives.in("staged").map(({ experiment }) => experiment);
  }

  async loadRecords({ incarnation }: Experiment, records: readonly ClientRecord[]): Promise<void> {
    const batch = this.#database.batch();
    for (const { client, assignment, epoch, day, conversions, id } of records) {
      const record = encodeRecord({ code: assignmentCode(assignment), epoch, day });
      batch.put(bytes(recordKey(incarnation, client)), record);
      if (id !== undefined) batch.put(bytes(idKey(incarnation, client)), encodeId(id));
      for (const conversion of conversions) {
        batch.put(bytes(conversionKey(incarnation, client, conversion.kpi)), encodeConversion(conversion));
      }
    }
    await batch.write(DURABLE);
  }

  async loadTallies({ incarnation }: Experiment, recorded: readonly Tally[], unrecorded: readonly Tally[]) {
    const batch = this.#database.batch();
    for (const tally of recorded) batch.put(bytes(tallyKey(incarnation, tally)), encodeSums(tally));
    for (const tally of unrecorded) batch.put(bytes(unrecordedKey(incarnation, tally)), encodeSums(tally));
    await batch.write(DURABLE);
  }

  async publish({ name, incarnation }: Experiment, nowMs: number, replace: boolean): Promise<PublishOutcome> {
    const move = this.#lives.move(name, { kind: "publish", nowMs, replace }, incarnation);
    await this.#commit.committed();
    return publishOutcome(move);
  }

  discard(staged: Experiment): Promise<void> {
    return this.#sweep.discard(staged);
  }

  async *exportRecords({ incarnation }: Experiment): AsyncIterable<readonly ClientRecord[]> {
    await this.#commit.committed();
    yield* exportRecords(this.#database, incarnation);
  }

  async readTallies({ incarnation }: Experiment): Promise<SplitTallies> {
    await this.#commit.committed();
    return {
      recorded: await readCells(this.#database, "tally", incarnation),
      unrecorded: await readCells(this.#database, "unrecorded", incarnation),
    };
  }
}
