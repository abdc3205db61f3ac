/** Lives that are not live: moved aside by a reset or delete, being loaded, or being swept. */
import type { ExperimentName } from "../../domain/names.ts";
import { mapInChunks } from "./chunks.ts";
import type { RedisConnection } from "./client.ts";
import { type AsideEntry, asideEntryIn } from "./definition.ts";
import type { Keys } from "./keys.ts";
import { pairsIn } from "./replies.ts";

export async function asideEntries(
  connection: RedisConnection,
  keys: Keys,
  names: readonly ExperimentName[],
): Promise<readonly AsideEntry[]> {
  const entries = await mapInChunks(names, async (name) => {
    const reply = await connection.send("HGETALL", keys.removed(name));
    return pairsIn(reply).map(([life, entry]) => asideEntryIn(name, life.toString(), entry.toString("utf8")));
  });
  return entries.flat().filter((entry) => entry !== undefined);
}
