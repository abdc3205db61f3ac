/** A real master with a replica and three Sentinels of a test's own. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { RedisOptions } from "../../src/store/redis/redis-options.ts";
import type { Certificates } from "./certificates.ts";
import { PATIENCE_MS } from "./patience.ts";
import { clusterPort } from "./ports.ts";
import { RedisServer } from "./redis-server.ts";

const SENTINELS = 3;
const INSTALL = "sudo apt-get update && sudo apt-get install -y redis-sentinel";

/**
 * How long the master may be silent before a Sentinel thinks that it is down, in milliseconds: on a busy machine all are
 * silent at times, and what a replica has not heard of is lost. Where none is meant to fail, none is given up.
 */
const DOWN_AFTER_MS = 2_000;
const NEVER_DOWN_AFTER_MS = 3_600_000;

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** What callers have to know or hold; nothing by default. */
interface Secrets {
  /** Everybody speaks TLS alone. */
  readonly certificates?: Certificates;
  /** The Sentinels' own. */
  readonly sentinelPassword?: string;
  /** An account at master and replica, by name and password. */
  readonly user?: readonly [name: string, password: string];
}

export class RedisSentinels {
  /** Name of the master. */
  static readonly NAME = "sixpack";
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly #folder: string;
  readonly #secrets: Secrets;
  readonly #sentinels: ChildProcess[] = [];

  static async start(secrets: Secrets = {}): Promise<RedisSentinels> {
    const [masterPort, replicaPort] = [await clusterPort(), await clusterPort()];
    const { certificates, user } = secrets;
    const listen = (port: number) =>
      certificates === undefined
        ? ["--port", String(port)]
        : [...certificates.serving(port), "--tls-replication", "yes"];
    const account =
      user === undefined ? [] : ["--user", user[0], "on", `>${user[1]}`, "allkeys", "allchannels", "+@all"];
    const common = ["--bind", "127.0.0.1", "--repl-diskless-sync-delay", "0", ...account];
    const master = await RedisServer.start(...listen(masterPort), ...common);
    const replica = await RedisServer.start(...listen(replicaPort), ...common);
    const ports = await Promise.all(Array.from({ length: SENTINELS }, clusterPort));
    const folder = await mkdtemp(join(tmpdir(), "sixpack-sentinel-"));
    const sentinels = new RedisSentinels(master, replica, ports, folder, secrets);
    try {
      await replica.replicate(masterPort);
      await Promise.all(ports.map((port) => sentinels.#watch(port, masterPort)));
      await sentinels.#knowEachOther();
    } catch (error) {
      await sentinels.stop();
      throw error;
    }
    return sentinels;
  }

  private constructor(
    master: RedisServer,
    replica: RedisServer,
    ports: readonly number[],
    folder: string,
    secrets: Secrets,
  ) {
    this.#secrets = secrets;
    this.master = master;
    this.replica = replica;
    this.addresses = ports.map((port) => ({ host: "127.0.0.1", port }));
    this.#folder = folder;
  }

  /** How a store reaches the master by way of them. */
  get options(): RedisOptions {
    return { sentinels: this.addresses, sentinelName: RedisSentinels.NAME, database: 15 };
  }

  /** From now on a master that is silent for long is given up, as none is otherwise. */
  async expectFailure(): Promise<void> {
    const { NAME } = RedisSentinels;
    for (const { port } of this.addresses) {
      const answer = await this.#ask(port, "SENTINEL", "SET", NAME, "down-after-milliseconds", String(DOWN_AFTER_MS));
      if (answer.trim() !== "OK") throw new Error(`Expected a Sentinel to take its setting, got ${answer}`);
    }
  }

  /** Resolves when the replica has been promoted. */
  async promoted(): Promise<void> {
    await this.replica.until("INFO replication", /role:master/);
  }

  async stop(): Promise<void> {
    for (const child of this.#sentinels) {
      child.kill("SIGKILL");
      running.delete(child);
    }
    await Promise.all([this.master.stop(), this.replica.stop()]);
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #watch(port: number, masterPort: number): Promise<void> {
    const file = join(this.#folder, `${port}.conf`);
    const name = RedisSentinels.NAME;
    const { certificates, sentinelPassword } = this.#secrets;
    const secured =
      sentinelPassword === undefined
        ? []
        : [`requirepass ${sentinelPassword}`, `sentinel sentinel-pass ${sentinelPassword}`];
    const lines = [
      ...(certificates === undefined ? [`port ${port}`] : ["port 0", "tls-replication yes"]),
      ...secured,
      "bind 127.0.0.1",
      `dir ${this.#folder}`,
      `sentinel monitor ${name} 127.0.0.1 ${masterPort} 2`,
      `sentinel down-after-milliseconds ${name} ${NEVER_DOWN_AFTER_MS}`,
      `sentinel failover-timeout ${name} 3000`,
    ];
    await writeFile(file, `${lines.join("\n")}\n`);
    const child = spawn("redis-sentinel", [file, ...(certificates?.serving(port) ?? [])], { stdio: "ignore" });
    this.#sentinels.push(child);
    running.add(child);
    await Promise.race([
      once(child, "spawn"),
      once(child, "error").then(([cause]) => {
        throw new Error(`Expected redis-sentinel to start, got: ${cause}. Install it: ${INSTALL}`, { cause });
      }),
    ]);
  }

  /** Until each knows the other two and the replica, none of them can have a majority. */
  async #knowEachOther(): Promise<void> {
    const known = /num-slaves\n1\n[\s\S]*num-other-sentinels\n2\n/;
    const endMs = performance.now() + PATIENCE_MS;
    for (const { port } of this.addresses) {
      while (!known.test(await this.#ask(port, "SENTINEL", "MASTER", RedisSentinels.NAME))) {
        if (performance.now() > endMs) throw new Error("Expected the Sentinels to find each other in time, got none");
        await sleep(50);
      }
    }
  }

  /** By redis-cli: a Sentinel knows no QUIT. Empty while it doesn't answer. */
  async #ask(port: number, ...words: readonly string[]): Promise<string> {
    const { certificates, sentinelPassword } = this.#secrets;
    const account = sentinelPassword === undefined ? [] : ["-a", sentinelPassword, "--no-auth-warning"];
    const way = ["-p", String(port), ...account, ...(certificates?.asking ?? [])];
    try {
      return (await promisify(execFile)("redis-cli", [...way, ...words])).stdout;
    } catch {
      return "";
    }
  }
}
