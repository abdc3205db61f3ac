/** What the configuration says of Redis. */
import { readFileSync } from "node:fs";
import type { Config, ConfigKey } from "../../config/schema.ts";
import { SixpackError } from "../../domain/errors.ts";
import type { Whereabouts } from "../whereabouts.ts";
import { keysPerDatabase } from "./inspect.ts";
import { addressOf, type RedisOptions, type TlsOptions } from "./redis-options.ts";

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

/** Where the settings lead. Databases of the same Redis that have keys are told, where one can be chosen. */
export async function redisWhereabouts(config: Config): Promise<Whereabouts> {
  const elsewhere = config.redis_cluster_nodes.length > 0 ? "" : await otherDatabases(config);
  return {
    text: `under the prefix ${config.redis_prefix} at ${addressOf(redisOptions(config))}`,
    keys: [...redisKeys(config), "redis_prefix"],
    hint: elsewhere,
  };
}

/** The keys that say which Redis, and which of its databases. */
function redisKeys(config: Config): readonly ConfigKey[] {
  if (config.redis_url !== undefined) return ["redis_url"];
  if (config.redis_cluster_nodes.length > 0) return ["redis_cluster_nodes"];
  if (config.redis_sentinels.length > 0) return ["redis_sentinels", "redis_db"];
  return [config.redis_socket === undefined ? "redis_host" : "redis_socket", "redis_db"];
}

/** A wrong number is the likeliest mistake: 15 by default here as in the original, and 0 everywhere else. */
async function otherDatabases(config: Config): Promise<string> {
  try {
    const filled = await keysPerDatabase(redisOptions(config));
    const list = [...filled].map(([database, keys]) => `${database} (${keys})`).join(", ");
    return list === "" ? "; no database of it has keys" : `; its databases with keys: ${list}`;
  } catch {
    // Not every user may ask, and the refusal stands without it.
    return "";
  }
}
