/** Checks that every server that should take writes does. */
import type { RedisConnection } from "./client.ts";
import type { Keys } from "./keys.ts";
import { SCRIPTS } from "./scripts.ts";

/** Writes to a key that is never there, on each of them. @throws SixpackError store-unavailable: what Redis says against it */
export async function probeWrites(connection: RedisConnection, keys: Keys): Promise<void> {
  await Promise.all(connection.tags().map((tag) => connection.run(SCRIPTS.probe, [keys.probe(tag)])));
}
