/** Walks over the client records of a life, bucket by bucket: to count them, to carry them away, to free them. */
import type { ClientKey } from "../../domain/digest.ts";
import type { Tally } from "../../domain/tally.ts";
import { TallySum } from "../tally-sum.ts";
import type { ClientRecord } from "../transfer.ts";
import type { RedisConnection } from "./client.ts";
import { bucketKey, type LifeKeys } from "./keys.ts";
import { decodeRecord } from "./record.ts";
import { numberIn, pairsIn } from "./replies.ts";

/** Buckets asked for at once: about 3,000 records. */
const BUCKETS_PER_TURN = 100;

/** Keys freed by one command: keeps each of them short for other callers. */
const KEYS_PER_UNLINK = 500;

export async function bucketCount(connection: RedisConnection, records: string): Promise<number> {
  const count = await connection.send("HGET", records, "buckets");
  return count === null ? 1 : numberIn(count);
}

/**
 * Every record, exact when nobody writes meanwhile. When buckets are split on the way the new ones come last, so that
 * nobody is left out, but who moved comes twice.
 */
export async function* exportRecords(
  connection: RedisConnection,
  { shards }: LifeKeys,
): AsyncIterable<readonly ClientRecord[]> {
  for (const { records } of shards) yield* exportShard(connection, records);
}

async function* exportShard(connection: RedisConnection, records: string): AsyncIterable<readonly ClientRecord[]> {
  let start = 0;
  for (;;) {
    const buckets = await bucketCount(connection, records);
    if (start >= buckets) return;
    const keys = bucketKeys(records, start, Math.min(BUCKETS_PER_TURN, buckets - start));
    const replies = await Promise.all(keys.map((key) => connection.send("HGETALL", key)));
    start += keys.length;
    yield replies.flatMap((reply) =>
      pairsIn(reply).map(([client, record]) => decodeRecord(client.toString("latin1") as ClientKey, record)),
    );
  }
}

/** Tallies from the records themselves, on top of what came without any. */
export async function countRecords(
  connection: RedisConnection,
  life: LifeKeys,
  unrecorded: readonly Tally[],
): Promise<readonly Tally[]> {
  const sum = new TallySum();
  for (const tally of unrecorded) sum.add(tally);
  for await (const batch of exportRecords(connection, life)) {
    for (const record of batch) sum.addRecord(record);
  }
  return sum.tallies();
}

/** Frees the buckets; the hash that counts them stays, so that what is left after a crash can be found. */
export async function unlinkRecords(connection: RedisConnection, records: string): Promise<void> {
  const buckets = await bucketCount(connection, records);
  for (let start = 0; start < buckets; start += KEYS_PER_UNLINK) {
    await connection.send("UNLINK", ...bucketKeys(records, start, Math.min(KEYS_PER_UNLINK, buckets - start)));
  }
}

/** Bytes of memory that the records take, by Redis's own measure. */
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

function bucketKeys(records: string, start: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => bucketKey(records, start + index));
}
