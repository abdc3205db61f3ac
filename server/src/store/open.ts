/** Which engine a configuration means. Engines are imported when they are chosen: Redis alone costs a tenth of a second. */
import type { Config } from "../config/schema.ts";
import { SixpackError } from "../domain/errors.ts";
import { MemoryStore } from "./memory.ts";
import type { RedisOptions } from "./redis/options.ts";
import type { Store } from "./store.ts";

/** Hears of what an engine gets over by itself: a lost connection that it opens again. */
export type OnTrouble = (error: Error) => void;

/** @throws SixpackError store-unavailable: what keeps the engine from working, and what to do */
export async function openStore(config: Config, onTrouble: OnTrouble): Promise<Store> {
  switch (config.storage) {
    case "memory":
      return new MemoryStore();
    case "embedded": {
      const { LevelStore } = await import("./level/level-store.ts");
      return LevelStore.open({ folder: config.data_dir, cacheSlots: config.assignment_cache_slots });
    }
    case "redis": {
      const { RedisStore } = await import("./redis/redis-store.ts");
      return RedisStore.open({ ...redisOptions(config), onConnectionError: onTrouble });
    }
  }
}

/** @throws SixpackError store-unavailable: Sentinels, which this version can't ask */
export function redisOptions(config: Config): RedisOptions {
  if (config.redis_sentinels.length > 0) {
    throw new SixpackError(
      "store-unavailable",
      "Expected `redis_host` or `redis_url`, got `redis_sentinels`: this version can't ask Sentinels yet. Give it the address of the master.",
    );
  }
  return {
    ...(config.redis_url === undefined
      ? {
          host: config.redis_host,
          port: config.redis_port,
          password: config.redis_password,
          database: config.redis_db,
        }
      : { url: config.redis_url }),
    prefix: config.redis_prefix,
    cacheSlots: config.assignment_cache_slots,
    commandTimeoutMs: config.redis_socket_timeout * 1000,
  };
}
