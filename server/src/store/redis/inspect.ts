/** What `sixpack doctor` asks a Redis before anything is stored in it. */
import { reasonOf } from "../../domain/errors.ts";
import { RedisConnection, type Reply } from "./client.ts";
import { Keys } from "./keys.ts";
import { probeWrites } from "./probe.ts";
import { REDIS_DEFAULTS, type RedisOptions } from "./redis-options.ts";
import { lineOf, type ServerVersion, versionIn } from "./redis-version.ts";

interface RedisFacts {
  readonly server: ServerVersion;
  /** Memory limit in bytes, 0 for none. */
  readonly memoryBytesMax: number;
  /** What it does when memory is full: `noeviction`, `allkeys-lru`, … */
  readonly evictionPolicy: string;
  readonly hasAppendLog: boolean;
  /** Why it takes no writes now; `undefined` where it does. */
  readonly refusal: string | undefined;
  /** How far its clock is from this machine's, in milliseconds: 0 where it may agree, however long the question took. */
  readonly clockDifferenceMs: number;
}

/** @throws SixpackError store-unavailable */
export async function inspectRedis(options: RedisOptions, nowMs: () => number): Promise<RedisFacts> {
  const connection = await RedisConnection.open(options, () => {});
  try {
    const information = text(await connection.send("INFO"));
    const askedMs = nowMs();
    const time = await connection.send("TIME");
    const answeredMs = nowMs();
    const [seconds, microseconds] = Array.isArray(time) ? time.map((part) => Number(text(part))) : [];
    const itsNowMs = (seconds ?? 0) * 1000 + (microseconds ?? 0) / 1000;
    return {
      server: versionIn(information),
      memoryBytesMax: Number(lineOf(information, "maxmemory")),
      evictionPolicy: lineOf(information, "maxmemory_policy"),
      hasAppendLog: lineOf(information, "aof_enabled") === "1",
      refusal: await refusalOf(probeWrites(connection, new Keys(options.prefix ?? REDIS_DEFAULTS.prefix))),
      clockDifferenceMs: Math.max(0, askedMs - itsNowMs, itsNowMs - answeredMs),
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
