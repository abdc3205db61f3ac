/** The processes of a run: servers under test, the Redis beside them, and the generator of load. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../server/test/support/sixpack.ts";
import type { Order, Result } from "./generator.ts";
import { familyCpuMs, familyMiB } from "./process-figures.ts";

export const ENGINES = ["embedded", "redis", "memory"] as const;
/** Redis again with what a larger site runs: two processes, a Cluster of three masters, and both. */
export const SCALE_ENGINES = ["redis", "redis-2workers", "cluster", "cluster-2workers"] as const;
export type Engine = (typeof ENGINES)[number] | (typeof SCALE_ENGINES)[number];

export interface Running {
  readonly port: number;
  /** What to ask it for where that is not a participation, and what a right answer has in it. */
  readonly asked?: Pick<Order, "path" | "expects">;
  /** Resident memory of the server and its store now, in MiB. */
  readonly memoryMiB: () => number;
  /** The same without the store: of the server's own process and its workers. */
  readonly ownMemoryMiB: () => number;
  /** Of that, what is not backed by files: the tables of LevelDB are mapped, and the system takes those pages back. */
  readonly ownAnonymousMiB: () => number;
  /** Processor time that the process and those it started have taken so far, without its store, in milliseconds. */
  readonly cpuMs: () => number;
  /** The same of all its Redis servers; 0 where it has none. */
  readonly storeCpuMs: () => number;
  readonly stop: () => Promise<void>;
}

const START_TIMEOUT_MS = 15_000;
const CLUSTER_SETTLES_MS = 2_000;
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** @param kind `durable`: answers when a record of each call is on disk */
export async function startBare(kind: "constant" | "durable" = "constant"): Promise<Running> {
  const port = await freePort();
  const child = node(["--import", "tsx", join(ROOT, "bench/src/bare.ts"), String(port), kind], {});
  await listening(port, child);
  return { ...plain(port, child), asked: { path: "/{client}", expects: "anything" } };
}

/**
 * Any HTTP server, started by a shell command that ends with it.
 * @param url what to ask it for, with `{client}` where the client id goes
 */
export async function startPeer(command: string, url: string): Promise<Running> {
  const { port, pathname, search } = new URL(url.replace("{client}", "__client__"));
  const child = spawn(command, { shell: true, detached: true, stdio: "ignore" });
  await listening(Number(port), child);
  const path = (pathname + search).replace("__client__", "{client}");
  return {
    ...plain(Number(port), child),
    asked: { path, expects: "anything" },
    stop: async () => {
      const ended = once(child, "exit");
      // The shell and all that it started.
      process.kill(-(child.pid ?? 0), "SIGTERM");
      await ended;
    },
  };
}

/** A server without a store beside it. */
function plain(port: number, child: ChildProcess): Running {
  return {
    port,
    memoryMiB: () => familyMiB(child),
    ownMemoryMiB: () => familyMiB(child),
    ownAnonymousMiB: () => familyMiB(child, "RssAnon"),
    cpuMs: () => familyCpuMs(child),
    storeCpuMs: () => 0,
    stop: () => end(child),
  };
}

/** What a server was started with: its store is there, and the server is not yet. */
export type Prepare = (environment: Readonly<Record<string, string>>) => Promise<void>;

/** The built server, as an operator would run it, on an empty store or one that was prepared. */
export async function startSixpack(
  engine: Engine,
  prepare: Prepare = async () => {},
): Promise<Running & { readonly openedMs: number }> {
  const folder = mkdtempSync(join(tmpdir(), "sixpack-bench-"));
  const port = await freePort();
  const servers = await startServers(engine, folder);
  const environment = {
    SIXPACK_PORT: String(port),
    SIXPACK_CONFIG_STORAGE: servers === undefined ? engine : "redis",
    SIXPACK_CONFIG_DATA_DIR: join(folder, "data"),
    ...servers?.environment,
  };
  await prepare(environment);
  const startedMs = performance.now();
  const child = node([join(ROOT, "server/bin/sixpack.js")], environment);
  await listening(port, child);
  return {
    port,
    /** From the start of the process until it takes connections, to 50 ms. */
    openedMs: performance.now() - startedMs,
    memoryMiB: () => familyMiB(child) + (servers?.memoryMiB() ?? 0),
    ownMemoryMiB: () => familyMiB(child),
    ownAnonymousMiB: () => familyMiB(child, "RssAnon"),
    cpuMs: () => familyCpuMs(child),
    storeCpuMs: () => servers?.cpuMs() ?? 0,
    stop: async () => {
      await end(child);
      await servers?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Servers extends Omit<Running, "port" | "storeCpuMs" | "ownMemoryMiB" | "ownAnonymousMiB"> {
  /** Where they are, for Sixpack. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The Redis of an engine that has one. */
async function startServers(engine: Engine, folder: string): Promise<Servers | undefined> {
  switch (engine) {
    case "embedded":
    case "memory":
      return undefined;
    case "redis":
    case "redis-2workers": {
      const { port, ...redis } = await startRedis(folder);
      const workers = engine === "redis" ? "1" : "2";
      return { ...redis, environment: { SIXPACK_CONFIG_REDIS_PORT: String(port), SIXPACK_CONFIG_WORKERS: workers } };
    }
    case "cluster":
    case "cluster-2workers": {
      const cluster = await startCluster(folder);
      const workers = engine === "cluster-2workers" ? "2" : "1";
      return { ...cluster, environment: { ...cluster.environment, SIXPACK_CONFIG_WORKERS: workers } };
    }
  }
}

/** Three masters that share the slots. redis-cli introduces them to each other. */
async function startCluster(folder: string): Promise<Servers> {
  const masters = await Promise.all(
    ["a", "b", "c"].map(async (name) => {
      const own = join(folder, name);
      mkdirSync(own);
      return startRedis(own, "--cluster-enabled", "yes", "--cluster-port", String(await freePort()));
    }),
  );
  const addresses = masters.map(({ port }) => `127.0.0.1:${port}`);
  const create = ["--cluster", "create", ...addresses, "--cluster-yes"];
  await once(spawn("redis-cli", create, { stdio: ["ignore", "ignore", "inherit"] }), "close");
  // Each has to hear of the others' slots before it answers for its own.
  await new Promise((resolve) => setTimeout(resolve, CLUSTER_SETTLES_MS));
  return {
    environment: { SIXPACK_CONFIG_REDIS_CLUSTER_NODES: addresses.join(",") },
    memoryMiB: () => masters.reduce((sum, { memoryMiB }) => sum + memoryMiB(), 0),
    cpuMs: () => masters.reduce((sum, { cpuMs: own }) => sum + own(), 0),
    stop: async () => {
      await Promise.all(masters.map(({ stop }) => stop()));
    },
  };
}

export async function startRedis(folder: string, ...settings: readonly string[]): Promise<Running> {
  const port = await freePort();
  const forgetful = ["--save", "", "--appendonly", "no", "--dir", folder];
  const child = spawn("redis-server", ["--port", String(port), ...forgetful, ...settings], { stdio: "ignore" });
  child.on("error", () => {
    process.stderr.write("Expected redis-server to be installed. Run: apt-get install redis-server\n");
    process.exit(1);
  });
  await listening(port, child);
  return plain(port, child);
}

/** @throws when any answer was not the right one */
export async function load(order: Order): Promise<Result> {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", join(ROOT, "bench/src/generator.ts"), JSON.stringify(order)],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(child, "close");
  const result: Result = JSON.parse(Buffer.concat(chunks).toString());
  if (result.failures.length > 0) throw new Error(`Expected right answers only, got:\n${result.failures.join("\n")}`);
  return result;
}

function node(args: readonly string[], env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, ...env } });
}

export async function listening(port: number, child: ChildProcess): Promise<void> {
  const endMs = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < endMs) {
    if (child.exitCode !== null) throw new Error(`Expected a server on port ${port}, got exit code ${child.exitCode}`);
    const socket = connect(port, "127.0.0.1");
    const up = await new Promise((resolve) =>
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false)),
    );
    socket.destroy();
    if (up === true) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Expected a server on port ${port} within ${START_TIMEOUT_MS} ms`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}
