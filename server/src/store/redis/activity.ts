/**
 * Who did what, newest first: a stream for each source, of which Redis drops the oldest entries. There was one stream
 * for all of them once, so that of people may hold old entries of the others.
 */
import { type Source, sourceOf } from "../../domain/actor.ts";
import { type Activity, type ActivityQuery, activityIn, KEPT_MAX, matches, sourcesOf } from "../activity.ts";
import type { RedisConnection } from "./client.ts";
import { arrayIn, textIn } from "./replies.ts";

/** Entries read at once while looking for those that match. */
const ENTRIES_PER_TURN = 500;

type Streams = Readonly<Record<Source, string>>;

interface Found {
  /** By the clock of Redis. */
  readonly addedMs: number;
  readonly entry: Activity;
}

export async function appendActivity(connection: RedisConnection, streams: Streams, entry: Activity): Promise<void> {
  const source = sourceOf(entry.actor);
  const most = String(KEPT_MAX[source]);
  await connection.send("XADD", streams[source], "MAXLEN", "=", most, "*", "entry", JSON.stringify(entry));
}

export async function readActivity(
  connection: RedisConnection,
  streams: Streams,
  query: ActivityQuery,
): Promise<readonly Activity[]> {
  const lists = await Promise.all(sourcesOf(query).map((source) => readStream(connection, streams[source], query)));
  return merged(lists).slice(0, query.limit);
}

/** In the order of adding; within a millisecond of Redis, the entries of two streams by their own time. */
function merged(lists: readonly (readonly Found[])[]): readonly Activity[] {
  const rest = lists.map((list) => list.toReversed());
  const all: Activity[] = [];
  for (;;) {
    let first: Found[] | undefined;
    for (const list of rest) if (isNewer(list.at(-1), first?.at(-1))) first = list;
    const newest = first?.pop();
    if (newest === undefined) return all;
    all.push(newest.entry);
  }
}

function isNewer(one: Found | undefined, other: Found | undefined): boolean {
  if (one === undefined || other === undefined) return one !== undefined;
  return one.addedMs === other.addedMs ? one.entry.atMs > other.entry.atMs : one.addedMs > other.addedMs;
}

/** At most `limit` that match, newest first. */
async function readStream(connection: RedisConnection, stream: string, query: ActivityQuery): Promise<Found[]> {
  const found: Found[] = [];
  let from = "+";
  while (found.length < query.limit) {
    const reply = arrayIn(await connection.send("XREVRANGE", stream, from, "-", "COUNT", String(ENTRIES_PER_TURN)));
    for (const item of reply) {
      const [id, fields] = arrayIn(item);
      const text = arrayIn(fields)[1];
      const entry = activityIn(text === undefined ? "nothing" : textIn(text));
      const addedMs = Number.parseInt(textIn(id), 10);
      from = `(${textIn(id)}`;
      if (found.length < query.limit && matches(query, entry)) found.push({ addedMs, entry });
    }
    if (reply.length < ENTRIES_PER_TURN) break;
  }
  return found;
}
