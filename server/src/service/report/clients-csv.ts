/** Everything that is stored about the clients of an experiment, a row per client, to be joined with your own data. */
import type { Assignment } from "../../domain/assignment.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { dayText } from "../../domain/period.ts";
import { segmentName } from "../../domain/segments.ts";
import { nextTurn } from "../../lib/next-turn.ts";
import type { Store } from "../../store/store.ts";
import { type ClientRecord, isClientRecord } from "../../store/transfer.ts";
import { csv } from "./csv.ts";

type Cell = string | number;

/** Stand in place of an alternative. No alternative can have a bracket in its name. */
const OUTSIDE = "(excluded)";
const UNREADABLE = "(unreadable)";

/** Rows made in one turn of the event loop: about a millisecond. */
const ROWS_PER_TURN = 100;

/**
 * Pieces of the file, each some whole rows, in no particular order of clients: `client_id` (empty for a client that was
 * recorded while ids were not kept), `alternative`, `epoch`, the day on which it `joined`, per dimension the value of
 * its segment, its `covariate` where any have one, and per KPI the `day` of the first event, the number of `events` and
 * the `total` of their values; `<kpi>:` in front for all but the default KPI. A client whose record makes no sense is a
 * row that says so. Memory is that of one batch of the store, whatever the number of clients.
 */
export async function exportClientsCsv(
  { transfer, tallies }: Pick<Store, "transfer" | "tallies">,
  experiment: Experiment,
): Promise<AsyncIterable<string>> {
  // Before the first piece, so that tallies that can't be read are refused before an answer begins.
  const hasCovariates = (await tallies.read(experiment)).some(({ subset }) => subset.kind === "covariate");
  return piecesOf(transfer, experiment, hasCovariates);
}

async function* piecesOf(
  transfer: Store["transfer"],
  experiment: Experiment,
  hasCovariates: boolean,
): AsyncIterable<string> {
  const columns = columnsOf(experiment, hasCovariates);
  yield csv([columns]);
  let unreadable = 0;
  const onUnreadable = () => {
    unreadable += 1;
  };
  for await (const clients of transfer.exportRecords(experiment, onUnreadable)) {
    const records = clients.filter(isClientRecord);
    for (let start = 0; start < records.length; start += ROWS_PER_TURN) {
      yield csv(records.slice(start, start + ROWS_PER_TURN).map((record) => rowOf(experiment, record, hasCovariates)));
      await nextTurn();
    }
    for (; unreadable > 0; unreadable -= 1) yield csv([columns.map((_, at) => (at === 1 ? UNREADABLE : ""))]);
  }
}

function columnsOf(experiment: Experiment, hasCovariates: boolean): readonly string[] {
  const ofKpi = (prefix: string) => [`${prefix}day`, `${prefix}events`, `${prefix}total`];
  const columns = experiment.kpis.map(({ name }) => (name === null ? "" : `${name}:`)).flatMap(ofKpi);
  const segments = (experiment.dimensions ?? []).map(({ name }) => `segment.${name}`);
  return [
    "client_id",
    "alternative",
    "epoch",
    "joined",
    ...segments,
    ...(hasCovariates ? ["covariate"] : []),
    ...columns,
  ];
}

function rowOf(experiment: Experiment, record: ClientRecord, hasCovariates: boolean): Cell[] {
  const { id, assignment, epoch, day, segments = [], covariate = "", conversions } = record;
  const reached: Cell[] = new Array(3 * experiment.kpis.length).fill("");
  for (const { kpi, day: first, events, total } of conversions) {
    // A KPI that is newer than the head of the file has no columns.
    if (kpi < experiment.kpis.length) reached.splice(3 * kpi, 3, dayText(first), events, total);
  }
  // Who joined before a dimension was declared has no value in it.
  const values = (experiment.dimensions ?? []).map((dimension, at) => {
    const value = segments[at];
    return value === undefined ? "" : segmentName(dimension, value);
  });
  return [
    id ?? "",
    nameOf(experiment, assignment),
    epoch,
    dayText(day),
    ...values,
    ...(hasCovariates ? [covariate] : []),
    ...reached,
  ];
}

function nameOf({ alternatives }: Experiment, assignment: Assignment): string {
  return assignment.kind === "excluded" ? OUTSIDE : (alternatives[assignment.index]?.name ?? "");
}
