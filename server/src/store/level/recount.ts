/** Counts the records of a life anew, to hold the tallies to them. */
import { assignmentCode } from "../../domain/assignment.ts";
import { PARTICIPATION, type Tally } from "../../domain/tally.ts";
import { TallySum } from "../tally-sum.ts";
import { exportRecords } from "./export.ts";
import type { Database } from "./group-commit.ts";
import { readCells } from "./scan.ts";

/** On top of what came without records. */
export async function countRecords(database: Database, incarnation: number): Promise<readonly Tally[]> {
  const counts = new TallySum();
  for (const tally of await readCells(database, "unrecorded", incarnation)) counts.add(tally);
  for await (const records of exportRecords(database, incarnation)) {
    for (const { assignment: of, epoch, day, conversions } of records) {
      const assignment = assignmentCode(of);
      counts.add({ epoch, assignment, metric: PARTICIPATION, day, clients: 1, events: 1, sum: 0, squares: 0 });
      for (const { kpi, day: firstDay, events, total } of conversions) {
        const squares = total * total;
        counts.add({ epoch, assignment, metric: kpi, day: firstDay, clients: 1, events, sum: total, squares });
      }
    }
  }
  return counts.tallies();
}
