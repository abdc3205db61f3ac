import { RedisStore } from "../../../src/store/redis/redis-store.ts";
import type { Store } from "../../../src/store/store.ts";
import { RedisServer } from "../../support/redis-server.ts";
import type { EngineUnderTest } from "./engine.ts";

/** One real server for all stores, each under a prefix of its own. */
export function redisEngine(shards?: number): EngineUnderTest {
  let server: RedisServer | undefined;
  const prefixes = new WeakMap<Store, string>();
  let opened = 0;

  async function openUnder(prefix: string): Promise<Store> {
    if (server === undefined) throw new Error("Expected the engine to be started");
    const store = await RedisStore.open({
      socketPath: server.socketPath,
      prefix,
      cacheSlots: 1 << 12,
      // What an engine does is tested with it, not how soon a busy machine lets Redis answer.
      commandTimeoutMs: 20_000,
    });
    prefixes.set(store, prefix);
    return store;
  }

  return {
    name: shards === undefined ? "redis" : `redis with ${shards} shards`,
    ...(shards === undefined ? {} : { shards }),
    start: async () => {
      server = await RedisServer.start();
    },
    open: () => {
      opened += 1;
      return openUnder(`test${opened}`);
    },
    reopen: async (store) => {
      await store.close();
      return openUnder(prefixes.get(store) ?? "test");
    },
    stop: async () => server?.stop(),
  };
}
