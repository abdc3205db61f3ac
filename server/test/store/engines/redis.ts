import { RedisStore } from "../../../src/store/redis/redis-store.ts";
import type { Store } from "../../../src/store/store.ts";
import { RedisServer } from "../../support/redis-server.ts";
import type { EngineUnderTest } from "./engine.ts";

/** Whether a text stands in a key under a prefix, in its name or anywhere in its value. */
export async function holdsText(server: Pick<RedisServer, "command">, prefix: string, text: string): Promise<boolean> {
  // Otherwise a value of a dump may be compressed.
  await server.command("CONFIG", "SET", "rdbcompression", "no");
  const script =
    "for _, key in ipairs(redis.call('KEYS', ARGV[1] .. ':*')) do local dump = key .. redis.call('DUMP', key) " +
    "if string.find(dump, ARGV[2], 1, true) then return 1 end end return 0";
  return (await server.command("EVAL", script, "0", prefix, text)) === ":1\r\n";
}

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
    holds: async (store, text) => {
      if (server === undefined) throw new Error("Expected the engine to be started");
      return holdsText(server, prefixes.get(store) ?? "", text);
    },
    stop: async () => server?.stop(),
  };
}
