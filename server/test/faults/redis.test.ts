/** One Redis that goes away, hangs, refuses or forgets, under the traffic of a real server. */
import { describe, expect, it } from "vitest";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import { PATIENT } from "../store/engines/redis.ts";
import { closing, stopping } from "../support/one-test.ts";
import { HASTY_REDIS } from "../support/patience.ts";
import { clusterPort } from "../support/ports.ts";
import { RedisServer } from "../support/redis-server.ts";
import { startSixpack } from "../support/sixpack.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { LANES, type Load, MANY_CALLS, startLoad } from "./load.ts";
import { expectSound } from "./sound.ts";

/** What Redis answered it has on disk. */
const DURABLE = ["--appendonly", "yes", "--appendfsync", "always"];

interface Scene {
  readonly redis: RedisServer;
  readonly load: Load;
  /** Ends the traffic and looks at what is stored. */
  readonly end: () => Promise<void>;
}

async function scene(settings: readonly string[] = [], more: Readonly<Record<string, string>> = {}): Promise<Scene> {
  const redis = stopping(await RedisServer.start(...settings));
  const where = "SIXPACK_CONFIG_REDIS_HOST" in more ? {} : { SIXPACK_CONFIG_REDIS_SOCKET: redis.socketPath };
  const sixpack = stopping(await startSixpack({ SIXPACK_CONFIG_STORAGE: "redis", ...where, ...more }));
  const load = startLoad(sixpack.url);
  await load.running();
  const end = async () => {
    const report = await load.stop();
    const store = closing(await RedisStore.open({ ...PATIENT, socketPath: redis.socketPath, database: 15 }));
    await expectSound(store, report, { nothingLost: true });
  };
  return { redis, load, end };
}

describe("a Redis under load", () => {
  it("is killed and started again", async () => {
    const { redis, load, end } = await scene(DURABLE);
    await redis.kill();
    await load.refused(MANY_CALLS);
    await redis.start();
    await load.recovered();
    await end();
  });

  it("hangs and goes on", async () => {
    const { redis, load, end } = await scene([], HASTY_REDIS);
    redis.pause();
    await load.refused(2 * LANES);
    redis.resume();
    await load.recovered();
    await end();
  });

  it("runs out of memory and is given more", async () => {
    const { redis, load, end } = await scene();
    await redis.command("CONFIG", "SET", "maxmemory", "1");
    await load.refused(MANY_CALLS);
    await redis.command("CONFIG", "SET", "maxmemory", "0");
    await load.recovered();
    await end();
  });

  it("becomes read-only and takes writes again", async () => {
    const { redis, load, end } = await scene();
    await redis.command("REPLICAOF", "127.0.0.1", "1");
    await load.refused(MANY_CALLS);
    await redis.command("REPLICAOF", "NO", "ONE");
    await load.recovered();
    await end();
  });

  it("is loading its data after a start", async () => {
    const { redis, load, end } = await scene([...DURABLE, "--key-load-delay", "4000"]);
    // A thousand keys at four milliseconds each: Redis says LOADING for about four seconds.
    const fill = "for i = 1, 1000 do redis.call('SET', 'filler' .. i, i) end";
    await redis.command("EVAL", fill, "0");
    await redis.command("BGREWRITEAOF");
    await redis.until("INFO persistence", /aof_rewrite_in_progress:0/);
    await redis.kill();
    await load.refused();
    const start = redis.start();
    await redis.until("GET filler1", /LOADING/);
    await start;
    await redis.until("GET filler1", /\$1/);
    await load.recovered();
    await end();
  });

  it("forgets its scripts without anybody noticing", async () => {
    const { redis, load, end } = await scene();
    for (let flush = 0; flush < 5; flush += 1) {
      await redis.command("SCRIPT", "FLUSH");
      await load.served();
    }
    const { refusals } = await load.stop();
    expect([...refusals]).toEqual([]);
    await end();
  });
});

describe("the network to Redis under load", () => {
  async function networked(): Promise<Scene & { readonly network: TcpProxy }> {
    const port = await clusterPort();
    const network = stopping(await TcpProxy.start(port));
    const address = { SIXPACK_CONFIG_REDIS_HOST: "127.0.0.1", SIXPACK_CONFIG_REDIS_PORT: String(network.port) };
    const listen = ["--port", String(port), "--bind", "127.0.0.1"];
    return { ...(await scene(listen, { ...HASTY_REDIS, ...address })), network };
  }

  it("is slow, then so slow that calls are refused, then well", async () => {
    const { load, network, end } = await networked();
    network.delay(100);
    await load.served();
    network.delay(600);
    await load.refused();
    network.mend();
    await load.recovered();
    await end();
  });

  it("is cut and joined", async () => {
    const { load, network, end } = await networked();
    network.cut();
    await load.refused(MANY_CALLS);
    network.mend();
    await load.recovered();
    await end();
  });

  it("swallows what is sent, and carries new connections later", async () => {
    const { load, network, end } = await networked();
    const before = network.connections;
    network.silence();
    await load.refused();
    // The silence is what ends the connection.
    await expect.poll(() => network.connections).toBeGreaterThan(before);
    network.mend();
    await load.recovered();
    await end();
  });
});
