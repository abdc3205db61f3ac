/** The Redis engine over more than one server: all stores on the same ones, each under a prefix of its own. */
import type { RedisOptions } from "../../../src/store/redis/options.ts";
import { RedisStore } from "../../../src/store/redis/redis-store.ts";
import type { Store } from "../../../src/store/store.ts";
import { RedisCluster } from "../../support/redis-cluster.ts";
import { RedisSentinels } from "../../support/redis-sentinels.ts";
import type { EngineUnderTest } from "./engine.ts";

/** On a busy machine several processes may take a while to answer, in milliseconds. */
const OPEN_MS_MAX = 5_000;

interface Servers {
  readonly options: RedisOptions;
  readonly stop: () => Promise<void>;
}

export function redisClusterEngine(shards?: number): EngineUnderTest {
  return engine(
    "redis cluster",
    async () => {
      const cluster = await RedisCluster.start();
      return { options: { clusterNodes: cluster.addresses }, stop: () => cluster.stop() };
    },
    shards,
  );
}

export function redisSentinelEngine(): EngineUnderTest {
  return engine("redis sentinel", async () => {
    const trio = await RedisSentinels.start();
    const options = { sentinels: trio.addresses, sentinelName: RedisSentinels.NAME, database: 15 };
    return { options, stop: () => trio.stop() };
  });
}

function engine(name: string, start: () => Promise<Servers>, shards?: number): EngineUnderTest {
  let servers: Servers | undefined;
  const prefixes = new WeakMap<Store, string>();
  let opened = 0;

  async function openUnder(prefix: string): Promise<Store> {
    if (servers === undefined) throw new Error("Expected the engine to be started");
    const store = await RedisStore.open({
      ...servers.options,
      prefix,
      cacheSlots: 1 << 12,
      connectTimeoutMs: OPEN_MS_MAX,
    });
    prefixes.set(store, prefix);
    return store;
  }

  return {
    name: shards === undefined ? name : `${name} with ${shards} shards`,
    ...(shards === undefined ? {} : { shards }),
    start: async () => {
      servers = await start();
    },
    open: () => {
      opened += 1;
      return openUnder(`test${opened}`);
    },
    reopen: async (store) => {
      await store.close();
      return openUnder(prefixes.get(store) ?? "test");
    },
    stop: async () => servers?.stop(),
  };
}
