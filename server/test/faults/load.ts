/**
 * Traffic of a site while something breaks: new clients take part and convert, known ones come back, refused calls are
 * sent again, and everything that was answered is written down.
 *
 *     const load = startLoad(sixpack.url, "button");
 *     await load.running();
 *     … break something, mend it …
 *     await load.recovered();
 *     const report = await load.stop();
 */
import { Agent, get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";

/** Callers that each have one request under way. */
export const LANES = 8;

/** Pause of a caller between two requests, in milliseconds: the machine has other things to do. */
const PAUSE_MS = 4;

/** Calls that are refused while something is broken for long, where refusing takes no time. */
export const MANY_CALLS = 50 * LANES;

/** How many calls in a row have to go well after a recovery: each lane has made several since the last that failed. */
const STEADY = MANY_CALLS;

/** Clients that have converted before anything breaks: a few buckets full. */
const CLIENTS_BEFORE = 100;

const ALTERNATIVES = ["red", "green", "blue"];

interface Answer {
  /** 0 where there was none: the connection broke. */
  readonly status: number;
  readonly alternative: string | undefined;
}

export interface Report {
  /** Clients that were answered an alternative. */
  readonly clients: ReadonlyMap<string, string>;
  /** Clients whose conversion was acknowledged. */
  readonly converted: ReadonlySet<string>;
  /** Clients that were sent at all: what may be recorded. */
  readonly asked: number;
  /** Refusals by status. */
  readonly refusals: ReadonlyMap<number, number>;
}

export class Load {
  readonly #url: string;
  readonly #experiment: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: LANES });
  readonly #clients = new Map<string, string>();
  readonly #converted = new Set<string>();
  readonly #waiting: string[] = [];
  readonly #refusals = new Map<number, number>();
  readonly #wrong: string[] = [];
  readonly #lanes: readonly Promise<void>[];
  #asked = 0;
  #visits = 0;
  #failed = 0;
  #served = 0;
  /** Calls that went well since the last one that failed. */
  #well = 0;
  #lastFailure = "none";
  #stopped = false;

  constructor(url: string, experiment: string) {
    this.#url = url;
    this.#experiment = experiment;
    this.#lanes = Array.from({ length: LANES }, () => this.#drive());
  }

  /** Lets it run until a good number of clients has been answered. */
  async running(): Promise<void> {
    await expect.poll(() => this.#converted.size, { interval: 10 }).toBeGreaterThan(CLIENTS_BEFORE);
  }

  /** Resolves when so many more calls are refused, as they must be while something is broken. */
  async refused(calls = LANES): Promise<void> {
    const enough = this.#failed + calls;
    await expect.poll(() => this.#failed, { interval: 10 }).toBeGreaterThanOrEqual(enough);
  }

  /** Resolves when so many more calls are answered. */
  async served(calls = LANES): Promise<void> {
    const enough = this.#served + calls;
    await expect.poll(() => this.#served, { interval: 10 }).toBeGreaterThanOrEqual(enough);
  }

  /** From now on, when all is mended: by itself it comes to a time in which nothing fails any more. */
  async recovered(): Promise<void> {
    this.#well = 0;
    const state = () => (this.#well >= STEADY ? "steady" : `the last failure: ${this.#lastFailure}`);
    await expect.poll(state).toBe("steady");
  }

  /** Ends the traffic: every call under way has its end. Every answer must have been the client's own. */
  async stop(): Promise<Report> {
    if (this.#stopped) return this.#report();
    this.#stopped = true;
    await Promise.all(this.#lanes);
    this.#agent.destroy();
    expect(this.#wrong).toEqual([]);
    return this.#report();
  }

  #report(): Report {
    return { clients: this.#clients, converted: this.#converted, asked: this.#asked, refusals: this.#refusals };
  }

  async #drive(): Promise<void> {
    while (!this.#stopped) {
      const client = this.#waiting.shift() ?? this.#nextClient();
      // One that got an answer never waits again; one that was refused is sent again with the same ids.
      if (!(await this.#visit(client))) this.#waiting.push(client);
      await sleep(PAUSE_MS);
    }
  }

  /** Every third one is an old acquaintance. */
  #nextClient(): string {
    this.#visits += 1;
    const number = this.#visits % 3 === 0 ? Math.floor(Math.random() * this.#asked) : this.#asked;
    if (number === this.#asked) this.#asked += 1;
    return `client-${number}`;
  }

  /** True when all of it was answered. */
  async #visit(client: string): Promise<boolean> {
    const query = `experiment=${this.#experiment}&client_id=${client}`;
    const names = ALTERNATIVES.map((name) => `alternatives=${name}`).join("&");
    const answer = await this.#ask(`/participate?${query}&${names}`);
    if (answer.alternative === undefined) return false;
    const before = this.#clients.get(client);
    if (before === undefined) this.#clients.set(client, answer.alternative);
    else if (before !== answer.alternative) this.#wrong.push(`${client}: ${before}, then ${answer.alternative}`);
    if (client.endsWith("3") || this.#converted.has(client)) return true;
    const converted = await this.#ask(`/convert?${query}&id=${client}`);
    if (converted.alternative === undefined) return false;
    if (converted.alternative !== answer.alternative) this.#wrong.push(`${client}: converted ${converted.alternative}`);
    this.#converted.add(client);
    return true;
  }

  async #ask(path: string): Promise<Answer> {
    const { status, body } = await this.#get(path);
    if (status === 200) {
      this.#served += 1;
      this.#well += 1;
      return { status, alternative: JSON.parse(body).alternative.name };
    }
    this.#failed += 1;
    this.#well = 0;
    this.#lastFailure = `${path} ${status} ${body}`;
    this.#refusals.set(status, (this.#refusals.get(status) ?? 0) + 1);
    if (status !== 503 && status !== 0) this.#wrong.push(`${path}: ${status} ${body}`);
    return { status, alternative: undefined };
  }

  #get(path: string): Promise<{ status: number; body: string }> {
    return new Promise((resolve) => {
      const broken = (error: Error) => resolve({ status: 0, body: error.message });
      get(`${this.#url}${path}`, { agent: this.#agent }, (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (text: string) => {
          body += text;
        });
        response.on("error", broken);
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      }).on("error", broken);
    });
  }
}

export function startLoad(url: string, experiment = "fault"): Load {
  return new Load(url, experiment);
}
