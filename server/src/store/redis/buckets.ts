/**
 * Reads the buckets of a life while clients join and buckets are split (see records.lua). Whoever moves to a new bucket after
 * the one it was split from was read has come already, so a walk passes over the new one, and ends.
 */
import { unreadable } from "../kept-bytes.ts";
import type { RedisConnection, Reply } from "./client.ts";
import { bucketKey } from "./keys.ts";
import { numberIn, textIn } from "./replies.ts";

/** Buckets asked for at once: about 3,000 records. */
export const BUCKETS_PER_TURN = 100;

/** Buckets that were read together. */
interface Turn {
  readonly start: number;
  /** How many there were of the whole life when these had been read. */
  readonly buckets: number;
}

/** The contents of buckets, some at a time: everybody who was there at the beginning once, and some of those who join later. */
export async function* readBuckets(connection: RedisConnection, records: string): AsyncIterable<readonly Reply[]> {
  const turns: Turn[] = [];
  let buckets = await bucketCount(connection, records);
  for (let start = 0; isWanted(turns, start, buckets); ) {
    const [before, end] = [buckets, Math.min(start + BUCKETS_PER_TURN, buckets)];
    const wanted = numbers(start, end).filter((bucket) => !cameBefore(turns, bucket));
    const replies = await Promise.all(wanted.map((bucket) => connection.send("HGETALL", bucketKey(records, bucket))));
    buckets = await bucketCount(connection, records);
    // One of them was split, before or after it was read: all are read again.
    if (numbers(before, buckets).some((bucket) => wanted.includes(splitFrom(bucket)))) continue;
    turns.push({ start, buckets });
    start = end;
    yield replies;
  }
}

/** Whether any bucket from `start` on is to be read. Where none of those of now is, none will be that is split off later. */
function isWanted(turns: readonly Turn[], start: number, buckets: number): boolean {
  // There may be fewer than before, where records are freed meanwhile.
  if (start >= buckets) return false;
  const [first] = turns;
  if (first === undefined || start < first.buckets) return true;
  return numbers(start, buckets).some((bucket) => !cameBefore(turns, bucket));
}

/** Whether all who lie in a bucket came with one that was read before it was split, or joined since. */
function cameBefore(turns: readonly Turn[], bucket: number): boolean {
  const [first] = turns;
  if (first === undefined || bucket < first.buckets) return false;
  const from = splitFrom(bucket);
  const then = turns.findLast(({ start }) => start <= from) ?? first;
  return bucket >= then.buckets || cameBefore(turns, from);
}

/** The bucket that was split when this one was made. */
function splitFrom(bucket: number): number {
  return bucket - 2 ** Math.floor(Math.log2(bucket));
}

function numbers(start: number, end: number): readonly number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}

export async function bucketCount(connection: RedisConnection, records: string): Promise<number> {
  const count = await connection.send("HGET", records, "buckets");
  const buckets = count === null ? 1 : numberIn(count);
  if (!Number.isSafeInteger(buckets) || buckets < 1)
    throw unreadable("a number of buckets", `${textIn(count)} in ${records}`);
  return buckets;
}

export function bucketKeys(records: string, start: number, count: number): readonly string[] {
  return numbers(start, start + count).map((bucket) => bucketKey(records, bucket));
}
