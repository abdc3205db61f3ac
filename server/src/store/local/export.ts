/** Walks over the client records of a life, each put together with its conversions and id. */
import type { ClientKey } from "../../domain/digest.ts";
import { readableClient } from "../kept-bytes.ts";
import { decodeConversion, decodeLink, decodeRecord, isLink } from "../record-codec.ts";
import type { OnUnreadable, StoredClient } from "../transfer.ts";
import { type Database, WALK } from "./database.ts";
import { decodeClient, decodeConversionKey, decodeId, type Family, range } from "./keys.ts";

/** Entries fetched from LevelDB at a time, and records given out at a time. */
const ENTRIES_AT_A_TIME = 1_000;

type Entry = readonly [Buffer, Buffer];
export type Snapshot = ReturnType<Database["snapshot"]>;

const NONE: readonly Entry[] = [];

/**
 * Everything is read as of one moment, now if none is given. The three families sort by client alike, so their iterators walk side by side.
 */
export async function* exportRecords(
  database: Database,
  life: number,
  { moment, onUnreadable }: { readonly moment?: Snapshot; readonly onUnreadable?: OnUnreadable | undefined } = {},
): AsyncIterable<readonly StoredClient[]> {
  const snapshot = moment ?? database.snapshot();
  const records = iterate(database, "record", life, snapshot);
  const conversions = new Beside(iterate(database, "conversion", life, snapshot));
  const ids = new Beside(iterate(database, "id", life, snapshot));
  try {
    for (;;) {
      const entries = await records.nextv(ENTRIES_AT_A_TIME);
      if (entries.length === 0) return;
      const batch: StoredClient[] = [];
      for (const entry of entries) {
        const stored = await clientOf(entry, conversions, ids, onUnreadable);
        if (stored !== undefined) batch.push(stored);
      }
      yield batch;
    }
  } finally {
    await Promise.all([records.close(), conversions.close(), ids.close()]);
    if (moment === undefined) await snapshot.close();
  }
}

async function clientOf(
  [key, value]: Entry,
  conversions: Beside,
  ids: Beside,
  onUnreadable: OnUnreadable | undefined,
): Promise<StoredClient | undefined> {
  const client = decodeClient(key);
  const reached = await conversions.of(client);
  const [kept] = await ids.of(client);
  const id = kept === undefined ? {} : { id: decodeId(kept[1]) };
  const read = (): StoredClient => {
    if (isLink(value)) return { client, ...decodeLink(value), ...id };
    const conversions = reached.map(([of, bytes]) => ({ kpi: decodeConversionKey(of), ...decodeConversion(bytes) }));
    return { client, ...decodeRecord(value), conversions, ...id };
  };
  return readableClient(client, read, onUnreadable);
}

function iterate(database: Database, family: Family, life: number, snapshot: Snapshot) {
  return database.iterator({ ...range(family, life), snapshot, ...WALK });
}

/** The entries of one client after the other, asked for in the order of the clients' keys. */
class Beside {
  readonly #iterator: ReturnType<typeof iterate>;
  #entries: readonly Entry[] = [];
  #at = 0;
  #ended = false;

  constructor(iterator: ReturnType<typeof iterate>) {
    this.#iterator = iterator;
  }

  async of(client: ClientKey): Promise<readonly Entry[]> {
    let found: Entry[] | undefined;
    for (;;) {
      const entry = this.#entries[this.#at] ?? (await this.#more());
      if (entry === undefined) break;
      const of = decodeClient(entry[0]);
      // Characters are bytes here, so strings compare as keys do.
      if (of > client) break;
      if (of === client) {
        found ??= [];
        found.push(entry);
      }
      this.#at += 1;
    }
    return found ?? NONE;
  }

  async close(): Promise<void> {
    await this.#iterator.close();
  }

  async #more(): Promise<Entry | undefined> {
    if (this.#ended) return undefined;
    this.#entries = await this.#iterator.nextv(ENTRIES_AT_A_TIME);
    this.#at = 0;
    this.#ended = this.#entries.length === 0;
    return this.#entries[0];
  }
}
