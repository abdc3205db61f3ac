/**
 * The client library behind one small class, so that it can be changed, and Cluster or Sentinel added, in one place.
 *
 * What the engine needs and the library leaves open is here: an answer or a refusal within `commandTimeoutMs` also when
 * Redis hangs with the connection open. After the first command without an answer the connection counts as stalled and
 * refuses at once, so that nothing piles up; any late answer ends that. While it is stalled nothing is written, so the
 * library's own idle timeout then breaks the connection and tries a new one.
 */
import { createHash } from "node:crypto";
import { createClient, ErrorReply, RESP_TYPES } from "redis";
import { SixpackError } from "../../domain/errors.ts";
import { REDIS_DEFAULTS, type RedisOptions } from "./options.ts";

/** What Redis answers in RESP 2; strings come as bytes. */
export type Reply = Buffer | number | string | null | readonly Reply[];

export interface Script {
  readonly source: string;
  readonly sha1: string;
}

export function script(...parts: readonly string[]): Script {
  const source = parts.join("\n");
  return { source, sha1: createHash("sha1").update(source).digest("hex") };
}

/** Silence after which a connection is given up, in milliseconds. Polling keeps a healthy one from being silent. */
const SILENCE_MAX_MS = 2_000;

/** Longest wait between two attempts to connect, in milliseconds. */
const RECONNECT_WAIT_MAX_MS = 200;

/** Most commands waiting for an answer; a command may carry hundreds of calls. */
const COMMANDS_MAX = 10_000;

const COMMAND_OPTIONS = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer }, timeout: 0 };

export class RedisConnection {
  readonly #client: ReturnType<typeof createPlainClient>;
  readonly #commandTimeoutMs: number;
  /** A command has had no answer in time, and nothing has come since. */
  #stalled = false;
  #closed = false;

  /** Waits for the first connection, but not for ever: a server may start before its Redis, and refuses calls so long. */
  static async open(options: RedisOptions, onReady: () => void): Promise<RedisConnection> {
    const connection = new RedisConnection(options, onReady);
    // `connect` goes on trying behind our back and rejects only when the client is closed.
    const connected = connection.#client.connect().catch(() => undefined);
    await within(options.connectTimeoutMs ?? REDIS_DEFAULTS.connectTimeoutMs, connected);
    return connection;
  }

  private constructor(options: RedisOptions, onReady: () => void) {
    this.#commandTimeoutMs = options.commandTimeoutMs ?? REDIS_DEFAULTS.commandTimeoutMs;
    this.#client = createPlainClient(options);
    this.#client.on("error", (error: Error) => options.onConnectionError?.(error));
    this.#client.on("ready", () => {
      this.#stalled = false;
      onReady();
    });
  }

  /** One command. @throws SixpackError store-unavailable: whatever kept it from being done */
  async send(...args: readonly (string | Buffer)[]): Promise<Reply> {
    try {
      return await this.#ask(args);
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** One script by its digest, or by its text where Redis doesn't know it (yet, or since `SCRIPT FLUSH`). */
  async run({ source, sha1 }: Script, keys: readonly string[], ...args: readonly (string | Buffer)[]): Promise<Reply> {
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return await this.#ask(["EVALSHA", sha1, ...rest]);
    } catch (error) {
      if (!(error instanceof ErrorReply && error.message.startsWith("NOSCRIPT"))) throw unavailable(error);
      return this.send("EVAL", source, ...rest);
    }
  }

  /** Waits for answers under way as long as for any, then lets go. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#client.isReady && !this.#stalled) await within(this.#commandTimeoutMs, this.#client.close());
    this.#client.destroy();
  }

  #ask(args: readonly (string | Buffer)[]): Promise<Reply> {
    if (this.#stalled) return Promise.reject(new Error("Redis has stopped answering"));
    return new Promise((resolve, reject) => {
      // The library's own timeout ends when a command is written; a hanging Redis shows only after that.
      let waiting = true;
      const giveUp = () => {
        if (!waiting) return;
        this.#stalled = true;
        reject(new Error(`Expected an answer of Redis within ${this.#commandTimeoutMs} ms, got none`));
      };
      // Timers come before sockets in a turn of the event loop: if it was this process that hung, the answer may be
      // there already, and is read before the immediate runs.
      const deadline = setTimeout(() => setImmediate(giveUp), this.#commandTimeoutMs);
      this.#client.sendCommand<Reply>(args, COMMAND_OPTIONS).then(
        (reply) => {
          waiting = false;
          clearTimeout(deadline);
          this.#stalled = false;
          resolve(reply);
        },
        (error: unknown) => {
          waiting = false;
          clearTimeout(deadline);
          if (error instanceof ErrorReply) this.#stalled = false;
          reject(error);
        },
      );
    });
  }
}

function createPlainClient(options: RedisOptions) {
  const { url, username, password, database } = options;
  return createClient({
    // RESP 2: flat arrays and bytes are all that is needed, and servers and proxies of every age speak it.
    RESP: 2,
    name: "sixpack",
    ...(url === undefined ? {} : { url }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
    socket: socketOf(options),
    // A command that can't be sent now is refused now: the caller's second is running.
    disableOfflineQueue: true,
    commandsQueueMaxLength: COMMANDS_MAX,
    maintNotifications: "disabled",
  });
}

function socketOf(options: RedisOptions) {
  const timing = {
    connectTimeout: options.connectTimeoutMs ?? REDIS_DEFAULTS.connectTimeoutMs,
    socketTimeout: SILENCE_MAX_MS,
    reconnectStrategy: (retries: number) => Math.min(10 * 2 ** retries, RECONNECT_WAIT_MAX_MS),
  };
  if (options.url !== undefined) return timing;
  if (options.socketPath !== undefined) return { ...timing, path: options.socketPath, tls: false as const };
  const address = { host: options.host ?? REDIS_DEFAULTS.host, port: options.port ?? REDIS_DEFAULTS.port };
  return options.tls === true ? { ...timing, ...address, tls: true as const } : { ...timing, ...address };
}

/** The promise's end or the timeout, whichever is first. */
async function within(timeoutMs: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([promise, timeout]);
  clearTimeout(timer);
}

function unavailable(error: unknown): SixpackError {
  const reason = error instanceof Error ? error.message : String(error);
  return new SixpackError("store-unavailable", `Expected Redis to answer, got: ${reason}`, { cause: error });
}
