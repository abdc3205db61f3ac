/** Walks over the client records of a life, bucket by bucket: to count them, to carry them away, to free them. */
import type { ClientKey } from "../../domain/digest.ts";
import type { ClientId } from "../../domain/names.ts";
import { type Caps, NO_CAPS, type Tally } from "../../domain/tally.ts";
import { nextTurn } from "../../lib/next-turn.ts";
import { type RecordsOf, readableClient } from "../kept-bytes.ts";
import { decodeLink, decodeRecord, isLink } from "../record-codec.ts";
import { TallySum } from "../tally-sum.ts";
import { type ClientRecord, isClientRecord, type OnUnreadable, type StoredClient, wholeRecord } from "../transfer.ts";
import { BUCKETS_PER_TURN, bucketCount, bucketKeys, readBuckets } from "./buckets.ts";
import { SCRIPT_CALLS_MAX } from "./call-batch.ts";
import type { RedisConnection, Reply } from "./client.ts";
import type { LifeKeys } from "./keys.ts";
import { packClients } from "./packing.ts";
import { arrayIn, numberIn, pairsIn } from "./replies.ts";
import { SCRIPTS } from "./scripts.ts";

/** Buckets whose records are put together and given out at a time: a millisecond or two, for which calls wait. */
const BUCKETS_GIVEN_AT_A_TIME = 10;

/** Keys freed by one command: keeps each of them short for other callers. */
const KEYS_PER_UNLINK = 500;

/** Everybody who was there when it began, once; of those who join meanwhile some. */
export async function* exportRecords(
  connection: RedisConnection,
  life: LifeKeys,
  experiment: RecordsOf,
  onUnreadable?: OnUnreadable,
): AsyncIterable<readonly StoredClient[]> {
  const { records, ids } = life;
  for await (const batch of walk(connection, life, experiment, onUnreadable)) {
    const hasIds = (await connection.send("HGET", records, "ids")) !== null;
    yield hasIds ? await withIds(connection, ids, batch) : batch;
  }
}

/** A record holds its conversions here, so all are walked over. */
export async function* exportConverted(
  connection: RedisConnection,
  life: LifeKeys,
  experiment: RecordsOf,
  onUnreadable?: OnUnreadable,
): AsyncIterable<readonly ClientRecord[]> {
  for await (const batch of walk(connection, life, experiment, onUnreadable)) {
    yield batch.filter(isClientRecord).filter(({ conversions }) => conversions.length > 0);
  }
}

async function* walk(
  connection: RedisConnection,
  { definition, records }: LifeKeys,
  experiment: RecordsOf,
  onUnreadable: OnUnreadable | undefined,
): AsyncIterable<readonly StoredClient[]> {
  for await (const replies of readBuckets(connection, records)) {
    // Asked after the records: none of them can be of a later one.
    const current = await connection.send("HGET", definition, "epoch");
    const of = current === null ? experiment : { ...experiment, currentEpoch: numberIn(current) };
    for (let from = 0; from < replies.length; from += BUCKETS_GIVEN_AT_A_TIME) {
      if (from > 0) await nextTurn();
      const given = replies.slice(from, from + BUCKETS_GIVEN_AT_A_TIME);
      yield given.flatMap(pairsIn).flatMap(([key, stored]) => {
        const client = key.toString("latin1") as ClientKey;
        return readableClient(of, client, () => storedClient(client, stored), onUnreadable) ?? [];
      });
    }
  }
}

function storedClient(client: ClientKey, stored: Buffer): StoredClient {
  if (isLink(stored)) return { client, ...decodeLink(stored) };
  const record = decodeRecord(stored);
  return wholeRecord(client, record, record.conversions, undefined);
}

async function withIds(
  connection: RedisConnection,
  ids: string,
  records: readonly StoredClient[],
): Promise<readonly StoredClient[]> {
  const calls: Promise<Reply>[] = [];
  for (let start = 0; start < records.length; start += SCRIPT_CALLS_MAX) {
    const clients = records.slice(start, start + SCRIPT_CALLS_MAX).map(({ client }) => client);
    calls.push(connection.run(SCRIPTS.readIds, [ids], packClients(clients)));
  }
  const found = (await Promise.all(calls)).flatMap(arrayIn);
  return records.map((record, index) => {
    const id = found[index];
    return Buffer.isBuffer(id) ? withId(record, id.toString("utf8") as ClientId) : record;
  });
}

function withId(stored: StoredClient, id: ClientId): StoredClient {
  return isClientRecord(stored) ? wholeRecord(stored.client, stored, stored.conversions, id) : { ...stored, id };
}

/** Tallies from the records themselves, on top of what came without any. */
export async function countRecords(
  records: AsyncIterable<readonly StoredClient[]>,
  unrecorded: readonly Tally[],
  caps: Caps = NO_CAPS,
): Promise<readonly Tally[]> {
  const sum = new TallySum(caps);
  for (const tally of unrecorded) sum.add(tally);
  for await (const batch of records) {
    for (const record of batch) sum.addRecord(record);
  }
  return sum.tallies();
}

/** Frees records and ids. The hashes that count their buckets go last: what a crash leaves is found by the next call. */
export async function unlinkRecords(connection: RedisConnection, { records, ids }: LifeKeys): Promise<void> {
  for (const table of [records, ids]) {
    const buckets = await bucketCount(connection, table);
    for (let start = 0; start < buckets; start += KEYS_PER_UNLINK) {
      await connection.send("UNLINK", ...bucketKeys(table, start, Math.min(KEYS_PER_UNLINK, buckets - start)));
    }
  }
  await connection.send("UNLINK", records, ids);
}

/** Bytes of memory that a table of records or ids takes, by Redis's own measure. */
export async function recordBytes(connection: RedisConnection, records: string): Promise<number> {
  const buckets = await bucketCount(connection, records);
  let bytes = 0;
  for (let start = 0; start < buckets; start += BUCKETS_PER_TURN) {
    const keys = bucketKeys(records, start, Math.min(BUCKETS_PER_TURN, buckets - start));
    const sizes = await Promise.all(keys.map((key) => connection.send("MEMORY", "USAGE", key)));
    for (const size of sizes) bytes += typeof size === "number" ? size : 0;
  }
  return bytes;
}
