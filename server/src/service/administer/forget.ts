/** Forgets a client: deletes everything that is stored about it, in every experiment. */
import { type ClientKey, clientKey, clientOfHex, digestOf, hexOf } from "../../domain/digest.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { ClientId, ExperimentName } from "../../domain/names.ts";
import { FORGOTTEN_MAX, type ForgetOutcome, type Store } from "../../store/store.ts";
import { type ClientRecord, isClientLink } from "../../store/transfer.ts";
import { UNSETTLED, untilSettled } from "../change.ts";
import { clientInLog, logDone } from "../logged-change.ts";
import type { AdministerContext } from "./act.ts";

/**
 * Removes the client, with every id that is linked to it, from experiments that are live, that were removed and could be
 * restored, and that are being loaded; tallies no longer count it. The activity log says so without naming the client.
 * @returns names of the experiments that had a record, one for each life
 * @throws SixpackError experiment-busy, store-unavailable. Calling again goes on.
 * @throws SixpackError not-logged: it is removed from all of them
 */
export async function forgetClient(
  context: AdministerContext,
  client: ClientId,
  actor: string,
): Promise<readonly ExperimentName[]> {
  const forgotten: ExperimentName[] = [];
  const unlogged: unknown[] = [];
  const begun = await context.store.notes.read(FAMILY);
  for (const experiment of await lives(context.store)) {
    const { name } = experiment;
    const key = clientKey(digestOf(name, client));
    if (!(await forgetIn(context.store, experiment, key, begun))) continue;
    forgotten.push(name);
    const entry = { action: "forget", before: clientInLog(key), after: null };
    // What the log lacks keeps nobody from being forgotten in the others.
    await logDone(context, { actor }, name, entry).catch((error: unknown) => unlogged.push(error));
  }
  if (unlogged.length > 0) throw unlogged[0];
  return forgotten;
}

/** Live, removed and staged ones. */
async function lives(store: Store): Promise<readonly Experiment[]> {
  const removed = (await store.lives.listRemoved()).map(({ experiment }) => experiment);
  return [...(await store.definitions.list()), ...removed, ...(await store.transfer.listStaged())];
}

/**
 * The ids of whoever is being forgotten, by life and id: those that go first take along what leads to the rest, and to those
 * that are linked meanwhile.
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
  const record = begun === undefined ? await store.records.find(experiment, key) : undefined;
  const ids = new Set(begun?.split(" ").map(clientOfHex) ?? [key, ...(await otherIds(store, experiment, key, record))]);
  let note = begun ?? null;
  let isFound = false;
  for (let next = [...ids]; next.length > 0; ) {
    // To an id without a record none can be linked meanwhile.
    if (begun !== undefined || record !== undefined) {
      const known = [...ids].map(hexOf).join(" ");
      if (known !== note) await store.notes.swap(FAMILY, name, note, known);
      note = known;
    }
    const { clients, wasLinked } = await forgetAll(store, experiment, next);
    isFound ||= clients.length > 0;
    next = wasLinked || begun !== undefined ? await leadingTo(store, experiment, [...ids, ...clients]) : [];
    for (const id of next) ids.add(id);
  }
  if (note !== null) await store.notes.swap(FAMILY, name, note, null);
  return isFound;
}

/** So many at a time as the store takes. */
async function forgetAll(
  store: Store,
  experiment: Experiment,
  ids: readonly ClientKey[],
): Promise<Pick<Forgotten, "clients" | "wasLinked">> {
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
async function otherIds(
  store: Store,
  experiment: Experiment,
  key: ClientKey,
  record: ClientRecord | undefined,
): Promise<readonly ClientKey[]> {
  if (record?.linkDepth === undefined) return [];
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
