/** Forgets a client: deletes everything that is stored about it, in every experiment. */
import { clientKey, digestOf } from "../../domain/digest.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { ClientId, ExperimentName } from "../../domain/names.ts";
import type { Store } from "../../store/store.ts";
import { UNSETTLED, untilSettled } from "../change.ts";
import { type AdministerContext, log } from "./act.ts";

/** Hexadecimal digits of a client's key in the log: enough to show that it was done, too few to identify the client. */
const DIGITS_IN_LOG = 6;

/**
 * Removes the client's records from experiments that are live, that were removed and could be restored, and that are
 * being loaded; tallies no longer count it. The activity log says so without naming the client.
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
    if (!(await forgetIn(context.store, experiment, client))) continue;
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

async function forgetIn(store: Store, experiment: Experiment, client: ClientId): Promise<boolean> {
  const key = clientKey(digestOf(experiment.name, client));
  let known: Experiment | undefined = experiment;
  return untilSettled(experiment.name, async () => {
    // Swept away meanwhile, its records with it.
    if (known === undefined) return false;
    const { kind } = await store.records.forget(known, key);
    if (kind !== "stale") return kind === "forgotten";
    known = (await lives(store)).find(({ life }) => life === experiment.life);
    return UNSETTLED;
  });
}
