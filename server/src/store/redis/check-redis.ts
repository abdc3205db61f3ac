/** What `sixpack doctor` says of a Redis before anything is stored in it. */
import type { Config } from "../../config/schema.ts";
import { reasonOf } from "../../domain/errors.ts";
import { type Finding, fail, ok, warn } from "../../ops/finding.ts";
import { inspectRedis } from "./inspect.ts";
import { redisOptions } from "./redis-config.ts";
import { REDIS_MIN, tooOld } from "./redis-version.ts";

/** Clocks further apart than this give one event two days around midnight, in milliseconds. */
const CLOCK_DIFFERENCE_MS_MAX = 2_000;

export async function checkRedis(config: Config, nowMs: () => number): Promise<readonly Finding[]> {
  // What a refused connection says is nearer to the cause than what the client makes of it later.
  let trouble: string | undefined;
  const onConnectionError = ({ message }: Error): void => {
    trouble = message;
  };
  try {
    const facts = await inspectRedis({ ...redisOptions(config), onConnectionError }, nowMs);
    return [
      facts.server.version !== undefined && tooOld(facts.server) === undefined
        ? ok("redis", facts.server.product)
        : fail("redis", facts.server.product, `use ${REDIS_MIN.join(".")} or newer`),
      facts.refusal === undefined
        ? ok("redis writes", "taken")
        : fail("redis writes", facts.refusal, "mend that, or give the address of the server that takes writes"),
      facts.memoryBytesMax === 0 || facts.evictionPolicy === "noeviction"
        ? ok("redis memory", facts.memoryBytesMax === 0 ? "no limit" : `noeviction at ${facts.memoryBytesMax} bytes`)
        : fail(
            "redis memory",
            `${facts.evictionPolicy} drops clients at the limit`,
            "set maxmemory-policy to noeviction",
          ),
      facts.hasAppendLog
        ? ok("redis durability", "append-only file")
        : warn("redis durability", "a crash loses what came after the last snapshot", "set appendonly to yes"),
      facts.clockDifferenceMs <= CLOCK_DIFFERENCE_MS_MAX
        ? ok("redis clock", "agrees with this machine's")
        : warn(
            "redis clock",
            `${(facts.clockDifferenceMs / 1000).toFixed(1)} s off this machine's`,
            "synchronise both clocks",
          ),
    ];
  } catch (error) {
    const text = trouble ?? reasonOf(error);
    return [
      fail("redis", `can't be reached: ${text}`, "check redis_url, or redis_host, redis_port and redis_password"),
    ];
  }
}
