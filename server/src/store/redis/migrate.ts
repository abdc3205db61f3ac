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

/** How long after its last renewal a server counts as migrating, and the pause between two renewals, in milliseconds. */
const LEASE_MS = 60_000;
const RENEW_EVERY_MS = 10_000;

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
    const renewal = setInterval(() => void lease(LEASE_MS).catch(() => 0), RENEW_EVERY_MS);
    try {
      if (await countAll()) await presence.migrated();
    } finally {
      clearInterval(renewal);
      // If Redis can't be reached, it runs out by itself.
      await lease(0).catch(() => 0);
    }
  }

  /** False for who was stopped for so long that another one took over, and may have finished: then servers count already. */
  async function mayWrite(): Promise<boolean> {
    if ((await lease(LEASE_MS)) !== 1) return false;
    await presence.check();
    return presence.isMigrating;
  }

  /** @returns whether all was counted */
  async function countAll(): Promise<boolean> {
    for (const { experiment } of await lives.all()) {
      if (experiment.compacted === true) continue;
      const life = keys.life(experiment);
      const records = exportRecords(connection, life, experiment, () => {});
      const counted = await countRecords(records, []);
      if (!(await mayWrite())) return false;
      const missing = counted.filter(({ subset }) => subset.kind !== "day");
      await writeTallies(connection, life.tallies, missing);
    }
    return mayWrite();
  }
}
