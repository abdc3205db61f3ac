import type { RedisOptions } from "../../../src/store/redis/redis-options.ts";
import { RedisStore } from "../../../src/store/redis/redis-store.ts";
import type { Store } from "../../../src/store/store.ts";
import { PATIENCE_MS } from "../../support/patience.ts";
import { RedisServer } from "../../support/redis-server.ts";
import type { EngineUnderTest } from "./engine.ts";

/** What an engine does is tested with it, not how soon a busy machine lets Redis answer. */
export const PATIENT = { connectTimeoutMs: PATIENCE_MS, commandTimeoutMs: PATIENCE_MS };

/** What one or more servers are reached by. */
export interface Servers {
  readonly options: RedisOptions;
  readonly stop: () => Promise<unknown>;
}

/** All stores of an engine share its servers, each under a prefix of its own. */
const prefixes = new WeakMap<Store, string>();

/** One real server. */
export function redisEngine(): EngineUnderTest {
  let server: RedisServer | undefined;
  const start = async (): Promise<Servers> => {
    const own = await RedisServer.start();
    server = own;
    return { options: { socketPath: own.socketPath }, stop: () => own.stop() };
  };
  return {
    ...redisEngineOn("redis", start),
    holds: async (store, text) => {
      if (server === undefined) throw new Error("Expected the engine to be started");
      return holdsText(server, prefixes.get(store) ?? "", text);
    },
  };
}

/** @param start Called once, before the first store is opened. */
export function redisEngineOn(name: string, start: () => Promise<Servers>): EngineUnderTest {
  let servers: Servers | undefined;
  let opened = 0;

  async function openUnder(prefix: string): Promise<Store> {
    if (servers === undefined) throw new Error("Expected the engine to be started");
    const store = await RedisStore.open({ ...servers.options, ...PATIENT, prefix, cacheSlots: 1 << 12 });
    prefixes.set(store, prefix);
    return store;
  }

  return {
    name,
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
    stop: async () => {
      await servers?.stop();
    },
  };
}

/** Whether a text stands in a key under a prefix, in its name or anywhere in its value. */
async function holdsText(server: RedisServer, prefix: string, text: string): Promise<boolean> {
  // Otherwise a value of a dump may be compressed.
  await server.command("CONFIG", "SET", "rdbcompression", "no");
  const script =
    "for _, key in ipairs(redis.call('KEYS', ARGV[1] .. ':*')) do local dump = key .. redis.call('DUMP', key) " +
    "if string.find(dump, ARGV[2], 1, true) then return 1 end end return 0";
  return (await server.command("EVAL", script, "0", prefix, text)) === ":1\r\n";
}
