/**
 * Sends commands and scripts to the server that they have to go to, and turns every failure into one kind of refusal. A
 * link finds the server, `node.ts` has the client library behind it.
 */
import { createHash } from "node:crypto";
import { SixpackError } from "../../domain/errors.ts";
import { StoreUnreachable } from "../unreachable.ts";
import { ClusterLink } from "./cluster.ts";
import { type Link, ONE_SERVER } from "./link.ts";
import { type NodeEvents, RedisNode, type Reply, refusalOf } from "./node.ts";
import { REDIS_DEFAULTS, type RedisOptions } from "./redis-options.ts";
import { SentinelLink } from "./sentinel.ts";
import { within } from "./within.ts";

export type { Reply } from "./node.ts";

interface Script {
  readonly source: string;
  readonly sha1: string;
}

export function script(...parts: readonly string[]): Script {
  const source = parts.join("\n");
  return { source, sha1: createHash("sha1").update(source).digest("hex") };
}

/**
 * Commands without a key. In a Cluster they go to the server that holds the index, without which no process is up to
 * date.
 */
const KEYLESS: ReadonlySet<string | Buffer> = new Set(["PING", "INFO", "TIME"]);

export class RedisConnection {
  readonly #link: Link;
  readonly #home: string;
  /** Why nothing is sent: this is not the database that the process began with. */
  #refusal: SixpackError | undefined;
  /** Set while that is being checked, after a reconnection. */
  #checking: Promise<void> | undefined;

  /**
   * Waits for the first connection, for a limited time: a server may start before its Redis, and refuses calls until
   * then.
   */
  static async open(options: RedisOptions, onReady: () => void): Promise<RedisConnection> {
    const connection = new RedisConnection(options, onReady);
    await within(options.connectTimeoutMs ?? REDIS_DEFAULTS.connectTimeoutMs, connection.#link.connected);
    return connection;
  }

  private constructor(options: RedisOptions, onReady: () => void) {
    this.#home = `${options.prefix ?? REDIS_DEFAULTS.prefix}:experiments`;
    this.#link = openLink(options, { onReady, onError: (error) => options.onConnectionError?.(error) });
  }

  get refusal(): SixpackError | undefined {
    return this.#refusal;
  }

  /** From now on only `ask` sends anything, or, without a reason, everything is sent again. */
  refuse(refusal: SixpackError | undefined): void {
    this.#refusal = refusal;
  }

  /** Everything that is sent waits for that to end, whatever its result. */
  holdFor(check: Promise<void>): void {
    const checking = check
      .catch(() => {})
      .finally(() => {
        if (this.#checking === checking) this.#checking = undefined;
      });
    this.#checking = checking;
  }

  /** One command. @throws SixpackError store-unavailable: whatever kept it from being done */
  async send(...command: readonly [string, ...(string | Buffer)[]]): Promise<Reply> {
    if (this.#checking !== undefined) await this.#checking;
    if (this.#refusal !== undefined) throw this.#refusal;
    return this.ask(...command);
  }

  /** The same, even if it may be the wrong database. */
  async ask(...command: readonly [string, ...(string | Buffer)[]]): Promise<Reply> {
    const key = KEYLESS.has(command[0]) ? this.#home : String(command[command[0] === "MEMORY" ? 2 : 1]);
    try {
      return await this.#link.send(key, command);
    } catch (error) {
      throw unavailable(error, key);
    }
  }

  /** One script by its digest, or by its text where Redis doesn't know it (yet, or since `SCRIPT FLUSH`). */
  async run(
    { source, sha1 }: Script,
    keys: readonly [string, ...string[]],
    ...args: readonly (string | Buffer)[]
  ): Promise<Reply> {
    if (this.#checking !== undefined) await this.#checking;
    if (this.#refusal !== undefined) throw this.#refusal;
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return await this.#link.send(keys[0], ["EVALSHA", sha1, ...rest]);
    } catch (error) {
      if (refusalOf(error)?.startsWith("NOSCRIPT") !== true) throw unavailable(error, keys[0]);
    }
    try {
      return await this.#link.send(keys[0], ["EVAL", source, ...rest]);
    } catch (error) {
      throw unavailable(error, keys[0]);
    }
  }

  /** As `Link.tags`. */
  tags(): readonly string[] {
    return this.#link.tags();
  }

  close(): Promise<void> {
    return this.#link.close();
  }
}

function openLink(options: RedisOptions, events: NodeEvents): Link {
  const { clusterNodes = [], sentinels = [] } = options;
  if (clusterNodes.length > 0) return new ClusterLink(options, clusterNodes, events);
  if (sentinels.length > 0) return new SentinelLink(options, sentinels, events);
  const node = new RedisNode(options, events);
  return {
    connected: node.connected,
    send: (_key, command) => node.ask(command),
    tags: () => ONE_SERVER,
    close: () => node.close(),
  };
}

/** Refusals of a command for what a key holds, and what our scripts run into when they read it. */
const OF_CONTENTS =
  /\bWRONGTYPE\b|hash value is not|would overflow|user_script:\d+: (?:attempt to|bad argument|data string)/;

/** A key with unexpected contents makes only its own experiment unusable. */
function unavailable(error: unknown, key: string): SixpackError {
  const reason = error instanceof Error ? error.message : String(error);
  const refusal = refusalOf(error);
  if (OF_CONTENTS.test(refusal ?? "") && key.includes(":{")) {
    return new SixpackError("experiment-unreadable", `Expected the keys of an experiment, got: ${reason} (${key})`, {
      cause: error,
    });
  }
  const detail = `Expected Redis to answer, got: ${reason}`;
  // One that refuses, as where its memory is full, was reached.
  return refusal === undefined
    ? new StoreUnreachable(detail, error)
    : new SixpackError("store-unavailable", detail, { cause: error });
}
