/** Walks over the client records of a life, each put together with its conversions. */
import { assignmentOf } from "../../domain/assignment.ts";
import type { ClientKey } from "../../domain/digest.ts";
import type { ClientRecord, KpiRecord } from "../transfer.ts";
import type { Database } from "./group-commit.ts";
import { decodeConversion, decodeConversionKey, decodeRecord, decodeRecordKey, range } from "./keys.ts";

/** Entries fetched from LevelDB at a time, and records given out at a time. */
const ENTRIES_AT_A_TIME = 1_000;

const NONE: readonly KpiRecord[] = [];

/** All of it is of one moment. Records and conversions sort by client alike, so two iterators walk side by side. */
export async function* exportRecords(database: Database, incarnation: number): AsyncIterable<readonly ClientRecord[]> {
  const snapshot = database.snapshot();
  const records = iterate(database, "record", incarnation, snapshot);
  const conversions = new Conversions(database, incarnation, snapshot);
  try {
    for (;;) {
      const entries = await records.nextv(ENTRIES_AT_A_TIME);
      if (entries.length === 0) return;
      const batch: ClientRecord[] = [];
      for (const [key, value] of entries) {
        const client = decodeRecordKey(key);
        const { code, epoch, day } = decodeRecord(value);
        batch.push({ client, assignment: assignmentOf(code), epoch, day, conversions: await conversions.of(client) });
      }
      yield batch;
    }
  } finally {
    await Promise.all([records.close(), conversions.close()]);
    await snapshot.close();
  }
}

type Snapshot = ReturnType<Database["snapshot"]>;

function iterate(database: Database, family: "record" | "conversion", incarnation: number, snapshot: Snapshot) {
  return database.iterator({ ...range(family, incarnation), snapshot, fillCache: false });
}

/** The conversions of one client after the other, asked for in the order of the clients' keys. */
class Conversions {
  readonly #iterator: ReturnType<typeof iterate>;
  #entries: readonly (readonly [Buffer, Buffer])[] = [];
  #at = 0;
  #ended = false;

  constructor(database: Database, incarnation: number, snapshot: Snapshot) {
    this.#iterator = iterate(database, "conversion", incarnation, snapshot);
  }

  async of(client: ClientKey): Promise<readonly KpiRecord[]> {
    let found: KpiRecord[] | undefined;
    for (;;) {
      const entry = this.#entries[this.#at] ?? (await this.#more());
      if (entry === undefined) break;
      const of = decodeConversionKey(entry[0]);
      // Characters are bytes here, so strings compare as keys do.
      if (of.client > client) break;
      if (of.client === client) {
        found ??= [];
        found.push({ kpi: of.kpi, ...decodeConversion(entry[1]) });
      }
      this.#at += 1;
    }
    return found ?? NONE;
  }

  async close(): Promise<void> {
    await this.#iterator.close();
  }

  async #more(): Promise<readonly [Buffer, Buffer] | undefined> {
    if (this.#ended) return undefined;
    this.#entries = await this.#iterator.nextv(ENTRIES_AT_A_TIME);
    this.#at = 0;
    this.#ended = this.#entries.length === 0;
    return this.#entries[0];
  }
}
