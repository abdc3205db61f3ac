/** Forgets a client: deletes everything that is stored about it, in every experiment. */
import { type ClientKey, clientKey, clientOfHex, digestOf, hexOf } from "../../domain/digest.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { ClientId, ExperimentName } from "../../domain/names.ts";
import { FORGOTTEN_MAX, type ForgetOutcome, type Store } from "../../store/store.ts";
import { isClientLink } from "../../store/transfer.ts";
import { UNSETTLED, untilSettled } from "../change.ts";
import { clientInLog, log } from "../logged-change.ts";
import type { AdministerContext } from "./act.ts";

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
  const begun = await context.store.notes.read(FAMILY);
  for (const experiment of await lives(context.store)) {
    const { name } = experiment;
    const key = clientKey(digestOf(name, client));
    if (!(await forgetIn(context.store, experiment, key, begun))) continue;
    await log(context, { actor }, name, { action: "forget", before: clientInLog(key), after: null });
    forgotten.push(name);
  }
  return forgotten;
}

/** Live, removed and staged ones. */
async function lives(store: Store): Promise<readonly Experiment[]> {
  const removed = (await store.lives.listRemoved()).map(({ experiment }) => experiment);
  return [...(await store.definitions.list()), ...removed, ...(await store.transfer.listStaged())];
}

/**
 * What is to be forgotten of a person with more ids than go at once, by life and id: the first of them take along what leads
 * to the rest.
 */
const FAMILY = "forgetting";

/**
 * Forgets what a person's ids stand for in one life.
 * @param notes of those that were begun, maybe not to the end
 * @returns whether there was anything
 */
async function forgetIn(
  store: Store,
  experiment: Experiment,
  key: ClientKey,
  notes: ReadonlyMap<string, string>,
): Promise<boolean> {
  const name = `${experiment.life}.${hexOf(key)}`;
  const begun = notes.get(name);
  let ids =
    begun === undefined ? [key, ...(await otherIds(store, experiment, key))] : begun.split(" ").map(clientOfHex);
  let isFound = false;
  for (let note = begun; ids.length > 0; note = undefined) {
    const { clients, wasLinked } = await forgetAll(store, experiment, ids, name, note);
    isFound ||= clients.length > 0;
    // Another id may have been linked since these were looked for. To a record that is gone none is.
    ids = wasLinked || note !== undefined ? await leadingTo(store, experiment, [...ids, ...clients]) : [];
  }
  return isFound;
}

/** @param begun the note of it, where there is one already */
async function forgetAll(
  store: Store,
  experiment: Experiment,
  ids: readonly ClientKey[],
  name: string,
  begun: string | undefined,
): Promise<Pick<Forgotten, "clients" | "wasLinked">> {
  const note = ids.map(hexOf).join(" ");
  const isLong = ids.length > FORGOTTEN_MAX;
  if (isLong && begun === undefined) await store.notes.swap(FAMILY, name, null, note);
  let known = experiment;
  let wasLinked = false;
  const clients: ClientKey[] = [];
  for (let start = 0; start < ids.length; start += FORGOTTEN_MAX) {
    const gone = await forgetSome(store, known, ids.slice(start, start + FORGOTTEN_MAX));
    if (gone === undefined) continue;
    clients.push(...gone.clients);
    wasLinked ||= gone.wasLinked;
    known = gone.experiment;
  }
  if (isLong) await store.notes.swap(FAMILY, name, note, null);
  return { clients, wasLinked };
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

/** A person's other ids, which lead to the same record. */
async function otherIds(store: Store, experiment: Experiment, key: ClientKey): Promise<readonly ClientKey[]> {
  const record = await store.records.find(experiment, key);
  if ((record?.linkDepth ?? 0) === 0 || record === undefined) return [];
  // The record goes with the id that was named, and so do the links on the way to it.
  return (await leadingTo(store, experiment, [record.client])).filter((id) => id !== key);
}

/**
 * The ids that lead to some others, however far. What lies under an id names where it leads, not what leads to it, so all
 * are looked through.
 */
async function leadingTo(store: Store, experiment: Experiment, to: readonly ClientKey[]): Promise<ClientKey[]> {
  const leading = new Map<ClientKey, ClientKey[]>();
  for await (const stored of store.transfer.exportRecords(experiment, () => {})) {
    for (const link of stored.filter(isClientLink)) {
      const known = leading.get(link.to);
      if (known === undefined) leading.set(link.to, [link.client]);
      else known.push(link.client);
    }
  }
  // A set goes on with what is added while it is gone through.
  const ids = new Set(to);
  for (const id of ids) for (const client of leading.get(id) ?? []) ids.add(client);
  for (const id of to) ids.delete(id);
  return [...ids];
}
