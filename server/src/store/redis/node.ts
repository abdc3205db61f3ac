/**
 * One Redis server and one connection to it: the only file that knows the client library.
 *
 * It adds what the library lacks: every command is answered or refused within `commandTimeoutMs`, even if Redis hangs
 * with the connection open. After the first command without an answer the connection counts as stalled and refuses at
 * once, so that nothing piles up; any late answer ends that. If none comes, the connection is replaced. The library's
 * own idle timeout is not used: if this process itself hung, it would drop a connection whose answers have arrived and
 * were just not read yet.
 *
 * A server that answers may be the wrong one: after a failover the address leads to the new master, but an open
 * connection still to the old one. If a refusal shows that, a second connection is made, and replaces the first once it
 * is established. Until then the first one is used, since reads still work.
 */
import { createClient, ErrorReply, RESP_TYPES } from "@redis/client";
import { type NodeOptions, REDIS_DEFAULTS } from "./redis-options.ts";
import { within } from "./within.ts";

/** What Redis answers in RESP 2; strings come as bytes. */
export type Reply = Buffer | number | string | null | readonly Reply[];

export type Command = readonly (string | Buffer)[];

export interface NodeEvents {
  /** Called on every connection, the first one and later ones: what was read before may be out of date. */
  readonly onReady: () => void;
  readonly onError: (error: Error) => void;
}

/** How long a connection may leave a command or its greeting unanswered before it is replaced, in milliseconds. */
const SILENCE_MAX_MS = 2_000;

/** Longest wait between two attempts to connect, in milliseconds. */
const RECONNECT_WAIT_MAX_MS = 200;

/** Most commands waiting for an answer; a command may carry hundreds of calls. */
const COMMANDS_MAX = 10_000;

/** Pause between two connections made because of refusals, in milliseconds: callers have two seconds to be served again. */
const RENEW_EVERY_MS = 500;

/**
 * Refusals that are about the server and not the command: it is no master (any more), has not read its data yet, may not
 * write, or doesn't know us. Scripts of Redis 6.2 say in front where they were when it came.
 */
const UNABLE =
  /^(?:.*@user_script:.* )?-?(?:READONLY|MASTERDOWN|LOADING|CLUSTERDOWN|NOREPLICAS|UNBLOCKED|MISCONF|OOM|NOAUTH)\b/;

const COMMAND_OPTIONS = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer }, timeout: 0 };

/** What Redis itself answered instead of doing what it was asked: `MOVED …`, `NOSCRIPT …`, `OOM …`. */
export function refusalOf(error: unknown): string | undefined {
  return error instanceof ErrorReply ? error.message : undefined;
}

/** Whether Redis refused because the server can't do its work now, rather than because of what it was asked. */
export function isUnable(error: unknown): boolean {
  return UNABLE.test(refusalOf(error) ?? "");
}

type Client = ReturnType<typeof createPlainClient>;

/** One connection, which the library tries to restore. */
interface Line {
  readonly client: Client;
  /** A command has had no answer in time, and nothing has come since. */
  stalled: boolean;
  /** What ended the connection, or the last attempt to make it. */
  trouble: Error | undefined;
  /** Gives the connection up. */
  deadline: NodeJS.Timeout | undefined;
  /** Nobody wants it any more. */
  dropped: boolean;
}

export class RedisNode {
  readonly #options: NodeOptions;
  readonly #events: NodeEvents;
  readonly #commandTimeoutMs: number;
  /** Resolves when the first connection is established, or the node is closed. Until then it goes on trying. */
  readonly connected: Promise<void>;
  #hasConnected = () => {};
  #line: Line;
  /** Is being connected, to take the place of the other. */
  #next: Line | undefined;
  #renewedAtMs = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: NodeOptions, events: NodeEvents) {
    this.#options = options;
    this.#events = events;
    this.#commandTimeoutMs = options.commandTimeoutMs ?? REDIS_DEFAULTS.commandTimeoutMs;
    this.connected = new Promise((resolve) => {
      this.#hasConnected = resolve;
    });
    this.#line = this.#open();
  }

  /** Whether a command would be sent now. */
  get isUsable(): boolean {
    return isUsable(this.#line);
  }

  /** Sends one command. Rejects with the reason if it failed. */
  ask(command: Command): Promise<Reply> {
    return this.#bounded((client) => client.sendCommand<Reply>(command, COMMAND_OPTIONS));
  }

  /** A command on a key that is moving here from another node of a Cluster. */
  askMoving(command: Command): Promise<Reply> {
    return this.#bounded((client) => {
      // Both in one turn, so that nothing comes between them. A failure shows in the command's own answer.
      client.sendCommand(["ASKING"]).catch(() => {});
      return client.sendCommand<Reply>(command, COMMAND_OPTIONS);
    });
  }

  /** Waits for pending answers, for the usual time limit, and closes. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#next !== undefined) drop(this.#next);
    await this.#leave(this.#line);
    this.#hasConnected();
  }

  #open(): Line {
    const client = createPlainClient(this.#options);
    const line: Line = { client, stalled: false, trouble: undefined, deadline: undefined, dropped: false };
    client.on("error", (error: Error) => {
      clearTimeout(line.deadline);
      line.trouble = error;
      this.#events.onError(error);
    });
    client.on("connect", () => {
      // The library lets a connection through that was still being made when it was given up.
      if (line.dropped) drop(line);
      // The greeting is on its way.
      else this.#expect(line);
    });
    client.on("ready", () => {
      revived(line);
      line.trouble = undefined;
      if (line === this.#next) this.#take(line);
      if (line !== this.#line) return;
      this.#hasConnected();
      this.#events.onReady();
    });
    // Rejects when it is given up.
    client.connect().catch(() => {});
    return line;
  }

  /** Replaces a connection that has left a command unanswered for too long. */
  #expect(line: Line): void {
    clearTimeout(line.deadline);
    const giveUp = () => {
      if (this.#closed || (!line.stalled && line.client.isReady)) return;
      drop(line);
      const trouble = new Error(`Expected Redis to answer within ${SILENCE_MAX_MS} ms, got nothing`);
      this.#events.onError(trouble);
      if (line === this.#next) this.#next = undefined;
      if (line === this.#line) this.#line = Object.assign(this.#open(), { trouble });
    };
    // As with the deadline of a command: what has come is read first.
    line.deadline = setTimeout(() => setImmediate(giveUp), SILENCE_MAX_MS).unref();
  }

  /** Connects anew beside the connection there is: the address may lead elsewhere by now. */
  #renew(): void {
    if (this.#closed || this.#next !== undefined) return;
    if (performance.now() - this.#renewedAtMs < RENEW_EVERY_MS) return;
    this.#renewedAtMs = performance.now();
    this.#next = this.#open();
  }

  #take(next: Line): void {
    const before = this.#line;
    this.#line = next;
    this.#next = undefined;
    void this.#leave(before);
  }

  async #leave(line: Line): Promise<void> {
    if (isUsable(line)) await within(this.#commandTimeoutMs, line.client.close());
    drop(line);
  }

  #bounded(send: (client: Client) => Promise<Reply>): Promise<Reply> {
    const line = this.#line;
    if (line.stalled) return Promise.reject(new Error("Redis has stopped answering"));
    if (!line.client.isReady && line.trouble !== undefined) {
      // The library would say that it is offline, and not why.
      return Promise.reject(new Error(`no connection: ${line.trouble.message}`, { cause: line.trouble }));
    }
    return new Promise((resolve, reject) => {
      // The library's own timeout ends when a command is written; a hanging Redis shows only after that.
      let waiting = true;
      const giveUp = () => {
        if (!waiting) return;
        // Counted from the first command without an answer.
        if (!line.stalled) this.#expect(line);
        line.stalled = true;
        reject(new Error(`Expected an answer of Redis within ${this.#commandTimeoutMs} ms, got none`));
      };
      // Timers come before sockets in a turn of the event loop: if it was this process that hung, the answer may be
      // there already, and is read before the immediate runs.
      const deadline = setTimeout(() => setImmediate(giveUp), this.#commandTimeoutMs);
      send(line.client).then(
        (reply) => {
          waiting = false;
          clearTimeout(deadline);
          revived(line);
          resolve(reply);
        },
        (error: unknown) => {
          waiting = false;
          clearTimeout(deadline);
          if (error instanceof ErrorReply) revived(line);
          if (isUnable(error)) this.#renew();
          reject(error);
        },
      );
    });
  }
}

/** It has answered. */
function revived(line: Line): void {
  clearTimeout(line.deadline);
  line.stalled = false;
}

function drop(line: Line): void {
  line.dropped = true;
  clearTimeout(line.deadline);
  line.client.destroy();
}

function isUsable({ client, stalled }: Line): boolean {
  return client.isReady && !stalled;
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
    // A command that can't be sent now is refused now, since the caller expects an answer within a second.
    disableOfflineQueue: true,
    commandsQueueMaxLength: COMMANDS_MAX,
    maintNotifications: "disabled",
  });
}

function socketOf({ url, socketPath, host, port, tls, connectTimeoutMs }: NodeOptions) {
  const timing = {
    connectTimeout: connectTimeoutMs ?? REDIS_DEFAULTS.connectTimeoutMs,
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
