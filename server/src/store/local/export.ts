/** Walks over the client records of a life, each put together with its conversions and id. */
import type { ClientKey } from "../../domain/digest.ts";
import type { ClientId } from "../../domain/names.ts";
import { type RecordsOf, readableClient } from "../kept-bytes.ts";
import { decodeConversion, decodeLink, decodeRecord, isLink } from "../record-codec.ts";
import type { ClientRecord, Joined, KpiRecord, OnUnreadable, StoredClient } from "../transfer.ts";
import { type Database, WALK } from "./database.ts";
import { decodeClient, decodeConversionKey, decodeId, type Family, range } from "./keys.ts";

/** Entries fetched from LevelDB at a time, and records given out at a time: a millisecond, for which calls wait. */
const ENTRIES_AT_A_TIME = 250;

type Entry = readonly [Buffer, Buffer];
export type Snapshot = ReturnType<Database["snapshot"]>;

const NONE: readonly Entry[] = [];

/**
 * Everything is read as of one moment, now if none is given. The three families sort by client alike, so their iterators
 * walk side by side.
 */
export async function* exportRecords(
  database: Database,
  experiment: RecordsOf,
  { moment, onUnreadable }: { readonly moment?: Snapshot; readonly onUnreadable?: OnUnreadable | undefined } = {},
): AsyncIterable<readonly StoredClient[]> {
  const { life } = experiment;
  const snapshot = moment ?? database.snapshot();
  const records = iterate(database, "record", life, snapshot);
  const conversions = new Beside(iterate(database, "conversion", life, snapshot));
  const ids = new Beside(iterate(database, "id", life, snapshot));
  try {
    for (;;) {
      const entries = await records.nextv(ENTRIES_AT_A_TIME);
      if (entries.length === 0) return;
      const batch: StoredClient[] = [];
      for (const [key, value] of entries) {
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
    return recordOf(client, decodeRecord(value), reached.map(kpiRecordOf), kept && decodeId(kept[1]));
  };
  return readableClient(experiment, client, read, onUnreadable);
}

/** Every field: a new one of records doesn't compile without its line here. */
type Whole<T> = { readonly [Field in keyof Required<T>]: T[Field] };

/** Field by field, since a walk makes millions of them: with spreads a record takes nearly three times as long. */
function recordOf(
  client: ClientKey,
  { assignment, epoch, day, segments, covariate, conflict, linkDepth }: Joined,
  conversions: readonly KpiRecord[],
  id: ClientId | undefined,
): Whole<ClientRecord> {
  return { client, assignment, epoch, day, segments, covariate, conflict, linkDepth, conversions, id };
}

function kpiRecordOf([of, bytes]: Entry): Whole<KpiRecord> {
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
    const more = await this.#iterator.nextv(ENTRIES_AT_A_TIME);
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
