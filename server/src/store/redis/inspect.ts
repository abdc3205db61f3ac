/** What `sixpack doctor` asks a Redis before anything is stored in it. */
import { reasonOf } from "../../domain/errors.ts";
import { RedisConnection, type Reply } from "./client.ts";
import { Keys } from "./keys.ts";
import { probeWrites } from "./probe.ts";
import { REDIS_DEFAULTS, type RedisOptions } from "./redis-options.ts";

interface RedisFacts {
  /** "Redis 7.0.15" or "Valkey 8.1.1". */
  readonly product: string;
  /** The version of Redis whose commands it understands; `[0, 0]` if it doesn't say. */
  readonly version: readonly [major: number, minor: number];
  /** Memory limit in bytes, 0 for none. */
  readonly memoryBytesMax: number;
  /** What it does when memory is full: `noeviction`, `allkeys-lru`, … */
  readonly evictionPolicy: string;
  readonly hasAppendLog: boolean;
  /** Why it takes no writes now; `undefined` where it does. */
  readonly refusal: string | undefined;
  /** Its clock, milliseconds since 1970, UTC. */
  readonly nowMs: number;
}

/** @throws SixpackError store-unavailable */
export async function inspectRedis(options: RedisOptions): Promise<RedisFacts> {
  const connection = await RedisConnection.open(options, () => {});
  try {
    const information = text(await connection.send("INFO"));
    const time = await connection.send("TIME");
    const [seconds, microseconds] = Array.isArray(time) ? time.map((part) => Number(text(part))) : [];
    const version = value(information, "redis_version");
    const valkey = value(information, "valkey_version");
    const [major = 0, minor = 0] = version.split(".").map(Number);
    return {
      product: valkey === "" ? `Redis ${version}` : `Valkey ${valkey}`,
      version: [major, minor],
      memoryBytesMax: Number(value(information, "maxmemory")),
      evictionPolicy: value(information, "maxmemory_policy"),
      hasAppendLog: value(information, "aof_enabled") === "1",
      refusal: await refusalOf(probeWrites(connection, new Keys(options.prefix ?? REDIS_DEFAULTS.prefix))),
      nowMs: (seconds ?? 0) * 1000 + (microseconds ?? 0) / 1000,
    };
  } finally {
    await connection.close();
  }
}

/** Keys per database of the server, where there are any. @throws SixpackError store-unavailable */
export async function keysPerDatabase(options: RedisOptions): Promise<ReadonlyMap<number, number>> {
  const connection = await RedisConnection.open(options, () => {});
  try {
    const information = text(await connection.send("INFO", "keyspace"));
    const lines = [...information.matchAll(/^db(\d+):keys=(\d+)/gm)];
    return new Map(lines.map(([, database, keys]) => [Number(database), Number(keys)]));
  } finally {
    await connection.close();
  }
}

async function refusalOf(probe: Promise<void>): Promise<string | undefined> {
  try {
    await probe;
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

function text(reply: Reply): string {
  return Buffer.isBuffer(reply) ? reply.toString("utf8") : String(reply);
}

/** A line `name:value` of INFO; empty when there is none. */
function value(information: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(information)?.[1] ?? "";
}
