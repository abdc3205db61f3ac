/**
 * A real redis-server of a test's own, on a Unix socket in a temporary folder, that can be killed, paused and started
 * again on what it left.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { PATIENCE_MS } from "./patience.ts";

const INSTALL = "sudo apt-get update && sudo apt-get install -y redis-server";

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export class RedisServer {
  readonly socketPath: string;
  /** Where it keeps what it writes; gone after `stop`. */
  readonly folder: string;
  readonly #settings: readonly string[];
  #process: ChildProcess | undefined;

  /** @param settings Further arguments of redis-server, such as `"--appendonly", "yes"`. */
  static async start(...settings: readonly string[]): Promise<RedisServer> {
    const server = new RedisServer(await mkdtemp(join(tmpdir(), "sixpack-redis-")), settings);
    try {
      await server.start();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  private constructor(folder: string, settings: readonly string[]) {
    this.folder = folder;
    this.#settings = settings;
    this.socketPath = join(folder, "redis.sock");
  }

  async start(): Promise<void> {
    const quiet = ["--port", "0", "--unixsocket", this.socketPath, "--dir", this.folder, "--loglevel", "warning"];
    const forgetful = ["--save", "", "--appendonly", "no"];
    const child = spawn("redis-server", [...quiet, ...forgetful, ...this.#settings], { stdio: "ignore" });
    this.#process = child;
    const failed = new Promise<never>((_, reject) => {
      child.once("error", (cause) => {
        reject(new Error(`Expected redis-server to start, got: ${cause.message}. Install it: ${INSTALL}`, { cause }));
      });
    });
    const ended = new Promise<never>((_, reject) => {
      child.once("exit", (code) => {
        running.delete(child);
        reject(new Error(`Expected redis-server to run, got its end with code ${code}`));
      });
    });
    running.add(child);
    await Promise.race([failed, ended, this.#answers()]);
  }

  /** As a crash: no goodbye, nothing saved that wasn't. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await exited;
  }

  /** As a machine that hangs: connections stay open, nothing answers. */
  pause(): void {
    this.#process?.kill("SIGSTOP");
  }

  resume(): void {
    this.#process?.kill("SIGCONT");
  }

  /** One command, past the engine; the answer as it comes over the wire. */
  async command(...words: readonly string[]): Promise<string> {
    return (await this.bytes(...words.map((word) => Buffer.from(word)))).toString();
  }

  /** The same for words that are no text. */
  async bytes(...words: readonly Buffer[]): Promise<Buffer> {
    const socket = createConnection(this.socketPath);
    const bulks = words.flatMap((word) => [Buffer.from(`$${word.length}\r\n`), word, Buffer.from("\r\n")]);
    // Redis closes the connection after QUIT, which tells that the whole answer is here.
    socket.write(Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...bulks, Buffer.from("QUIT\r\n")]));
    const answer = await buffer(socket);
    return answer.subarray(0, answer.length - "+OK\r\n".length);
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Tells it to be the replica of another one, and waits until the two agree. */
  async replicate(port: number): Promise<void> {
    await this.command("REPLICAOF", "127.0.0.1", String(port));
    await this.until("INFO replication", /master_link_status:up/);
  }

  /** Repeats a command until its answer matches. */
  async until(command: string, pattern: RegExp): Promise<string> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await this.command(...command.split(" ")).catch((error: Error) => error.message);
      if (pattern.test(answer)) return answer;
      if (performance.now() > deadline) throw new Error(`Expected ${command} to answer ${pattern}, got ${answer}`);
      await sleep(20);
    }
  }

  async #answers(): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (Date.now() < deadline) {
      const answer = await this.command("PING").catch(() => "");
      if (answer === "+PONG\r\n" || answer.startsWith("-NOAUTH")) return;
      await sleep(20);
    }
    throw new Error(`Expected redis-server to answer within ${PATIENCE_MS} ms, got nothing`);
  }
}
