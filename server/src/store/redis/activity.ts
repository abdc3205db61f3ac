/** Who did what, newest first, in one stream; Redis drops the oldest entries. */

import { ACTIVITY_MAX, type Activity, type ActivityQuery, activityIn } from "../activity.ts";
import type { RedisConnection } from "./client.ts";
import { arrayIn, textIn } from "./replies.ts";

/** Entries read at once while looking for those that match. */
const ENTRIES_PER_TURN = 500;

export async function appendActivity(connection: RedisConnection, key: string, entry: Activity): Promise<void> {
  await connection.send("XADD", key, "MAXLEN", "=", String(ACTIVITY_MAX), "*", "entry", JSON.stringify(entry));
}

export async function readActivity(
  connection: RedisConnection,
  key: string,
  { experiment, beforeMs, limit }: ActivityQuery,
): Promise<readonly Activity[]> {
  const found: Activity[] = [];
  let from = "+";
  while (found.length < limit) {
    const reply = arrayIn(await connection.send("XREVRANGE", key, from, "-", "COUNT", String(ENTRIES_PER_TURN)));
    for (const item of reply) {
      const [id, fields] = arrayIn(item);
      const text = arrayIn(fields)[1];
      const entry = activityIn(text === undefined ? "nothing" : textIn(text));
      from = `(${textIn(id)}`;
      if (experiment !== undefined && entry.experiment !== experiment) continue;
      if (beforeMs !== undefined && entry.atMs >= beforeMs) continue;
      if (found.length < limit) found.push(entry);
    }
    if (reply.length < ENTRIES_PER_TURN) break;
  }
  return found;
}
