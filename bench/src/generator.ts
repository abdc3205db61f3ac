/**
 * The load: a closed loop over raw sockets, one request under way on each, every answer checked.
 *
 * Our own because ready-made generators either send one URL for ever or, with varying ones, measure themselves. Runs as
 * a process of its own; the order comes as JSON in argv, the result goes as JSON to stdout.
 */
import { connect, type Socket } from "node:net";
import { answerEnd } from "./answer-end.ts";
import { Latencies } from "./latencies.ts";

export interface Order {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** Path and query, with `{client}` where the client id goes, and behind it `{value}` for one of eight letters. */
  readonly path: string;
  /** Further header lines, each with its end. */
  readonly headers: string;
  /** Clients that the server knows already: `<prefix>k<n>`. */
  readonly knownClients: number;
  /** Share of requests that come from clients never seen before, in [0, 1]. */
  readonly newShare: number;
  /** Makes this order's new clients differ from any other order's. */
  readonly prefix: string;
  /** Sends exactly the known clients once, and stops: to make them known. */
  readonly warmUp: boolean;
  /** What a right answer has in it beside the status 200: the client id that was sent, or nothing. */
  readonly expects: "client" | "anything";
}

export interface Result {
  readonly requests: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failures: readonly string[];
}

const FAILURES_SHOWN = 3;

class Load {
  readonly #order: Order;
  readonly #latencies = new Latencies();
  readonly #failures: string[] = [];
  readonly #startedMs = performance.now();
  readonly #endsMs: number;
  #sent = 0;
  #fresh = 0;
  #share = 0;

  constructor(order: Order) {
    this.#order = order;
    this.#endsMs = this.#startedMs + order.seconds * 1000;
  }

  async run(): Promise<Result> {
    await Promise.all(Array.from({ length: this.#order.connections }, () => this.#drive()));
    const seconds = (performance.now() - this.#startedMs) / 1000;
    return {
      requests: this.#latencies.count,
      seconds,
      perSecond: this.#latencies.count / seconds,
      p50Ms: this.#latencies.quantileMs(0.5),
      p99Ms: this.#latencies.quantileMs(0.99),
      failures: this.#failures,
    };
  }

  #next(): string | undefined {
    const { warmUp, knownClients, newShare, prefix } = this.#order;
    this.#sent += 1;
    if (warmUp) return this.#sent <= knownClients ? `k${this.#sent - 1}` : undefined;
    if (performance.now() >= this.#endsMs) return undefined;
    this.#share += newShare;
    if (this.#share >= 1) {
      this.#share -= 1;
      this.#fresh += 1;
      return `${prefix}n${this.#fresh}`;
    }
    return `k${(this.#sent * 7919) % knownClients}`;
  }

  /** Drives one connection after the other, where a server ends them, until nothing is left to send. */
  async #drive(): Promise<void> {
    while (!(await this.#driveConnection()));
  }

  /** Whether everything has been sent; false where the server ended the connection between two requests. */
  #driveConnection(): Promise<boolean> {
    const { port, path, headers } = this.#order;
    const [before = "", after = ""] = path.split("{client}");
    const tails = withValues(`${after} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}\r\n`);
    return new Promise((resolve, reject) => {
      const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true });
      let sentMs = 0;
      let client: string | undefined;
      let received = "";
      const send = () => {
        client = this.#next();
        if (client === undefined) {
          socket.destroy();
          resolve(true);
          return;
        }
        sentMs = performance.now();
        socket.write(`GET ${before}${client}${tails[this.#sent % tails.length]}`);
      };
      socket.setEncoding("latin1");
      socket.on("connect", send);
      socket.on("error", reject);
      socket.on("end", () => {
        if (received !== "") this.#fail(client, received);
        resolve(false);
      });
      socket.on("data", (chunk: string) => {
        received += chunk;
        const end = answerEnd(received);
        if (end === -1 || received.length < end) return;
        this.#check(received, client ?? "");
        received = "";
        this.#latencies.add(performance.now() - sentMs);
        send();
      });
    });
  }

  #check(answer: string, client: string): void {
    const { expects } = this.#order;
    const right =
      answer.startsWith(" 200", "HTTP/1.1".length) &&
      (expects === "anything" || answer.includes(`"client_id":"${client}"`));
    if (!right) this.#fail(client, answer);
  }

  #fail(client: string | undefined, answer: string): void {
    if (this.#failures.length < FAILURES_SHOWN) this.#failures.push(`${client}: ${answer.slice(0, 400)}`);
  }
}

/** A text with all combinations of letters for its first `{value}`s. */
function withValues(text: string): readonly string[] {
  if (!text.includes("{value}")) return [text];
  return [..."abcdefgh"].flatMap((letter) => withValues(text.replace("{value}", letter)));
}

const order: Order = JSON.parse(process.argv[2] ?? "{}");
new Load(order).run().then((result) => process.stdout.write(JSON.stringify(result)));
