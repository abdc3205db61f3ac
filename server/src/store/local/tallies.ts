/** Tallies on disk. An iterator sees one moment: batches are in it whole or not at all. */
import { isOfExperiment } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { capsOf } from "../../domain/kpi-definition.ts";
import type { Tally } from "../../domain/tally.ts";
import type { Tallies } from "../store.ts";
import { TallySum } from "../tally-sum.ts";
import type { OnUnreadable } from "../transfer.ts";
import type { Database } from "./database.ts";
import { exportRecords } from "./export.ts";
import type { GroupCommit } from "./group-commit.ts";
import { range } from "./keys.ts";
import type { Lives } from "./lives.ts";
import type { Cells } from "./tally-cells.ts";
import { type TallyFamily, talliesIn } from "./tally-entries.ts";

/** Entries fetched from LevelDB at a time: one crossing into native code each. */
const ENTRIES_AT_A_TIME = 1_000;

export function localTallies(database: Database, commit: GroupCommit, lives: Lives, cells: Cells): Tallies {
  return {
    async read(experiment) {
      if (!lives.keeps(experiment)) return [];
      await commit.committed();
      return readTallies(database, experiment.life);
    },

    mark: async ({ life }) => cells.mark(life),

    async recount(experiment, onUnreadable) {
      if (!lives.keeps(experiment)) return [];
      await commit.committed();
      if (experiment.compacted === true) return readTallies(database, experiment.life);
      return countRecords(database, lives.current(experiment), onUnreadable);
    },
  };
}

/** Tallies with and without records behind them, each cell once. */
async function readTallies(database: Database, life: number): Promise<readonly Tally[]> {
  const sum = new TallySum();
  for (const family of ["tally", "unrecorded"] as const) {
    for (const tally of await readCells(database, family, life)) sum.add(tally);
  }
  return sum.tallies();
}

/** Counted from the records, plus what came without records. */
async function countRecords(
  database: Database,
  experiment: Experiment,
  onUnreadable: OnUnreadable | undefined,
): Promise<readonly Tally[]> {
  const { life } = experiment;
  const sum = new TallySum(capsOf(experiment));
  for (const tally of await readCells(database, "unrecorded", life)) sum.add(tally);
  for await (const records of exportRecords(database, experiment, { onUnreadable })) {
    for (const record of records) sum.addRecord(record);
  }
  return sum.tallies();
}

/**
 * @param onUnreadable hears of the key of a cell that was damaged, which is left out then
 * @throws SixpackError experiment-unreadable: nobody hears of it
 */
export async function readCells(
  database: Database,
  family: TallyFamily,
  life: number,
  onUnreadable?: (key: Buffer) => void,
): Promise<readonly Tally[]> {
  const tallies: Tally[] = [];
  const iterator = database.iterator(range(family, life));
  try {
    for (;;) {
      const entries = await iterator.nextv(ENTRIES_AT_A_TIME);
      if (entries.length === 0) return tallies;
      for (const [key, value] of entries) {
        try {
          tallies.push(...talliesIn(key, value));
        } catch (error) {
          if (onUnreadable === undefined || !isOfExperiment(error)) throw error;
          onUnreadable(key);
        }
      }
    }
  } finally {
    await iterator.close();
  }
}
