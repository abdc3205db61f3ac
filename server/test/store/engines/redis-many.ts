/** The Redis engine over more than one server. */
import { RedisCluster } from "../../support/redis-cluster.ts";
import { RedisSentinels } from "../../support/redis-sentinels.ts";
import type { EngineUnderTest } from "./engine.ts";
import { redisEngineOn } from "./redis.ts";

export function redisClusterEngine(): EngineUnderTest {
  return redisEngineOn("redis cluster", async () => {
    const cluster = await RedisCluster.start();
    return { options: { clusterNodes: cluster.addresses }, stop: () => cluster.stop() };
  });
}

export function redisSentinelEngine(): EngineUnderTest {
  return redisEngineOn("redis sentinel", async () => {
    const trio = await RedisSentinels.start();
    return { options: trio.options, stop: () => trio.stop() };
  });
}
