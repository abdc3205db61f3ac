/** Calls at a steady rate, by the clock, and how long each took from the moment when it was due. */
import { Agent, get } from "node:http";

const CONNECTIONS = 64;
const KNOWN_CLIENTS = 10_000;
const CONVERSION_EVERY = 10;

export interface Taken {
  readonly calls: number;
  readonly underWay: number;
  /** Answers that say no for a reason of the caller's: a conversion of a client that has not taken part yet. */
  readonly refused: number;
  /** Answers of 5xx and connections that broke. */
  readonly failed: number;
  readonly latenciesMs: readonly number[];
}

export class SteadyLoad {
  readonly #port: number;
  readonly #ratePerSecond: number;
  readonly #newShare: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  #sent = 0;
  #fresh = 0;
  #underWay = 0;
  #refused = 0;
  #failed = 0;
  #latenciesMs: number[] = [];
  #taken = 0;

  constructor(port: number, options: { readonly ratePerSecond: number; readonly newShare: number }) {
    this.#port = port;
    this.#ratePerSecond = options.ratePerSecond;
    this.#newShare = options.newShare;
  }

  /** Sends what is due after `elapsedMs`. */
  catchUp(elapsedMs: number): void {
    const due = Math.floor((elapsedMs * this.#ratePerSecond) / 1000);
    const nowMs = performance.now();
    while (this.#sent < due) {
      this.#sent += 1;
      const lateMs = elapsedMs - (this.#sent * 1000) / this.#ratePerSecond;
      this.#send(nowMs - lateMs);
    }
  }

  /** What happened since the last time. */
  take(): Taken {
    const taken = {
      calls: this.#sent - this.#taken,
      underWay: this.#underWay,
      refused: this.#refused,
      failed: this.#failed,
      latenciesMs: this.#latenciesMs,
    };
    this.#taken = this.#sent;
    [this.#refused, this.#failed, this.#latenciesMs] = [0, 0, []];
    return taken;
  }

  end(): void {
    this.#agent.destroy();
  }

  #nextPath(): string {
    const isNew = Math.floor(this.#sent * this.#newShare) > this.#fresh;
    if (isNew) this.#fresh += 1;
    const client = isNew ? `new-${this.#fresh}` : `known-${(this.#sent * 7_919) % KNOWN_CLIENTS}`;
    return !isNew && this.#sent % CONVERSION_EVERY === 0
      ? `/convert?experiment=soak&client_id=${client}`
      : `/participate?experiment=soak&alternatives=red&alternatives=green&client_id=${client}`;
  }

  #send(dueMs: number): void {
    this.#underWay += 1;
    const options = { port: this.#port, host: "127.0.0.1", path: this.#nextPath(), agent: this.#agent };
    get(options, (response) => {
      const { statusCode = 0 } = response;
      if (statusCode >= 500) this.#failed += 1;
      else if (statusCode !== 200) this.#refused += 1;
      response.resume().once("end", () => {
        this.#underWay -= 1;
        this.#latenciesMs.push(performance.now() - dueMs);
      });
    }).once("error", () => {
      this.#underWay -= 1;
      this.#failed += 1;
    });
  }
}
