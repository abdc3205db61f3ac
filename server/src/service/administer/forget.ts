/** Forgets a client: deletes everything that is stored about it, in every experiment. */
import { type ClientKey, clientKey, digestOf } from "../../domain/digest.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { ClientId, ExperimentName } from "../../domain/names.ts";
import type { Store } from "../../store/store.ts";
import { isClientLink } from "../../store/transfer.ts";
import { UNSETTLED, untilSettled } from "../change.ts";
import { type AdministerContext, log } from "./act.ts";

/** Hexadecimal digits of a client's key in the log: enough to show that it was done, too few to identify the client. */
const DIGITS_IN_LOG = 6;

/**
 * Removes the client, with every id that is linked to it, from experiments that are live, that were removed and could be
 * restored, and that are being loaded; tallies no longer count it. The activity log says so without naming the client.
 * @returns names of the experiments that had a record, one for each life
 * @throws SixpackError experiment-busy, store-unavailable. Calling again goes on.
 */
export async function forgetClient(
  context: AdministerContext,
  client: ClientId,
  actor: string,
): Promise<readonly ExperimentName[]> {
  const forgotten: ExperimentName[] = [];
  for (const experiment of await lives(context.store)) {
    const { name } = experiment;
    const key = clientKey(digestOf(name, client));
    if (!(await forgetIn(context.store, experiment, key))) continue;
    const digits = Buffer.from(key, "latin1").toString("hex").slice(0, DIGITS_IN_LOG);
    await log(context, { name, actor }, name, { action: "forget", before: `client ${digits}…`, after: null });
    forgotten.push(name);
  }
  return forgotten;
}

/** Live, removed and staged ones. */
async function lives(store: Store): Promise<readonly Experiment[]> {
  const removed = (await store.lives.listRemoved()).map(({ experiment }) => experiment);
  return [...(await store.definitions.list()), ...removed, ...(await store.transfer.listStaged())];
}

async function forgetIn(store: Store, experiment: Experiment, key: ClientKey): Promise<boolean> {
  let known: Experiment | undefined = experiment;
  return untilSettled(experiment.name, async () => {
    // Swept away meanwhile, its records with it.
    if (known === undefined) return false;
    const outcome = await store.records.forget(known, key);
    if (outcome.kind === "forgotten") await forgetLeft(store, outcome.experiment, outcome.clients);
    if (outcome.kind !== "stale") return outcome.kind === "forgotten";
    known = (await lives(store)).find(({ life }) => life === experiment.life);
    return UNSETTLED;
  });
}

/**
 * A person's other ids, which lead to a record that is gone, and would go on counting as one who saw two alternatives. What
 * lies under an id names where it leads, not what leads to it, so all are looked through, where anybody was in conflict.
 */
async function forgetLeft(store: Store, experiment: Experiment, gone: readonly ClientKey[]): Promise<void> {
  const tallies = await store.tallies.read(experiment);
  if (!tallies.some(({ slice }) => slice.kind === "taken-out")) return;
  const leadsTo = new Map<ClientKey, ClientKey>();
  for await (const stored of store.transfer.exportRecords(experiment, () => {})) {
    for (const each of stored) if (isClientLink(each)) leadsTo.set(each.client, each.to);
  }
  const isLeft = (client: ClientKey, way: readonly ClientKey[] = []): boolean => {
    const to = leadsTo.get(client);
    if (to === undefined || way.includes(to)) return false;
    return gone.includes(to) || isLeft(to, [...way, to]);
  };
  for (const client of leadsTo.keys()) if (isLeft(client)) await forgetIn(store, experiment, client);
}
