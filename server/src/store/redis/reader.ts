/**
 * A connection to somebody else's Redis that can't change anything there: only commands that read are let through.
 *
 *     const reader = await RedisReader.open({ url: "redis://10.0.0.7:6379/0" });
 *     await reader.ask("SMEMBERS", "sxp:e");
 */
import { setTimeout as sleep } from "node:timers/promises";
import { SixpackError } from "../../domain/errors.ts";
import { RedisConnection, type Reply } from "./client.ts";
import type { RedisOptions } from "./redis-options.ts";

/** The commands that this class sends, none of which writes. */
const READS = ["GET", "GETRANGE", "HGETALL", "LRANGE", "PING", "SMEMBERS", "STRLEN", "ZRANGEBYSCORE"] as const;
type ReadCommand = (typeof READS)[number];

/** How long one answer may take, in milliseconds: pages are large, and nobody waits for a request. */
const COMMAND_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** A read may be repeated; a connection that broke is there again within a moment. */
const TRIES_MAX = 5;
const RETRY_WAIT_MS = 300;

export class RedisReader {
  readonly #connection: RedisConnection;

  /** @throws SixpackError store-unavailable */
  static async open(options: RedisOptions): Promise<RedisReader> {
    const limits = { commandTimeoutMs: COMMAND_TIMEOUT_MS, connectTimeoutMs: CONNECT_TIMEOUT_MS };
    const reader = new RedisReader(await RedisConnection.open({ ...options, ...limits }, () => {}));
    try {
      await reader.#connection.send("PING");
      return reader;
    } catch (error) {
      await reader.close();
      throw error;
    }
  }

  private constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  /** @throws SixpackError store-unavailable, after some tries */
  async ask(command: ReadCommand, ...args: readonly string[]): Promise<Reply> {
    // Types are gone when this runs; the promise not to write is not left to them.
    if (!READS.includes(command)) throw new SixpackError("internal", `Expected a command that reads, got ${command}`);
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#connection.send(command, ...args);
      } catch (error) {
        if (tries === TRIES_MAX) throw error;
        await sleep(RETRY_WAIT_MS);
      }
    }
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}
