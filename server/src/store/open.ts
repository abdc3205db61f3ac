/** Which engine a configuration means. Engines are imported when they are chosen: Redis alone costs a tenth of a second. */
import { readFileSync } from "node:fs";
import type { Config } from "../config/schema.ts";
import { SixpackError } from "../domain/errors.ts";
import type { RedisOptions, TlsOptions } from "./redis/redis-options.ts";
import type { Store } from "./store.ts";

/** Hears of what an engine gets over by itself: a lost connection that it opens again. */
export type OnTrouble = (error: Error) => void;

/**
 * @param mayMake whether a store is made where there is none; whoever only reads makes none
 * @throws SixpackError store-unavailable: what keeps the engine from working, and what to do
 */
export async function openStore(config: Config, onTrouble: OnTrouble, mayMake: boolean): Promise<Store> {
  switch (config.storage) {
    case "memory":
    case "embedded": {
      const { LocalStore } = await import("./local/local-store.ts");
      const folder = config.storage === "memory" ? null : config.data_dir;
      return LocalStore.open({ folder, cacheSlots: config.assignment_cache_slots, mayMake, onTrouble });
    }
    case "redis": {
      const { RedisStore } = await import("./redis/redis-store.ts");
      return RedisStore.open({ ...redisOptions(config), onConnectionError: onTrouble, mayMake });
    }
  }
}

/** @throws SixpackError store-unavailable: a certificate that can't be read */
export function redisOptions(config: Config): RedisOptions {
  const account = { username: config.redis_user, password: config.redis_password };
  return {
    ...(config.redis_url === undefined
      ? {
          ...account,
          host: config.redis_host,
          port: config.redis_port,
          socketPath: config.redis_socket,
          database: config.redis_db,
        }
      : { url: config.redis_url }),
    tls: tlsOptions(config),
    clusterNodes: config.redis_cluster_nodes,
    sentinels: config.redis_sentinels,
    sentinelName: config.redis_sentinel_service_name,
    sentinelUsername: config.redis_sentinel_user,
    sentinelPassword: config.redis_sentinel_password,
    prefix: config.redis_prefix,
    cacheSlots: config.assignment_cache_slots,
    commandTimeoutMs: config.redis_socket_timeout * 1000,
  };
}

function tlsOptions(config: Config): TlsOptions | undefined {
  const { redis_url: url } = config;
  const wanted = url === undefined ? config.redis_tls : new URL(url).protocol === "rediss:";
  if (!wanted) return undefined;
  return {
    ca: readPem("redis_tls_ca", config.redis_tls_ca),
    cert: readPem("redis_tls_cert", config.redis_tls_cert),
    key: readPem("redis_tls_key", config.redis_tls_key),
    serverName: config.redis_tls_server_name,
  };
}

function readPem(key: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SixpackError("store-unavailable", `Expected to read \`${key}\`, got: ${reason}`, { cause });
  }
}
