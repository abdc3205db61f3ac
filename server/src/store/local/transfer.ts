/**
 * Loading and unloading lives of the local engine. What is loaded goes to the database past the group commit: nobody reads
 * or writes a staged life but its loader, so a batch of its own, on disk when the call resolves, is all it needs.
 */
import type { Experiment } from "../../domain/experiment.ts";
import type { Tally } from "../../domain/tally.ts";
import { freedMeanwhile, publishOutcome } from "../lives.ts";
import { encodeConversion, encodeLink, encodeRecord } from "../record-codec.ts";
import {
  type ClientRecord,
  type ForeignExperiment,
  isClientLink,
  type OnUnreadable,
  type PublishOutcome,
  type SplitTallies,
  type StoredClient,
  type Transfer,
} from "../transfer.ts";
import { type Database, DURABLE } from "./database.ts";
import { exportConverted, exportRecords } from "./export.ts";
import type { GroupCommit } from "./group-commit.ts";
import { bytes, conversionKey, encodeId, idKey, recordKey } from "./keys.ts";
import type { Lives } from "./lives.ts";
import type { Sweep } from "./sweep.ts";
import { readCells } from "./tallies.ts";
import { tallyEntries } from "./tally-entries.ts";

export function localTransfer(database: Database, commit: GroupCommit, lives: Lives, sweep: Sweep): Transfer {
  return {
    async stage(definition: ForeignExperiment, nowMs: number): Promise<Experiment> {
      const experiment = lives.stage(definition, nowMs);
      await commit.committed();
      return experiment;
    },

    async listStaged(): Promise<readonly Experiment[]> {
      return lives.in("staged").map(({ experiment }) => experiment);
    },

    async loadRecords(staged: Experiment, clients: readonly StoredClient[]): Promise<void> {
      if (!lives.keeps(staged)) throw freedMeanwhile(staged);
      const { life } = staged;
      const batch = database.batch();
      for (const stored of clients) {
        const { client, id } = stored;
        if (id !== undefined) batch.put(bytes(idKey(life, client)), encodeId(id));
        batch.put(bytes(recordKey(life, client)), isClientLink(stored) ? encodeLink(stored) : encodeRecord(stored));
        if (isClientLink(stored)) continue;
        for (const conversion of stored.conversions) {
          batch.put(bytes(conversionKey(life, client, conversion.kpi)), encodeConversion(conversion));
        }
      }
      await batch.write(DURABLE);
    },

    async loadTallies(staged: Experiment, recorded: readonly Tally[], unrecorded: readonly Tally[]) {
      if (!lives.keeps(staged)) throw freedMeanwhile(staged);
      const { life } = staged;
      const batch = database.batch();
      for (const [key, value] of tallyEntries("tally", life, recorded)) batch.put(key, value);
      for (const [key, value] of tallyEntries("unrecorded", life, unrecorded)) batch.put(key, value);
      await batch.write(DURABLE);
    },

    async publish({ name, life }: Experiment, nowMs: number, replace: boolean): Promise<PublishOutcome> {
      const move = lives.move(name, { kind: "publish", nowMs, replace }, life);
      await commit.committed();
      return publishOutcome(move);
    },

    discard: (staged) => sweep.discard(staged),

    async *exportRecords(experiment: Experiment, onUnreadable?: OnUnreadable): AsyncIterable<readonly StoredClient[]> {
      await commit.committed();
      yield* exportRecords(database, lives.current(experiment), { onUnreadable });
    },

    async *exportConverted(
      experiment: Experiment,
      onUnreadable?: OnUnreadable,
    ): AsyncIterable<readonly ClientRecord[]> {
      await commit.committed();
      yield* exportConverted(database, lives.current(experiment), { onUnreadable });
    },

    async readTallies({ life }: Experiment): Promise<SplitTallies> {
      await commit.committed();
      return {
        recorded: await readCells(database, "tally", life),
        unrecorded: await readCells(database, "unrecorded", life),
      };
    },
  };
}
