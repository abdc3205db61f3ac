/** Walks over a life on disk. An iterator sees one moment: batches are in it whole or not at all. */
import type { Tally } from "../../domain/tally.ts";
import { TallySum } from "../tally-sum.ts";
import type { Database } from "./database.ts";
import { decodeSums, decodeTallyKey, type Family, range } from "./keys.ts";

/** Entries fetched from LevelDB at a time: one crossing into native code each. */
const ENTRIES_AT_A_TIME = 1_000;

/** Tallies with and without records behind them, each cell once. */
export async function readTallies(database: Database, incarnation: number): Promise<readonly Tally[]> {
  const sum = new TallySum();
  for (const family of ["tally", "unrecorded"] as const) {
    for (const tally of await readCells(database, family, incarnation)) sum.add(tally);
  }
  return sum.tallies();
}

export async function readCells(
  database: Database,
  family: Extract<Family, "tally" | "unrecorded">,
  incarnation: number,
): Promise<readonly Tally[]> {
  const tallies: Tally[] = [];
  const iterator = database.iterator(range(family, incarnation));
  try {
    for (;;) {
      const entries = await iterator.nextv(ENTRIES_AT_A_TIME);
      if (entries.length === 0) return tallies;
      for (const [key, value] of entries) tallies.push({ ...decodeTallyKey(key), ...decodeSums(value) });
    }
  } finally {
    await iterator.close();
  }
}
