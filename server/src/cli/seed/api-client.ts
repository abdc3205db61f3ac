/** A client of the HTTP API for many calls: kept-alive connections, a time limit, and patience with a busy server. */
import { Agent, get } from "node:http";
import { CliError } from "../world.ts";

/** How long one answer may take, in milliseconds. */
const TIMEOUT_MS = 10_000;
/** How often a call is repeated that the server had no time for. */
const ATTEMPTS_MAX = 6;
/** Wait before the first repetition, in milliseconds; doubled each time. */
const BACKOFF_MS = 100;

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export class ApiClient {
  readonly #base: string;
  readonly #agent: Agent;

  /** @param base Address of the API, mount path included. */
  constructor(base: string, connectionsMax: number) {
    this.#base = base.replace(/\/+$/, "");
    this.#agent = new Agent({ keepAlive: true, maxSockets: connectionsMax });
  }

  /** Answers with any status but 503, which is tried again. @throws CliError when nothing answers */
  async call(path: string, args: readonly (readonly [name: string, value: string])[] = []): Promise<Answer> {
    const query = new URLSearchParams(args.map(([name, value]) => [name, value]));
    const url = `${this.#base}${path}${query.size > 0 ? `?${query}` : ""}`;
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#get(url);
      if (answer.status !== 503 || attempt === ATTEMPTS_MAX) return answer;
      await new Promise((resolve) => setTimeout(resolve, BACKOFF_MS * 2 ** (attempt - 1)));
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #get(url: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const failed = (error: Error) => reject(this.#failure(error));
      const request = get(url, { agent: this.#agent, timeout: TIMEOUT_MS }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, body: parsed(Buffer.concat(chunks).toString("utf8")) });
        });
        response.on("error", failed);
      });
      request.on("timeout", () => request.destroy(new Error(`no answer in ${TIMEOUT_MS / 1000} s`)));
      request.on("error", failed);
    });
  }

  #failure(error: NodeJS.ErrnoException): CliError {
    if (error.code === "ECONNREFUSED" || error.code === "ENOTFOUND") {
      return new CliError(
        `Nothing answers at ${this.#base}. Start a server with \`sixpack start\`, or name one with --url.`,
        3,
        { cause: error },
      );
    }
    return new CliError(`${this.#base} stopped answering: ${error.message}`, 3, { cause: error });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
