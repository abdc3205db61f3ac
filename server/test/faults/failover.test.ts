/** Masters that die and replicas that take over, and slots that move, under the traffic of a real server. */
import { describe, expect, it } from "vitest";
import type { RedisOptions } from "../../src/store/redis/redis-options.ts";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import { PATIENT } from "../store/engines/redis.ts";
import { closing, stopping } from "../support/one-test.ts";
import { HASTY_REDIS } from "../support/patience.ts";
import { RedisCluster } from "../support/redis-cluster.ts";
import { RedisSentinels } from "../support/redis-sentinels.ts";
import { type Sixpack, startSixpack } from "../support/sixpack.ts";
import { MANY_CALLS, type Report, startLoad } from "./load.ts";
import { expectSound } from "./sound.ts";

/** The keys of the experiment that the traffic takes part in. */
const KEY = "sxp:{fault}:live";

function listOf(addresses: readonly { readonly host: string; readonly port: number }[]): string {
  return addresses.map(({ host, port }) => `${host}:${port}`).join(",");
}

async function serve(environment: Readonly<Record<string, string>>): Promise<Sixpack> {
  const sixpack = stopping(await startSixpack({ SIXPACK_CONFIG_STORAGE: "redis", ...HASTY_REDIS, ...environment }));
  return sixpack;
}

/** Replication is asynchronous: the last writes before a failover may be gone, records and tallies alike. */
async function expectSoundIn(options: RedisOptions, report: Report, nothingLost: boolean): Promise<void> {
  const store = closing(await RedisStore.open({ ...PATIENT, ...options }));
  await expectSound(store, report, { nothingLost });
}

describe("Sentinels under load", () => {
  async function guarded() {
    const trio = stopping(await RedisSentinels.start());
    const sixpack = await serve({
      SIXPACK_CONFIG_REDIS_SENTINELS: listOf(trio.addresses),
      SIXPACK_CONFIG_REDIS_SENTINEL_SERVICE_NAME: RedisSentinels.NAME,
    });
    const load = startLoad(sixpack.url);
    await load.running();
    await trio.expectFailure();
    return { trio, load };
  }

  it("promote a replica when the master is killed, and the server follows", async () => {
    const { trio, load } = await guarded();
    await trio.master.kill();
    await load.refused();
    await trio.promoted();
    await load.recovered();
    await expectSoundIn(trio.options, await load.stop(), false);
  });

  it("promote a replica when the master hangs, and the server follows", async () => {
    const { trio, load } = await guarded();
    trio.master.pause();
    await load.refused();
    await trio.promoted();
    await load.recovered();
    // The old master still thinks that it is one until a Sentinel tells it; nobody writes to it.
    trio.master.resume();
    await load.recovered();
    await expectSoundIn(trio.options, await load.stop(), false);
  });
});

describe("a Cluster under load", () => {
  async function clustered(replicas: number) {
    const cluster = stopping(await RedisCluster.start(replicas));
    const sixpack = await serve({ SIXPACK_CONFIG_REDIS_CLUSTER_NODES: listOf(cluster.addresses) });
    const load = startLoad(sixpack.url);
    await load.running();
    return { cluster, load, options: { clusterNodes: cluster.addresses } };
  }

  it("promotes a replica when a master is killed, and the server follows", async () => {
    const { cluster, load, options } = await clustered(1);
    const { master, replica } = cluster.holders(KEY);
    await master.server.kill();
    await load.refused();
    await replica?.server.until("INFO replication", /role:master/);
    await load.recovered();
    await expectSoundIn(options, await load.stop(), false);
  });

  it("moves the slot of a busy experiment", async () => {
    const { cluster, load, options } = await clustered(0);
    const { master } = cluster.holders(KEY);
    const other = cluster.other(KEY);
    await cluster.migrate(KEY, master, other);
    expect(await other.server.command("EXISTS", KEY)).toBe(":1\r\n");
    await load.recovered();
    await load.served(MANY_CALLS);
    await cluster.migrate(KEY, other, master);
    await load.recovered();
    await expectSoundIn(options, await load.stop(), true);
  });

  it("stands half way with a slot, and records and tallies still agree", async () => {
    const { cluster, load, options } = await clustered(0);
    const { master } = cluster.holders(KEY);
    const other = cluster.other(KEY);
    const finish = await cluster.migrateHalf(KEY, master, other, /:records:\d*[02468]$/);
    await load.refused(MANY_CALLS);
    await finish();
    await load.recovered();
    await expectSoundIn(options, await load.stop(), true);
  });
});
