/** Notes: a hash for each family. */
import type { Notes } from "../shared-work.ts";
import type { RedisConnection } from "./client.ts";
import type { Keys } from "./keys.ts";
import { pairsIn } from "./replies.ts";
import { SCRIPTS } from "./scripts.ts";

export function redisNotes(connection: RedisConnection, keys: Keys): Notes {
  return {
    async read(family) {
      const pairs = pairsIn(await connection.send("HGETALL", keys.notes(family)));
      return new Map(pairs.map(([name, value]) => [name.toString("utf8"), value.toString("utf8")]));
    },
    async swap(family, name, before, after) {
      const said = (text: string | null) => [text === null ? "0" : "1", text ?? ""] as const;
      const written = await connection.run(SCRIPTS.note, [keys.notes(family)], name, ...said(before), ...said(after));
      return written === 1;
    },
  };
}
