/**
 * A database of layout 1 becomes one of today's before the first server of today serves from it. Its records are ones of today
 * as they stand; what it lacks are tallies of other slices than days, which are counted from the records.
 *
 * Nobody else writes meanwhile (see `Presence`), and one server at a time counts. One that dies leaves the mark, and the
 * next one begins anew.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { newIdentity } from "../store-id.ts";
import type { RedisConnection } from "./client.ts";
import type { Keys } from "./keys.ts";
import type { Lives } from "./lives.ts";
import type { Presence } from "./presence.ts";
import { SCRIPTS } from "./scripts.ts";
import { writeTallies } from "./tallies.ts";
import { countRecords } from "./walk.ts";

/** How long a server is taken to be at it after its last sign, in milliseconds; an experiment may take that long. */
const LEASE_MS = 60_000;

/** Pause between two looks whether another one is ready, in milliseconds. */
const LOOK_EVERY_MS = 100;

export async function migrate(
  connection: RedisConnection,
  keys: Keys,
  lives: Lives,
  presence: Presence,
): Promise<void> {
  const holder = newIdentity().id;
  const lease = (ms: number) => connection.run(SCRIPTS.lease, [keys.lease("migration")], holder, String(ms));
  while (presence.isMigrating) {
    if ((await lease(LEASE_MS)) !== 1) {
      await sleep(LOOK_EVERY_MS);
      await presence.check();
      continue;
    }
    for (const { experiment } of await lives.all()) {
      await lease(LEASE_MS);
      if (experiment.compacted === true) continue;
      const life = keys.life(experiment);
      const counted = await countRecords(connection, life, []);
      await writeTallies(
        connection,
        life.tallies,
        counted.filter(({ slice }) => slice.kind !== "day"),
      );
    }
    await presence.migrated();
    await lease(0);
  }
}
