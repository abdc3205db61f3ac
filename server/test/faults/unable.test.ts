/**
 * A store that answers and takes no writes: `/readyz` says so, the log says why once, and all is well by itself once the
 * store is, or as soon as the address leads to a server that does.
 */
import { execFileSync } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RedisOptions } from "../../src/store/redis/redis-options.ts";
import { RedisStore } from "../../src/store/redis/redis-store.ts";
import { PATIENT } from "../store/engines/redis.ts";
import { atTheEnd, closing, stopping, temporaryFolder } from "../support/one-test.ts";
import { clusterPort } from "../support/ports.ts";
import { RedisCluster } from "../support/redis-cluster.ts";
import { RedisSentinels } from "../support/redis-sentinels.ts";
import { RedisServer } from "../support/redis-server.ts";
import { type Sixpack, startSixpack } from "../support/sixpack.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { startLoad } from "./load.ts";
import { expectSound } from "./sound.ts";

/** What lasts shortly must not be missed. */
const EVENTUALLY = { interval: 20 };

async function serve(environment: Readonly<Record<string, string>>): Promise<Sixpack> {
  return stopping(await startSixpack({ SIXPACK_CONFIG_STORAGE: "redis", ...environment }));
}

function listOf(addresses: readonly { readonly host: string; readonly port: number }[]): string {
  return addresses.map(({ host, port }) => `${host}:${port}`).join(",");
}

/** The next answer that any process behind the address gives. */
async function status({ url }: Sixpack, path = "/readyz"): Promise<number> {
  return (await fetch(`${url}${path}`, { headers: { Connection: "close" } })).status;
}

function participate(client: string, experiment = "fault"): string {
  const names = ["red", "green", "blue"].map((name) => `alternatives=${name}`).join("&");
  return `/participate?experiment=${experiment}&client_id=${client}&${names}`;
}

interface Told {
  readonly lost: readonly string[];
  readonly regained: number;
}

/** What the log says of writes. */
function told(sixpack: Sixpack): Told {
  const lines = sixpack
    .log()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line): { msg: string; error?: string } => JSON.parse(line));
  return {
    lost: lines.filter(({ msg }) => msg === "the store takes no writes").map(({ error = "" }) => error),
    regained: lines.filter(({ msg }) => msg === "the store takes writes again").length,
  };
}

/** How often it was told that a server takes reads only. */
function readOnly(sixpack: Sixpack): number {
  return told(sixpack).lost.filter((reason) => reason.includes("READONLY")).length;
}

async function expectSoundIn(options: RedisOptions, report: Parameters<typeof expectSound>[1], nothingLost = true) {
  const store = closing(await RedisStore.open({ ...PATIENT, ...options }));
  await expectSound(store, report, { nothingLost });
}

describe.each(["0", "2"])("two servers behind one address, with workers: %s", (workers) => {
  it("swap roles under load, and the server finds the one that takes writes, there and back", async () => {
    const ports = [await clusterPort(), await clusterPort()] as const;
    const listen = (port: number) => ["--port", String(port), "--bind", "127.0.0.1", "--repl-diskless-sync-delay", "0"];
    const [first, second] = [
      stopping(await RedisServer.start(...listen(ports[0]))),
      stopping(await RedisServer.start(...listen(ports[1]))),
    ];
    await second.replicate(ports[0]);
    const network = stopping(await TcpProxy.start(ports[0]));
    const sixpack = await serve({
      SIXPACK_CONFIG_REDIS_URL: `redis://127.0.0.1:${network.port}/15`,
      ...(workers === "0" ? {} : { SIXPACK_CONFIG_WORKERS: workers }),
    });
    const load = startLoad(sixpack.url);
    await load.running();
    for (const [from, to, port] of [
      [first, second, ports[1]],
      [second, first, ports[0]],
    ] as const) {
      await from.until("INFO replication", /state=online/);
      // Coordinated: no write that was answered is left behind.
      expect(await from.command("FAILOVER", "TO", "127.0.0.1", String(port))).toBe("+OK\r\n");
      await to.until("INFO replication", /role:master/);
      await load.refused();
      // A server that leads elsewhere before anybody asked it again has nothing to tell.
      await expect.poll(() => readOnly(sixpack), EVENTUALLY).toBeGreaterThan(from === first ? 0 : 1);
      network.lead(port);
      await load.recovered();
      await expect.poll(() => status(sixpack), EVENTUALLY).toBe(200);
      await expect.poll(() => told(sixpack).regained, EVENTUALLY).toBeGreaterThan(from === first ? 0 : 1);
    }
    const report = await load.stop();
    // Once for each time and each process that met it, and nowhere else.
    const refused = readOnly(sixpack);
    expect(refused).toBeGreaterThanOrEqual(2);
    expect(refused).toBeLessThanOrEqual(2 * Math.max(1, Number(workers)));
    expect(sixpack.log().split("READONLY").length - 1).toBe(refused);
    await expectSoundIn({ socketPath: first.socketPath, database: 15 }, report);
  });
});

interface Fault {
  readonly breaks: (redis: RedisServer) => Promise<unknown>;
  readonly mends: (redis: RedisServer) => Promise<unknown>;
  readonly settings?: readonly string[];
}

const FAULTS: Readonly<Record<string, Fault>> = {
  OOM: {
    breaks: (redis) => redis.command("CONFIG", "SET", "maxmemory", "1"),
    mends: (redis) => redis.command("CONFIG", "SET", "maxmemory", "0"),
  },
  READONLY: {
    breaks: (redis) => redis.command("REPLICAOF", "127.0.0.1", "1"),
    mends: (redis) => redis.command("REPLICAOF", "NO", "ONE"),
  },
  MASTERDOWN: {
    settings: ["--replica-serve-stale-data", "no"],
    breaks: (redis) => redis.command("REPLICAOF", "127.0.0.1", "1"),
    mends: (redis) => redis.command("REPLICAOF", "NO", "ONE"),
  },
  NOREPLICAS: {
    breaks: (redis) => redis.command("CONFIG", "SET", "min-replicas-to-write", "1"),
    mends: (redis) => redis.command("CONFIG", "SET", "min-replicas-to-write", "0"),
  },
  MISCONF: {
    settings: ["--save", "3600 1"],
    breaks: async (redis) => {
      // A folder in the place of the file: whoever may write everywhere can't save either.
      await mkdir(join(redis.folder, "dump.rdb", "in the way"), { recursive: true });
      await redis.command("BGSAVE");
      await redis.until("INFO persistence", /rdb_last_bgsave_status:err/);
    },
    mends: async (redis) => {
      await rm(join(redis.folder, "dump.rdb"), { recursive: true });
      await redis.command("BGSAVE");
      await redis.until("INFO persistence", /rdb_last_bgsave_status:ok/);
    },
  },
};

describe.each(Object.entries(FAULTS))("a Redis that answers %s", (word, { breaks, mends, settings = [] }) => {
  it("makes the server unready, told once, and ready again without any traffic", async () => {
    const redis = stopping(await RedisServer.start(...settings));
    const sixpack = await serve({ SIXPACK_CONFIG_REDIS_SOCKET: redis.socketPath });
    expect(await status(sixpack, participate("known"))).toBe(200);
    expect(await status(sixpack)).toBe(200);
    await breaks(redis);
    expect(await status(sixpack)).toBe(503);
    expect(await status(sixpack, participate("new"))).toBe(503);
    // A replica that must not answer at all is the exception.
    if (word !== "MASTERDOWN") expect(await status(sixpack, participate("known"))).toBe(200);
    expect(await status(sixpack, "/healthz")).toBe(200);
    expect(told(sixpack)).toMatchObject({ lost: [expect.stringContaining(word)], regained: 0 });
    await mends(redis);
    // Nobody asks for anything.
    await expect.poll(() => told(sixpack).regained, EVENTUALLY).toBe(1);
    expect(await status(sixpack)).toBe(200);
    await expect.poll(() => status(sixpack, participate("new")), EVENTUALLY).toBe(200);
    expect(told(sixpack).lost).toHaveLength(1);
  });
});

describe("a Redis that is away", () => {
  it("is told once by every job beside the calls, without a stack, and once that it is back", async () => {
    const redis = stopping(await RedisServer.start("--appendonly", "yes"));
    const sixpack = await serve({ SIXPACK_CONFIG_REDIS_SOCKET: redis.socketPath });
    expect(await status(sixpack)).toBe(200);
    const count = (message: string) => sixpack.log().split(`"msg":"${message}"`).length - 1;
    const jobs = [
      ["could not rebalance a bandit", "bandits are rebalanced again"],
      ["could not look whether a plan is reached", "plans are looked at again"],
    ] as const;
    await redis.kill();
    // The second takes two rounds of the first.
    for (const [trouble] of jobs) await expect.poll(() => count(trouble), EVENTUALLY).toBe(1);
    await redis.start();
    for (const [, mended] of jobs) await expect.poll(() => count(mended), EVENTUALLY).toBe(1);
    for (const message of jobs.flat()) expect(count(message)).toBe(1);
    expect(told(sixpack).regained).toBe(1);
    expect(sixpack.log()).not.toContain("    at ");
  });
});

describe("a Redis that asks for a password it was not started with", () => {
  it("makes the server unready, and ready again when it asks no more", async () => {
    const redis = stopping(await RedisServer.start());
    const sixpack = await serve({ SIXPACK_CONFIG_REDIS_SOCKET: redis.socketPath });
    expect(await status(sixpack)).toBe(200);
    await redis.command("CONFIG", "SET", "requirepass", "secret");
    const known = (...words: readonly string[]) =>
      execFileSync("redis-cli", ["-s", redis.socketPath, "-a", "secret", "--no-auth-warning", ...words]);
    // Who is in stays in, so everybody is sent out.
    known("CLIENT", "KILL", "TYPE", "normal");
    expect(await status(sixpack)).toBe(503);
    await expect.poll(() => told(sixpack).lost.join(), EVENTUALLY).toContain("NOAUTH");
    known("CONFIG", "SET", "requirepass", "");
    await expect.poll(() => told(sixpack).regained, EVENTUALLY).toBe(1);
    expect(await status(sixpack)).toBe(200);
  });
});

describe("Sentinels under load", () => {
  it("promote a replica while its master lives on, and the server follows", async () => {
    const trio = stopping(await RedisSentinels.start());
    const sixpack = await serve({
      SIXPACK_CONFIG_REDIS_SENTINELS: listOf(trio.addresses),
      SIXPACK_CONFIG_REDIS_SENTINEL_SERVICE_NAME: RedisSentinels.NAME,
    });
    const load = startLoad(sixpack.url);
    await load.running();
    const port = String(trio.addresses[0]?.port);
    execFileSync("redis-cli", ["-p", port, "SENTINEL", "FAILOVER", RedisSentinels.NAME]);
    await trio.promoted();
    await load.recovered();
    await expect.poll(() => status(sixpack), EVENTUALLY).toBe(200);
    await expectSoundIn(trio.options, await load.stop(), false);
  });

  it("know a master without memory, and the server is not ready until it has some", async () => {
    const trio = stopping(await RedisSentinels.start());
    const sixpack = await serve({
      SIXPACK_CONFIG_REDIS_SENTINELS: listOf(trio.addresses),
      SIXPACK_CONFIG_REDIS_SENTINEL_SERVICE_NAME: RedisSentinels.NAME,
    });
    expect(await status(sixpack)).toBe(200);
    await trio.master.command("CONFIG", "SET", "maxmemory", "1");
    expect(await status(sixpack)).toBe(503);
    await trio.master.command("CONFIG", "SET", "maxmemory", "0");
    await expect.poll(() => told(sixpack).regained, EVENTUALLY).toBe(1);
    expect(await status(sixpack)).toBe(200);
  });
});

describe("a Cluster", () => {
  async function clustered(replicas: number) {
    // Each starts again with what it had.
    const listen = (port: number) => ["--port", String(port), "--appendonly", "yes"];
    const cluster = stopping(await RedisCluster.start(replicas, listen));
    const sixpack = await serve({ SIXPACK_CONFIG_REDIS_CLUSTER_NODES: listOf(cluster.addresses) });
    return { cluster, sixpack };
  }

  it("swaps master and replica under load, and the server follows", async () => {
    const { cluster, sixpack } = await clustered(1);
    const { master, replica } = cluster.holders("sxp:{fault}:live");
    if (replica === undefined) throw new Error("Expected a replica, got none");
    const load = startLoad(sixpack.url);
    await load.running();
    expect(await replica.server.command("CLUSTER", "FAILOVER")).toBe("+OK\r\n");
    await replica.server.until("INFO replication", /role:master/);
    await master.server.until("INFO replication", /role:slave/);
    await load.recovered();
    await expect.poll(() => status(sixpack), EVENTUALLY).toBe(200);
    await expectSoundIn({ clusterNodes: cluster.addresses }, await load.stop());
  });

  it("is not ready while any master takes no writes, whichever it is", async () => {
    const { cluster, sixpack } = await clustered(0);
    expect(await status(sixpack)).toBe(200);
    for (const [index, { server }] of cluster.masters.entries()) {
      await server.command("CONFIG", "SET", "maxmemory", "1");
      expect(await status(sixpack)).toBe(503);
      await server.command("CONFIG", "SET", "maxmemory", "0");
      await expect.poll(() => told(sixpack).regained, EVENTUALLY).toBe(index + 1);
      expect(await status(sixpack)).toBe(200);
    }
    expect(told(sixpack).lost).toHaveLength(cluster.masters.length);
  });

  it("is down with one of its masters, and ready when that is back", async () => {
    const { cluster, sixpack } = await clustered(0);
    const [gone, other] = cluster.masters;
    // Here one is meant to fail, and soon.
    for (const { server } of cluster.masters) await server.command("CONFIG", "SET", "cluster-node-timeout", "2000");
    await gone?.server.kill();
    await other?.server.until("CLUSTER INFO", /cluster_state:fail/);
    expect(await status(sixpack)).toBe(503);
    expect(await status(sixpack, participate("new"))).toBe(503);
    await gone?.server.start();
    await other?.server.until("CLUSTER INFO", /cluster_state:ok/);
    await expect.poll(() => told(sixpack).regained, EVENTUALLY).toBe(1);
    await expect.poll(() => status(sixpack, participate("new")), EVENTUALLY).toBe(200);
  });
});

describe("a full disk of the embedded store", () => {
  it("makes the server unready before anybody writes, told once, and ready again without any traffic", async () => {
    const folder = await temporaryFolder();
    // Only root may mount: where tests run as somebody else this fails and says so.
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=32m", "tmpfs", folder]);
    atTheEnd(async () => execFileSync("umount", ["-l", folder]));
    const sixpack = stopping(
      await startSixpack({ SIXPACK_CONFIG_STORAGE: "embedded", SIXPACK_CONFIG_DATA_DIR: join(folder, "data") }),
    );
    expect(await status(sixpack, participate("known"))).toBe(200);
    expect(await status(sixpack)).toBe(200);
    const ballast = join(folder, "ballast");
    // As much as fits.
    await writeFile(ballast, Buffer.alloc(64 * 2 ** 20)).catch(() => {});
    // The page that was begun has room for some probes.
    await expect.poll(() => status(sixpack), EVENTUALLY).toBe(503);
    expect(await status(sixpack, participate("known"))).toBe(200);
    expect(await status(sixpack, participate("new"))).toBe(503);
    expect(told(sixpack)).toMatchObject({ lost: [expect.stringContaining("No space left")], regained: 0 });
    await rm(ballast);
    await expect.poll(() => told(sixpack).regained, EVENTUALLY).toBe(1);
    expect(await status(sixpack)).toBe(200);
    expect(await status(sixpack, participate("new"))).toBe(200);
    expect(told(sixpack).lost).toHaveLength(1);
  });
});
