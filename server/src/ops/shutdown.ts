/**
 * Stops in order: `/readyz` says so, no more connections are accepted, running requests finish, then the store is
 * flushed and closed.
 *
 *     const shutdown = new Shutdown(log);
 *     shutdown.add("store", () => store.close());
 *     shutdown.add("api", drainable(server));
 *     process.once("SIGTERM", () => shutdown.begin("SIGTERM"));
 *     await shutdown.finished; // api closed first, then the store
 */
import type { Server } from "node:http";
import { Server as NetServer, type Socket } from "node:net";
import type { Logger } from "./log.ts";

/** How long requests in flight may take to finish, in milliseconds; container platforms kill after 10 to 30 seconds. */
export const DRAIN_MS_MAX = 8_000;

/** How long connections without a request are kept when a server stops accepting, in milliseconds. */
const IDLE_GRACE_MS = 250;

/** Turns of the event loop for which connections that wait to be accepted are waited for. */
const ACCEPT_TURNS_MAX = 100;

/** How often connections that have become idle are closed while draining, in milliseconds. */
const SWEEP_MS = 20;

interface Step {
  readonly name: string;
  readonly close: () => Promise<void>;
}

export class Shutdown {
  readonly #log: Logger;
  readonly #steps: Step[] = [];
  #begun = false;
  #finish: (succeeded: boolean) => void = () => {};
  /** Resolves when everything is closed: true if all of it went well. */
  readonly finished: Promise<boolean>;

  constructor(log: Logger) {
    this.#log = log;
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** True from the moment the process has been asked to stop. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Adds something to close. What was opened last is closed first, because it uses what was opened before it. */
  add(name: string, close: () => Promise<void>): void {
    this.#steps.push({ name, close });
  }

  /** Closes everything because somebody asked for it; once, further calls change nothing. */
  begin(reason: string): void {
    if (this.#begun) return;
    this.#log.info({ reason }, "stopping");
    void this.abandon().then(() => this.#log.info("stopped"));
  }

  /** Closes everything without logging it: the reason is reported elsewhere. Resolves as `finished` does. */
  async abandon(): Promise<boolean> {
    if (this.#begun) return this.finished;
    this.#begun = true;
    this.#finish(await this.#closeAll());
    return this.finished;
  }

  async #closeAll(): Promise<boolean> {
    let succeeded = true;
    for (const { name, close } of this.#steps.toReversed()) {
      try {
        await close();
      } catch (error) {
        // If closing one fails, the store must be flushed all the same.
        succeeded = false;
        this.#log.error({ err: error, part: name }, "could not be closed");
      }
    }
    return succeeded;
  }
}

/**
 * Watches the connections of a server that has none yet, and returns what drains it: it stops accepting, answers
 * what still comes on open connections, and cuts what is left after DRAIN_MS_MAX.
 *
 * Not by the `close` of node:http: that cuts idle connections at once, and a request may be on its way on one of them.
 * They are kept for IDLE_GRACE_MS; a server that says `Connection: close` by then has sent its busy callers away.
 */
export function drainable(server: Server): () => Promise<void> {
  const connections = new Set<Socket>();
  server.on("connection", (socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  return async () => {
    await acceptWaiting(server);
    const closed = new Promise<void>((resolve) => {
      NetServer.prototype.close.call(server, () => resolve());
    });
    const graceUntilMs = performance.now() + IDLE_GRACE_MS;
    // A kept-alive connection becomes idle whenever its last answer is out, and would hold the server open for minutes.
    const sweep = setInterval(() => {
      if (performance.now() < graceUntilMs) return;
      server.closeIdleConnections();
      // Browsers connect ahead of need. To node:http what never sent a byte is a request that is late, not idle.
      for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
    }, SWEEP_MS);
    const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS_MAX);
    await closed;
    clearInterval(sweep);
    clearTimeout(cut);
  };
}

/**
 * Accepts connections that the system has made already and node has not seen yet: closing now would reset them, and a caller
 * can't tell whether a call that is reset was carried out. Under steady traffic some always come, so it ends in any case.
 */
async function acceptWaiting(server: Server): Promise<void> {
  let quietTurns = 0;
  const note = (): void => {
    quietTurns = 0;
  };
  server.on("connection", note);
  // Two, since sockets may not be looked at before the first immediate runs, and are just before the second.
  for (let turn = 0; quietTurns < 2 && turn < ACCEPT_TURNS_MAX; turn += 1) {
    quietTurns += 1;
    await new Promise((resolve) => setImmediate(resolve));
  }
  server.off("connection", note);
}

/** Goes on serving for a while after the signal, so that load balancers see `/readyz` and look away first. */
export function drainDelay(delayMs: number): () => Promise<void> {
  return () => new Promise((resolve) => setTimeout(resolve, delayMs));
}
