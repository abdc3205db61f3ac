/**
 * Migrates a database of an older layout before the first server of this version uses it. Its records are valid as they are;
 * what is missing are tallies by subsets other than days, all or one of them, which are counted from the records.
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
import { countRecords, exportRecords } from "./walk.ts";

/** How long after its last renewal a server counts as migrating, in milliseconds; one experiment may take that long. */
const LEASE_MS = 60_000;

/** Pause between two checks whether another server has finished, in milliseconds. */
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
      const counted = await countRecords(
        exportRecords(connection, life, experiment, () => {}),
        [],
      );
      await writeTallies(
        connection,
        life.tallies,
        counted.filter(({ subset }) => subset.kind !== "day"),
      );
    }
    await presence.migrated();
    await lease(0);
  }
}
