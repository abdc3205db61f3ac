/** Counts the records of a life anew, to hold the tallies to them. */
import { PARTICIPATION, type Tally } from "../../domain/tally.ts";
import type { Database } from "./group-commit.ts";
import { bytes, decodeConversion, decodeConversionKey, decodeRecord, range, recordKey, tallyKey } from "./keys.ts";

export async function countRecords(database: Database, incarnation: number): Promise<readonly Tally[]> {
  const snapshot = database.snapshot();
  const counts = new Map<string, Tally>();
  const add = (tally: Tally) => {
    const key = tallyKey(incarnation, tally);
    const before = counts.get(key);
    counts.set(key, {
      ...tally,
      clients: tally.clients + (before?.clients ?? 0),
      events: tally.events + (before?.events ?? 0),
      sum: tally.sum + (before?.sum ?? 0),
      squares: tally.squares + (before?.squares ?? 0),
    });
  };
  try {
    for await (const value of database.values({ ...range("record", incarnation), snapshot, fillCache: false })) {
      const { code, epoch, day } = decodeRecord(value);
      add({ epoch, assignment: code, metric: PARTICIPATION, day, clients: 1, events: 1, sum: 0, squares: 0 });
    }
    for await (const [key, value] of database.iterator({
      ...range("conversion", incarnation),
      snapshot,
      fillCache: false,
    })) {
      const { client, kpi } = decodeConversionKey(key);
      const record = await database.get(bytes(recordKey(incarnation, client)), { snapshot });
      if (record === undefined) continue;
      const { code, epoch } = decodeRecord(record);
      const { day, events, total } = decodeConversion(value);
      add({ epoch, assignment: code, metric: kpi, day, clients: 1, events, sum: total, squares: total * total });
    }
  } finally {
    await snapshot.close();
  }
  return [...counts.values()];
}
