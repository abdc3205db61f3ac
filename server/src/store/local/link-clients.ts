/** Carrying out what becomes of two linked ids, in one turn of the event loop. */
import type { ClientKey } from "../../domain/digest.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { capsOf } from "../../domain/kpi-definition.ts";
import { taken, takenOut } from "../../domain/tally.ts";
import { type LinkedClient, type LinkPlan, type NoLink, planLink, type Side } from "../link-plan.ts";
import { decodeLink, encodeConversion, encodeLink, encodeRecord, isLink } from "../record-codec.ts";
import { isClientLink, type LinkTarget } from "../transfer.ts";
import { findWholeRecord } from "./find-record.ts";
import type { GroupCommit } from "./group-commit.ts";
import { conversionKey, encodeId, idKey, recordKey } from "./keys.ts";
import type { Recaps } from "./recap.ts";
import type { Cells } from "./tally-cells.ts";

/** Runs to its end in one turn; the caller waits for the commit. */
export function linkClients(
  commit: GroupCommit,
  cells: Cells,
  recaps: Recaps,
  experiment: Experiment,
  one: LinkedClient,
  other: LinkedClient,
): LinkPlan | NoLink {
  const { life } = experiment;
  const [its, others] = [sideOf(commit, experiment, one.client), sideOf(commit, experiment, other.client)];
  const plan = planLink(its, others, capsOf(experiment));
  if (!("writes" in plan)) return plan;
  for (const { record } of [its, others]) if (record !== undefined) recaps.touch(life, record.client);
  for (const stored of plan.writes) {
    if (!isClientLink(stored)) {
      commit.put(recordKey(life, stored.client), encodeRecord(stored));
      for (const { kpi, ...reached } of stored.conversions) {
        commit.put(conversionKey(life, stored.client, kpi), encodeConversion(reached));
      }
      continue;
    }
    const isNew = commit.get(recordKey(life, stored.client)) === undefined;
    commit.put(recordKey(life, stored.client), encodeLink(stored));
    const gone = [its.record, others.record].find((record) => record?.client === stored.client);
    for (const { kpi } of gone?.conversions ?? []) commit.put(conversionKey(life, stored.client, kpi), null);
    const id = [one, other].find(({ client }) => client === stored.client)?.id;
    if (isNew && id !== undefined) commit.put(idKey(life, stored.client), encodeId(id));
  }
  for (const tally of plan.tallies) cells.add(life, tally, [tally]);
  return plan;
}

function sideOf(commit: GroupCommit, experiment: Experiment, client: ClientKey): Side {
  const link = linkUnder(commit, experiment.life, client);
  return { client, record: findWholeRecord(commit, experiment, client), link };
}

function linkUnder(commit: GroupCommit, life: number, client: ClientKey): LinkTarget | undefined {
  const value = commit.get(recordKey(life, client));
  return value !== undefined && isLink(value) ? decodeLink(value) : undefined;
}

/** Takes what a link counts for out of the tallies, before it goes. */
export function takeLinkOut(commit: GroupCommit, cells: Cells, life: number, client: ClientKey): void {
  const conflict = linkUnder(commit, life, client)?.conflict;
  if (conflict === undefined) return;
  const out = takenOut(conflict.kept, conflict.takenOut);
  cells.add(life, out, [taken(out)]);
}
