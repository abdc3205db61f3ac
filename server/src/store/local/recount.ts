/** Counts the records of a life anew, to hold the tallies to them. */
import type { Tally } from "../../domain/tally.ts";
import { TallySum } from "../tally-sum.ts";
import type { Database } from "./database.ts";
import { exportRecords } from "./export.ts";
import { readCells } from "./scan.ts";

/** On top of what came without records. */
export async function countRecords(database: Database, incarnation: number): Promise<readonly Tally[]> {
  const sum = new TallySum();
  for (const tally of await readCells(database, "unrecorded", incarnation)) sum.add(tally);
  for await (const records of exportRecords(database, incarnation)) {
    for (const record of records) sum.addRecord(record);
  }
  return sum.tallies();
}
