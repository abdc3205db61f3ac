/** Walks over the client records of a life, each put together with its conversions and id. */
import type { ClientKey } from "../../domain/digest.ts";
import { nextTurn } from "../../lib/next-turn.ts";
import { type RecordsOf, readableClient } from "../kept-bytes.ts";
import { decodeConversion, decodeLink, decodeRecord, isLink } from "../record-codec.ts";
import {
  type ClientRecord,
  isClientRecord,
  type KpiRecord,
  type OnUnreadable,
  type StoredClient,
  wholeRecord,
} from "../transfer.ts";
import { type Database, WALK } from "./database.ts";
import { bytes, decodeClient, decodeConversionKey, decodeId, type Family, range, recordKey } from "./keys.ts";

/** Entries fetched from LevelDB at a time: each time costs two changes of thread. */
const FETCHED_AT_A_TIME = 1_000;
/** Records put together and given out at a time: a millisecond, for which calls wait. */
const GIVEN_AT_A_TIME = 250;

type Entry = readonly [Buffer, Buffer];
export type Snapshot = ReturnType<Database["snapshot"]>;

interface WalkOptions {
  /** As of which everything is read; left out, now. */
  readonly moment?: Snapshot;
  readonly onUnreadable?: OnUnreadable | undefined;
}

const NONE: readonly Entry[] = [];

/**
 * The three families sort by client alike, so their iterators walk side by side.
 */
export async function* exportRecords(
  database: Database,
  experiment: RecordsOf,
  { moment, onUnreadable }: WalkOptions = {},
): AsyncIterable<readonly StoredClient[]> {
  const { life } = experiment;
  const snapshot = moment ?? database.snapshot();
  const records = iterate(database, "record", life, snapshot);
  const conversions = new Beside(iterate(database, "conversion", life, snapshot));
  const ids = new Beside(iterate(database, "id", life, snapshot));
  try {
    for (;;) {
      const entries = await records.nextv(FETCHED_AT_A_TIME);
      if (entries.length === 0) return;
      let batch: StoredClient[] = [];
      for (const [key, value] of entries) {
        if (batch.length === GIVEN_AT_A_TIME) {
          yield batch;
          batch = [];
          await nextTurn();
        }
        const client = decodeClient(key);
        // Asked first, because waiting for nothing costs more than reading a record.
        while (conversions.mayLack(client)) await conversions.fetch();
        while (ids.mayLack(client)) await ids.fetch();
        const stored = clientOf(experiment, client, value, conversions.take(client), ids.take(client), onUnreadable);
        if (stored !== undefined) batch.push(stored);
      }
      yield batch;
    }
  } finally {
    await Promise.all([records.close(), conversions.close(), ids.close()]);
    if (moment === undefined) await snapshot.close();
  }
}

/**
 * The records with conversions, without their ids: conversions are walked over, and each client's record is asked for by its
 * key. Where three in ten convert this takes a third of a walk over all, and less where fewer do.
 */
export async function* exportConverted(
  database: Database,
  experiment: RecordsOf,
  { moment, onUnreadable }: WalkOptions = {},
): AsyncIterable<readonly ClientRecord[]> {
  const { life } = experiment;
  const snapshot = moment ?? database.snapshot();
  const conversions = iterate(database, "conversion", life, snapshot);
  /** Of the last client that was fetched, of whom more may follow. */
  let left: readonly Entry[] = NONE;
  try {
    for (;;) {
      const entries = await conversions.nextv(GIVEN_AT_A_TIME);
      const isLast = entries.length === 0;
      const reached = byClient(left, entries);
      if (reached.size === 0) return;
      const last = [...reached.keys()].at(-1);
      left = NONE;
      if (!isLast && last !== undefined) {
        left = reached.get(last) ?? NONE;
        reached.delete(last);
      }
      const clients = [...reached.keys()];
      const values = await database.getMany(
        clients.map((client) => bytes(recordKey(life, client))),
        { snapshot },
      );
      const batch: ClientRecord[] = [];
      for (const [at, client] of clients.entries()) {
        const value = values[at];
        if (value === undefined) continue;
        const stored = clientOf(experiment, client, value, reached.get(client) ?? NONE, NONE, onUnreadable);
        if (stored !== undefined && isClientRecord(stored)) batch.push(stored);
      }
      if (batch.length > 0) yield batch;
      if (isLast) return;
    }
  } finally {
    await conversions.close();
    if (moment === undefined) await snapshot.close();
  }
}

function byClient(...lists: readonly (readonly Entry[])[]): Map<ClientKey, Entry[]> {
  const found = new Map<ClientKey, Entry[]>();
  for (const entry of lists.flat()) {
    const client = decodeClient(entry[0]);
    const known = found.get(client);
    if (known === undefined) found.set(client, [entry]);
    else known.push(entry);
  }
  return found;
}

function clientOf(
  experiment: RecordsOf,
  client: ClientKey,
  value: Buffer,
  reached: readonly Entry[],
  [kept]: readonly Entry[],
  onUnreadable: OnUnreadable | undefined,
): StoredClient | undefined {
  const read = (): StoredClient => {
    if (isLink(value)) return { client, ...decodeLink(value), ...(kept && { id: decodeId(kept[1]) }) };
    return wholeRecord(client, decodeRecord(value), reached.map(kpiRecordOf), kept && decodeId(kept[1]));
  };
  return readableClient(experiment, client, read, onUnreadable);
}

function kpiRecordOf([of, bytes]: Entry): Required<KpiRecord> {
  const { day, events, total } = decodeConversion(bytes);
  return { kpi: decodeConversionKey(of), day, events, total };
}

function iterate(database: Database, family: Family, life: number, snapshot: Snapshot) {
  return database.iterator({ ...range(family, life), snapshot, ...WALK });
}

/**
 * The entries of one client after the other, asked for in the order of the clients' keys. Characters are bytes here, so strings
 * compare as keys do.
 */
class Beside {
  readonly #iterator: ReturnType<typeof iterate>;
  #entries: readonly Entry[] = [];
  #at = 0;
  /** Whose entry comes next, and whose is the last that was fetched. */
  #next: ClientKey | undefined;
  #last: ClientKey | undefined;
  #ended = false;

  constructor(iterator: ReturnType<typeof iterate>) {
    this.#iterator = iterator;
  }

  /** Whether entries of the client may not have been fetched yet. */
  mayLack(client: ClientKey): boolean {
    return !this.#ended && (this.#last === undefined || this.#last <= client);
  }

  async fetch(): Promise<void> {
    const more = await this.#iterator.nextv(FETCHED_AT_A_TIME);
    this.#entries = [...this.#entries.slice(this.#at), ...more];
    this.#ended = more.length === 0;
    this.#last = clientAt(this.#entries, this.#entries.length - 1);
    this.#moveTo(0);
  }

  /** Those of the client, once it lacks none. */
  take(client: ClientKey): readonly Entry[] {
    while (this.#next !== undefined && this.#next < client) this.#moveTo(this.#at + 1);
    if (this.#next !== client) return NONE;
    const from = this.#at;
    while (this.#next === client) this.#moveTo(this.#at + 1);
    return this.#entries.slice(from, this.#at);
  }

  async close(): Promise<void> {
    await this.#iterator.close();
  }

  #moveTo(at: number): void {
    this.#at = at;
    this.#next = clientAt(this.#entries, at);
  }
}

function clientAt(entries: readonly Entry[], at: number): ClientKey | undefined {
  const entry = entries[at];
  return entry === undefined ? undefined : decodeClient(entry[0]);
}
