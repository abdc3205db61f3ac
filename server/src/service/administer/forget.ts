/** Forgets a client: deletes everything that is stored about it, in every experiment. */
import { type ClientKey, clientKey, digestOf } from "../../domain/digest.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { ClientId, ExperimentName } from "../../domain/names.ts";
import { FORGOTTEN_MAX, type ForgetOutcome, type Store } from "../../store/store.ts";
import { isClientLink } from "../../store/transfer.ts";
import { UNSETTLED, untilSettled } from "../change.ts";
import { log } from "../logged-change.ts";
import type { AdministerContext } from "./act.ts";

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
    await log(context, { actor }, name, { action: "forget", before: `client ${digits}…`, after: null });
    forgotten.push(name);
  }
  return forgotten;
}

/** Live, removed and staged ones. */
async function lives(store: Store): Promise<readonly Experiment[]> {
  const removed = (await store.lives.listRemoved()).map(({ experiment }) => experiment);
  return [...(await store.definitions.list()), ...removed, ...(await store.transfer.listStaged())];
}

/** Forgets what a person's ids stand for in one life. @returns whether there was anything */
async function forgetIn(store: Store, experiment: Experiment, key: ClientKey): Promise<boolean> {
  const gone = await forgetSome(store, experiment, [key]);
  if (gone === undefined) return false;
  const left = [...(await leftBehind(store, gone))];
  let known = gone.experiment;
  for (let start = 0; start < left.length; start += FORGOTTEN_MAX) {
    const more = await forgetSome(store, known, left.slice(start, start + FORGOTTEN_MAX));
    known = more?.experiment ?? known;
  }
  return true;
}

type Forgotten = Extract<ForgetOutcome, { kind: "forgotten" }>;

async function forgetSome(
  store: Store,
  experiment: Experiment,
  clients: readonly ClientKey[],
): Promise<Forgotten | undefined> {
  let known: Experiment | undefined = experiment;
  return untilSettled(experiment.name, async () => {
    // Swept away meanwhile, its records with it.
    if (known === undefined) return undefined;
    const outcome = await store.records.forget(known, ...clients);
    if (outcome.kind === "forgotten") return outcome;
    if (outcome.kind === "unknown") return undefined;
    known = (await lives(store)).find(({ life }) => life === experiment.life);
    return UNSETTLED;
  });
}

/**
 * A person's other ids, which lead to a record that is gone, and would go on counting as one who saw two alternatives. What
 * lies under an id names where it leads, not what leads to it, so all are looked through once, where anybody was in conflict.
 */
async function leftBehind(store: Store, { experiment, clients }: Forgotten): Promise<ReadonlySet<ClientKey>> {
  const left = new Set<ClientKey>();
  const tallies = await store.tallies.read(experiment);
  if (!tallies.some(({ subset }) => subset.kind === "taken-out")) return left;
  const leading = new Map<ClientKey, ClientKey[]>();
  for await (const stored of store.transfer.exportRecords(experiment, () => {})) {
    for (const { client, to } of stored.filter(isClientLink)) {
      const known = leading.get(to);
      if (known === undefined) leading.set(to, [client]);
      else known.push(client);
    }
  }
  const follow = (to: ClientKey): void => {
    for (const client of leading.get(to) ?? []) left.add(client);
  };
  for (const client of clients) follow(client);
  // A set goes on with what is added while it is gone through.
  for (const client of left) follow(client);
  return left;
}
