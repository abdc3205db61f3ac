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
  /** Path and query up to the client id, which is appended. */
  readonly path: string;
  /** Clients that the server knows already: `<prefix>k<n>`. */
  readonly knownClients: number;
  /** Share of requests that come from clients never seen before, in [0, 1]. */
  readonly newShare: number;
  /** Makes this order's new clients differ from any other order's. */
  readonly prefix: string;
  /** Sends exactly the known clients once, and stops: to make them known. */
  readonly warmUp: boolean;
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

  #drive(): Promise<void> {
    const { port, path } = this.#order;
    return new Promise((resolve, reject) => {
      const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true });
      let sentMs = 0;
      let client: string | undefined;
      let received = "";
      const send = () => {
        client = this.#next();
        if (client === undefined) {
          socket.destroy();
          resolve();
          return;
        }
        sentMs = performance.now();
        socket.write(`GET ${path}${client} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
      };
      socket.setEncoding("latin1");
      socket.on("connect", send);
      socket.on("error", reject);
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

  /** The right status, and the client's own id or the filler of the bare server. */
  #check(answer: string, client: string): void {
    const right =
      answer.startsWith("HTTP/1.1 200") && (answer.includes(`"client_id":"${client}"`) || answer.endsWith("=bare"));
    if (!right && this.#failures.length < FAILURES_SHOWN) this.#failures.push(`${client}: ${answer.slice(0, 400)}`);
  }
}

const order: Order = JSON.parse(process.argv[2] ?? "{}");
new Load(order).run().then((result) => process.stdout.write(JSON.stringify(result)));
