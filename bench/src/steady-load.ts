/**
 * Calls at a steady rate, by the clock, and how long each took from the moment when it was due. Over raw sockets, one call
 * under way on each: the client of node:http takes more time for a call than the server does.
 */
import { connect, type Socket } from "node:net";
import { answerEnd } from "./answer-end.ts";
import { Latencies } from "./latencies.ts";

const CONNECTIONS = 64;
/** Calls that may be due and unsent; with more the server has fallen behind for good. */
const DUE_MAX = 200_000;
const KNOWN_CLIENTS = 10_000;
/** Shares no factor with KNOWN_CLIENTS, so that every one of them takes part and converts. */
const CONVERSION_EVERY = 11;

export interface Taken {
  readonly calls: number;
  readonly underWay: number;
  /** Answers that say no for a reason of the caller's: a conversion of a client that has not taken part yet. */
  readonly refused: number;
  /** Answers of 5xx and connections that broke. */
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export class SteadyLoad {
  readonly #port: number;
  readonly #ratePerSecond: number;
  readonly #newShare: number;
  readonly #idle: Socket[] = [];
  readonly #sockets: Socket[] = [];
  /** When the calls that wait for a connection were due. */
  #due: number[] = [];
  #dueAt = 0;
  #sent = 0;
  #asked = 0;
  #fresh = 0;
  #underWay = 0;
  #refused = 0;
  #failed = 0;
  readonly #latencies = new Latencies();
  #taken = 0;

  constructor(port: number, options: { readonly ratePerSecond: number; readonly newShare: number }) {
    this.#port = port;
    this.#ratePerSecond = options.ratePerSecond;
    this.#newShare = options.newShare;
  }

  /** Opens the connections. */
  async start(): Promise<void> {
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        const socket = connect({ port: this.#port, host: "127.0.0.1", noDelay: true });
        await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
        this.#sockets.push(socket);
        this.#idle.push(socket);
      }),
    );
  }

  /** Sends what is due after `elapsedMs`. @throws Error when the server has fallen behind for good */
  catchUp(elapsedMs: number): void {
    const due = Math.floor((elapsedMs * this.#ratePerSecond) / 1000);
    const startedMs = performance.now() - elapsedMs;
    while (this.#sent < due) {
      this.#sent += 1;
      this.#underWay += 1;
      this.#due.push(startedMs + (this.#sent * 1000) / this.#ratePerSecond);
    }
    if (this.#due.length - this.#dueAt > DUE_MAX)
      throw new Error(`Expected the server to keep up, got ${DUE_MAX} calls that wait: take a lower --rate`);
    // In turns, so that the server closes none of them as idle.
    while (this.#idle.length > 0 && this.#dueAt < this.#due.length) this.#send(this.#idle.shift() as Socket);
  }

  /** What happened since the last time. */
  take(): Taken {
    const taken = {
      calls: this.#sent - this.#taken,
      underWay: this.#underWay,
      refused: this.#refused,
      failed: this.#failed,
      p50Ms: this.#latencies.quantileMs(0.5),
      p99Ms: this.#latencies.quantileMs(0.99),
    };
    this.#taken = this.#sent;
    [this.#refused, this.#failed] = [0, 0];
    this.#latencies.clear();
    return taken;
  }

  end(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #nextPath(): string {
    this.#asked += 1;
    const isNew = Math.floor(this.#asked * this.#newShare) > this.#fresh;
    if (isNew) this.#fresh += 1;
    const client = isNew ? `new-${this.#fresh}` : `known-${(this.#asked * 7_919) % KNOWN_CLIENTS}`;
    return !isNew && this.#asked % CONVERSION_EVERY === 0
      ? `/convert?experiment=soak&client_id=${client}`
      : `/participate?experiment=soak&alternatives=red&alternatives=green&client_id=${client}`;
  }

  #nextDueMs(): number {
    const dueMs = this.#due[this.#dueAt] ?? 0;
    this.#dueAt += 1;
    if (this.#dueAt === this.#due.length) [this.#due, this.#dueAt] = [[], 0];
    return dueMs;
  }

  #send(socket: Socket): void {
    const dueMs = this.#nextDueMs();
    let received = "";
    const settle = (status: number): void => {
      socket.removeAllListeners();
      this.#underWay -= 1;
      if (status === 0 || status >= 500) this.#failed += 1;
      else if (status !== 200) this.#refused += 1;
      this.#latencies.add(performance.now() - dueMs);
      if (status === 0) return;
      if (this.#dueAt < this.#due.length) this.#send(socket);
      else this.#idle.push(socket);
    };
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
      const end = answerEnd(received);
      if (end !== -1 && received.length >= end) settle(Number(received.slice(9, 12)));
    });
    socket.on("error", () => {}).on("close", () => settle(0));
    socket.write(`GET ${this.#nextPath()} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
  }
}
