/**
 * One Redis server and one connection to it: the only file that knows the client library.
 *
 * What the engine needs and the library leaves open is here: an answer or a refusal within `commandTimeoutMs` also when
 * Redis hangs with the connection open. After the first command without an answer the connection counts as stalled and
 * refuses at once, so that nothing piles up; any late answer ends that. While it is stalled nothing is written, so the
 * library's own idle timeout then breaks the connection and tries a new one.
 */
import { createClient, ErrorReply, RESP_TYPES } from "redis";
import { type NodeOptions, REDIS_DEFAULTS } from "./options.ts";
import { within } from "./within.ts";

/** What Redis answers in RESP 2; strings come as bytes. */
export type Reply = Buffer | number | string | null | readonly Reply[];

export type Command = readonly (string | Buffer)[];

export interface NodeEvents {
  /** A connection is there, for the first time or again: what was learnt before may be out of date. */
  readonly onReady: () => void;
  readonly onError: (error: Error) => void;
}

/** Silence after which a connection is given up, in milliseconds. Polling keeps a healthy one from being silent. */
const SILENCE_MAX_MS = 2_000;

/** Longest wait between two attempts to connect, in milliseconds. */
const RECONNECT_WAIT_MAX_MS = 200;

/** Most commands waiting for an answer; a command may carry hundreds of calls. */
const COMMANDS_MAX = 10_000;

const COMMAND_OPTIONS = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer }, timeout: 0 };

/** What Redis itself answered instead of doing what it was asked: `MOVED …`, `NOSCRIPT …`, `OOM …`. */
export function refusalOf(error: unknown): string | undefined {
  return error instanceof ErrorReply ? error.message : undefined;
}

export class RedisNode {
  readonly #client: ReturnType<typeof createPlainClient>;
  readonly #commandTimeoutMs: number;
  /** Resolves when the first connection is there, or the node is closed. Goes on trying so long. */
  readonly connected: Promise<void>;
  /** A command has had no answer in time, and nothing has come since. */
  #stalled = false;
  #closed = false;

  constructor(options: NodeOptions, { onReady, onError }: NodeEvents) {
    this.#commandTimeoutMs = options.commandTimeoutMs ?? REDIS_DEFAULTS.commandTimeoutMs;
    this.#client = createPlainClient(options);
    this.#client.on("error", onError);
    this.#client.on("ready", () => {
      this.#stalled = false;
      onReady();
    });
    // `connect` rejects only when the client is closed.
    this.connected = this.#client.connect().then(
      () => {},
      () => {},
    );
  }

  /** Whether a command would be sent now. */
  get isUsable(): boolean {
    return this.#client.isReady && !this.#stalled;
  }

  /** One command. Rejects with what kept it from being done. */
  ask(command: Command): Promise<Reply> {
    return this.#bounded(() => this.#client.sendCommand<Reply>(command, COMMAND_OPTIONS));
  }

  /** A command on a key that is moving here from another node of a Cluster. */
  askMoving(command: Command): Promise<Reply> {
    return this.#bounded(() => {
      // Both in one turn, so that nothing comes between them. A failure shows in the command's own answer.
      this.#client.sendCommand(["ASKING"]).catch(() => {});
      return this.#client.sendCommand<Reply>(command, COMMAND_OPTIONS);
    });
  }

  /** Waits for answers under way as long as for any, then lets go. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.isUsable) await within(this.#commandTimeoutMs, this.#client.close());
    this.#client.destroy();
  }

  #bounded(send: () => Promise<Reply>): Promise<Reply> {
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
      send().then(
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

function createPlainClient(options: NodeOptions) {
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

function socketOf({ url, socketPath, host, port, tls, connectTimeoutMs }: NodeOptions) {
  const timing = {
    connectTimeout: connectTimeoutMs ?? REDIS_DEFAULTS.connectTimeoutMs,
    socketTimeout: SILENCE_MAX_MS,
    reconnectStrategy: (retries: number) => Math.min(10 * 2 ** retries, RECONNECT_WAIT_MAX_MS),
  };
  if (socketPath !== undefined) return { ...timing, path: socketPath, tls: false as const };
  const address = url === undefined ? { host: host ?? REDIS_DEFAULTS.host, port: port ?? REDIS_DEFAULTS.port } : {};
  if (tls === undefined) return { ...timing, ...address };
  const { serverName, ca, cert, key } = tls;
  return {
    ...timing,
    ...address,
    tls: true as const,
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}
