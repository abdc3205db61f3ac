/** Taking records out again: one client's, or all of a compacted life. */
import type { ClientKey } from "../../domain/digest.ts";
import { type Experiment, withForgotten } from "../../domain/experiment.ts";
import { capsOf } from "../../domain/kpi-definition.ts";
import { countsOf, joiningCounts, type MetricCount, taken } from "../../domain/tally.ts";
import { decodeConversion } from "../record-codec.ts";
import type { ForgetOutcome, Freed } from "../store.ts";
import type { KpiRecord } from "../transfer.ts";
import { type Database, WALK } from "./database.ts";
import { type FoundRecord, findWays } from "./find-record.ts";
import type { GroupCommit } from "./group-commit.ts";
import { conversionKey, idKey, KPI_NUMBER_MAX, range, recordKey } from "./keys.ts";
import { takeLinkOut } from "./link-clients.ts";
import type { Lives } from "./lives.ts";
import { clearRecords } from "./sweep.ts";
import type { Cells } from "./tally-cells.ts";

/** Runs to its end in one turn of the event loop; the caller waits for the commit. */
export function forgetClients(
  commit: GroupCommit,
  cells: Cells,
  lives: Lives,
  experiment: Experiment,
  clients: readonly ClientKey[],
): ForgetOutcome {
  if (!lives.isStored(experiment)) return { kind: "stale" };
  const { life } = experiment;
  const { links, records } = findWays(commit, experiment, clients);
  if (records.length === 0 && links.length === 0) return { kind: "unknown" };
  const found = records.map((record) => ({ ...record, conversions: conversionsOf(commit, life, record.client) }));
  for (const linked of links) {
    takeLinkOut(commit, cells, life, linked);
    dropEntry(commit, life, linked);
  }
  for (const record of found) takeOut(commit, cells, experiment, record);
  const next = { ...withForgotten(experiment), version: experiment.version + 1 };
  lives.replace(next);
  return {
    kind: "forgotten",
    experiment: next,
    clients: [...links, ...records.map(({ client }) => client)],
    wasLinked: records.some(({ joined }) => joined.linkDepth !== undefined),
  };
}

/** @throws SixpackError experiment-unreadable */
function conversionsOf(commit: GroupCommit, life: number, client: ClientKey): readonly KpiRecord[] {
  return Array.from({ length: KPI_NUMBER_MAX + 1 }, (_, kpi) => kpi).flatMap((kpi) => {
    const value = commit.get(conversionKey(life, client, kpi));
    return value === undefined ? [] : [{ kpi, ...decodeConversion(value) }];
  });
}

/** Deletes a record with its conversions, and subtracts its share from the tallies. */
function takeOut(
  commit: GroupCommit,
  cells: Cells,
  experiment: Experiment,
  { client, joined, conversions }: FoundRecord & { readonly conversions: readonly KpiRecord[] },
): void {
  const { life } = experiment;
  const caps = capsOf(experiment);
  const subtract = (counted: readonly MetricCount[]) => cells.add(life, joined, counted.map(taken));
  subtract(joiningCounts(joined));
  dropEntry(commit, life, client);
  for (const { kpi, ...conversion } of conversions) {
    subtract(countsOf(joined, kpi, conversion, caps));
    commit.put(conversionKey(life, client, kpi), null);
  }
}

/** A record or a link, with the id beside it. */
function dropEntry(commit: GroupCommit, life: number, client: ClientKey): void {
  commit.put(recordKey(life, client), null);
  const id = idKey(life, client);
  if (commit.get(id) !== undefined) commit.put(id, null);
}

/** Deletes every record of a life and gives the room back to the disk. */
export async function freeRecords(database: Database, life: number): Promise<Freed> {
  let clients = 0;
  const keys = database.keys({ ...range("record", life), ...WALK });
  try {
    for (;;) {
      const entries = await keys.nextv(KEYS_AT_A_TIME);
      if (entries.length === 0) break;
      clients += entries.length;
    }
  } finally {
    await keys.close();
  }
  const ranges = [range("record", life), range("conversion", life), range("id", life)];
  // What is still in memory is in no file that could be measured.
  for (const { gte, lt } of ranges) await database.compactRange(gte, lt);
  const sizes = await Promise.all(ranges.map(({ gte, lt }) => database.approximateSize(gte, lt)));
  await clearRecords(database, life);
  for (const { gte, lt } of ranges) await database.compactRange(gte, lt);
  return { clients, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** Keys counted at a time. */
const KEYS_AT_A_TIME = 10_000;
