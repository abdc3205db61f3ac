/**
 * Redis with Sentinels: they watch a master and its replicas, promote a replica when the master is gone, and say which
 * server is the master now.
 *
 * All Sentinels are asked several times a second, and the majority of their answers counts: one that is cut off from the
 * others goes on naming the old master, and after a failover they learn of it one after the other. Nothing is sent twice:
 * a command that was under way to the old master is refused, because it may have been done.
 */
import { type Link, ONE_SERVER } from "./link.ts";
import { type Command, type NodeEvents, RedisNode, type Reply } from "./node.ts";
import { type Address, addressText, type RedisOptions } from "./redis-options.ts";

/** Pause between two questions to the Sentinels, in milliseconds: a promotion is noticed within it. */
const ASK_EVERY_MS = 250;

interface Master {
  readonly address: string;
  readonly node: RedisNode;
}

export class SentinelLink implements Link {
  readonly connected: Promise<void>;
  readonly #options: RedisOptions;
  readonly #events: NodeEvents;
  readonly #sentinels: readonly RedisNode[];
  #master: Master | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #connected = () => {};

  constructor(options: RedisOptions, sentinels: readonly Address[], events: NodeEvents) {
    this.#options = options;
    this.#events = events;
    this.connected = new Promise((resolve) => {
      this.#connected = resolve;
    });
    const { sentinelUsername, sentinelPassword, tls, connectTimeoutMs, commandTimeoutMs } = options;
    const account = { username: sentinelUsername, password: sentinelPassword };
    this.#sentinels = sentinels.map(
      (address) =>
        new RedisNode(
          { ...address, ...account, tls, connectTimeoutMs, commandTimeoutMs },
          // The first one that answers is asked at once.
          { onReady: () => this.#master ?? void this.#ask(), onError: events.onError },
        ),
    );
    this.#keepAsking();
  }

  send(_key: string, command: Command): Promise<Reply> {
    const node = this.#master?.node;
    return node === undefined
      ? Promise.reject(new Error(`no Sentinel that knows the master ${this.#options.sentinelName ?? ""}`))
      : node.ask(command);
  }

  tags(): readonly string[] {
    return ONE_SERVER;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#connected();
    await Promise.all([...this.#sentinels, ...(this.#master === undefined ? [] : [this.#master.node])].map(closed));
  }

  async #keepAsking(): Promise<void> {
    await this.#ask();
    if (!this.#closed) this.#timer = setTimeout(() => this.#keepAsking(), ASK_EVERY_MS).unref();
  }

  async #ask(): Promise<void> {
    const question = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", this.#options.sentinelName ?? ""];
    const answers = await Promise.all(
      this.#sentinels
        .filter(({ isUsable }) => isUsable)
        .map((node) =>
          node.ask(question).then(addressIn, (error: Error) => {
            this.#events.onError(error);
            return undefined;
          }),
        ),
    );
    const address = mostNamed(answers.filter((answer) => answer !== undefined));
    if (address !== undefined && !this.#closed) this.#follow(address);
  }

  #follow(address: Address): void {
    const text = addressText(address);
    const before = this.#master;
    if (before?.address === text) return;
    const onReady = () => {
      this.#connected();
      this.#events.onReady();
    };
    const { onError } = this.#events;
    this.#master = { address: text, node: new RedisNode({ ...this.#options, ...address }, { onReady, onError }) };
    void before?.node.close();
  }
}

function closed(node: RedisNode): Promise<void> {
  return node.close();
}

function addressIn(reply: Reply): Address | undefined {
  if (!Array.isArray(reply)) return undefined;
  const [host, port] = reply.map(String);
  return host === undefined || port === undefined ? undefined : { host, port: Number(port) };
}

/** The address that most name; `undefined` where two are named equally often, until they agree. */
function mostNamed(addresses: readonly Address[]): Address | undefined {
  const votes = new Map<string, { address: Address; count: number }>();
  for (const address of addresses) {
    const text = addressText(address);
    votes.set(text, { address, count: (votes.get(text)?.count ?? 0) + 1 });
  }
  const [first, second] = [...votes.values()].sort((a, b) => b.count - a.count);
  return first?.count === second?.count ? undefined : first?.address;
}
