/** Exports experiments from a store as the lines of a file. */
import { isOfExperiment, reasonOf } from "../../../domain/errors.ts";
import type { Experiment } from "../../../domain/experiment.ts";
import { capsOf } from "../../../domain/kpi-definition.ts";
import { tallyDifferences } from "../../../domain/tally-differences.ts";
import { ACTIVITY_MAX } from "../../../store/activity.ts";
import type { Store } from "../../../store/store.ts";
import type { UnreadableExperiment } from "../../../store/stored-schema.ts";
import { TallySum, tallyDigest } from "../../../store/tally-sum.ts";
import { isClientLink, type SplitTallies, type StoredClient } from "../../../store/transfer.ts";
import type { AdministerContext } from "../../administer/act.ts";
import { findExperiment } from "../../find-experiment.ts";
import { unlessUnreadable } from "../../unless-unreadable.ts";
import { clientLine, FORMAT, type Line, tallyLine } from "./file-format.ts";

export interface ExportOptions {
  /** Which experiments; all when empty. */
  readonly names: readonly string[];
  /** Of the software that writes the file. */
  readonly version: string;
  /** Hears of each experiment that can't be in the file. @default nobody */
  readonly onUnreadable?: (experiment: UnreadableExperiment) => void;
  /**
   * Hears of each experiment that is in the file. `exact` is false where clients took part meanwhile (those of an epoch or KPI
   * that began meanwhile are left out), or where the records of some, `unreadable` of them, make no sense and are left out.
   */
  readonly onExported: (experiment: Experiment, records: number, exact: boolean, unreadable: number) => void;
}

/** Pieces of the file, each some whole lines. @throws SixpackError experiment-not-found, store-unavailable */
export async function* exportFile(
  { store, clock }: AdministerContext,
  { names, version, onExported, onUnreadable = () => {} }: ExportOptions,
): AsyncIterable<string> {
  const experiments = await chosen(store, names);
  const incomplete: string[] = [];
  const leaveOut = (experiment: UnreadableExperiment): void => {
    incomplete.push(experiment.name);
    onUnreadable(experiment);
  };
  if (names.length === 0) for (const unreadable of await store.definitions.listUnreadable()) leaveOut(unreadable);
  yield text([{ kind: "header", format: FORMAT, exportedAt: new Date(clock.nowMs()).toISOString(), version }]);
  let exported = 0;
  for (const listed of experiments) {
    // Those before it may have taken minutes.
    const experiment = (await unlessUnreadable(store.definitions.read(listed.name), undefined)) ?? listed;
    // Before its first line, so that one whose tallies make no sense costs no other.
    const before = await store.transfer.readTallies(experiment).catch((error: unknown) => {
      if (names.length > 0 || !isOfExperiment(error)) throw error;
      leaveOut({ name: experiment.name, reason: reasonOf(error) });
      return undefined;
    });
    if (before === undefined) continue;
    yield* exportOne(store, experiment, before, (...told) => {
      const [{ name }, _records, _exact, unreadable] = told;
      if (unreadable > 0) incomplete.push(name);
      onExported(...told);
    });
    exported += 1;
  }
  yield text([{ kind: "footer", experiments: exported, ...(incomplete.length > 0 && { incomplete }) }]);
}

async function chosen(store: Store, names: readonly string[]): Promise<readonly Experiment[]> {
  if (names.length === 0) {
    return (await store.definitions.list()).toSorted((left, right) => (left.name < right.name ? -1 : 1));
  }
  return Promise.all(names.map((name) => findExperiment({ store }, name)));
}

async function* exportOne(
  store: Store,
  experiment: Experiment,
  before: SplitTallies,
  onExported: ExportOptions["onExported"],
): AsyncIterable<string> {
  const { life: _, version: __, ...definition } = experiment;
  yield text([{ kind: "experiment", definition }]);
  const counted = new TallySum(capsOf(experiment));
  let records = 0;
  let unreadable = 0;
  const onUnreadable = () => {
    unreadable += 1;
  };
  for await (const stored of store.transfer.exportRecords(experiment, onUnreadable)) {
    const batch = stored.flatMap((one) => knownTo(experiment, one));
    for (const record of batch) counted.addRecord(record);
    records += batch.length;
    if (batch.length > 0) yield text(batch.map(clientLine));
  }
  const after = await store.transfer.readTallies(experiment);
  // A compacted life has no records to hold its tallies to.
  const agrees =
    unreadable === 0 &&
    (experiment.compacted === true || tallyDifferences(after.recorded, counted.tallies()).length === 0);
  const exact = agrees && digestOf(before) === digestOf(after);
  const recorded = exact ? after.recorded.map((tally) => tallyLine(tally, false)) : [];
  yield text([...recorded, ...after.unrecorded.map((tally) => tallyLine(tally, true))]);
  yield text(await activity(store, experiment));
  yield text([{ kind: "end", records, digest: exact ? digestOf(after) : null }]);
  onExported(experiment, records, exact, unreadable);
}

/**
 * As much of what lies under a client as the definition in the file knows of: an epoch or a KPI may begin while the records are
 * read, and no import would take what is of it.
 */
function knownTo({ epochs, kpis }: Experiment, stored: StoredClient): readonly StoredClient[] {
  const joined = isClientLink(stored) ? stored.conflict?.takenOut : stored;
  if (joined !== undefined && joined.epoch >= epochs.length) return [];
  if (isClientLink(stored) || stored.conversions.every(({ kpi }) => kpi < kpis.length)) return [stored];
  return [{ ...stored, conversions: stored.conversions.filter(({ kpi }) => kpi < kpis.length) }];
}

function digestOf({ recorded, unrecorded }: SplitTallies): string {
  return tallyDigest([...recorded, ...unrecorded]);
}

async function activity(store: Store, { name }: Experiment): Promise<readonly Line[]> {
  const entries = await store.activity.read({ experiment: name, limit: ACTIVITY_MAX });
  return entries.toReversed().map(({ experiment: _, ...entry }) => ({ kind: "activity", entry }));
}

function text(lines: readonly Line[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}
