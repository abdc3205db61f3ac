/**
 * A Redis Cluster: every key lies in one of 16,384 slots, and every slot on one master.
 *
 * Any node is asked which master has which slot, and again when a node says so (`MOVED`), can't be reached, hangs, or
 * refuses what a master must do. Only masters are connected, and every node is pinged, so that a hanging one is noticed
 * and the others go on. Nothing is sent twice unless Redis answered that it did not do it: an event counts once.
 */
import type { Link } from "./link.ts";
import { type Command, isUnable, type NodeEvents, RedisNode, type Reply, refusalOf } from "./node.ts";
import { type Address, addressText, type RedisOptions } from "./redis-options.ts";
import { SLOTS, slotOf } from "./slot.ts";
import { within } from "./within.ts";

/** Pause between two checks of the nodes, in milliseconds: a promotion is noticed within it. */
const LOOK_EVERY_MS = 250;

/** How long a node of the configuration has to connect, in milliseconds, before another one is asked. */
const CONNECT_MAX_MS = 500;

/**
 * How long a redirected call waits to connect to a node that is new, in milliseconds. Callers expect an answer within a
 * second.
 */
const MEET_MAX_MS = 200;

/** Most times that one command is redirected; beyond that the nodes disagree with each other. */
const REDIRECTS_MAX = 4;

/** A redirection: `MOVED 3999 127.0.0.1:6381` for good, `ASK 3999 127.0.0.1:6381` for this time. */
const REDIRECTION = /^(?<kind>MOVED|ASK) \d+ (?<host>.*):(?<port>\d+)/;

export class ClusterLink implements Link {
  readonly connected: Promise<void>;
  readonly #options: RedisOptions;
  readonly #seeds: readonly Address[];
  readonly #events: NodeEvents;
  readonly #nodes = new Map<string, RedisNode>();
  /** Address of the master of each slot; `undefined` where none is known. */
  #owners: (string | undefined)[] = [];
  #refreshing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #turn = 0;
  /** A node refused what a master should do: the map of slots may be out of date. */
  #doubted = false;
  #closed = false;

  constructor(options: RedisOptions, seeds: readonly Address[], events: NodeEvents) {
    this.#options = options;
    this.#seeds = seeds;
    this.#events = events;
    this.connected = this.#refresh().then(async () => {
      await Promise.all([...this.#nodes.values()].map(({ connected }) => connected));
    });
    this.#keepLooking();
  }

  async send(key: string, command: Command): Promise<Reply> {
    const slot = slotOf(key);
    let address = this.#owners[slot];
    let moving = false;
    for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
      const node = address === undefined ? undefined : this.#nodes.get(address);
      if (address === undefined || node === undefined) break;
      try {
        return await (moving ? node.askMoving(command) : node.ask(command));
      } catch (error) {
        const { kind, host, port } = REDIRECTION.exec(refusalOf(error) ?? "")?.groups ?? {};
        if (isUnable(error)) this.#doubted = true;
        if (kind === undefined) throw error;
        // A node that doesn't know its own name leaves the host out: the one it was asked by.
        address = `${host === "" ? hostOf(address) : host}:${port}`;
        moving = kind === "ASK";
        await this.#redirected(slot, address, moving);
      }
    }
    throw new Error(`no node of the Cluster that serves slot ${slot}`);
  }

  tags(): readonly string[] {
    const tags = new Map<string | undefined, string>();
    const holders = new Set(Array.from({ length: SLOTS }, (_, slot) => this.#owners[slot])).size;
    for (let number = 0; tags.size < holders; number += 1) {
      const tag = String(number);
      const owner = this.#owners[slotOf(tag)];
      if (!tags.has(owner)) tags.set(owner, tag);
    }
    return [...tags.values()];
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await Promise.all([...this.#nodes.values()].map((node) => node.close()));
  }

  async #redirected(slot: number, address: string, moving: boolean): Promise<void> {
    const node = this.#nodeAt(address);
    if (!moving) {
      this.#owners[slot] = address;
      void this.#refresh();
    }
    await within(MEET_MAX_MS, node.connected);
  }

  #keepLooking(): void {
    this.#timer = setTimeout(() => {
      const nodes = [...this.#nodes.values()];
      // Pings keep healthy connections from being silent, and find the ones that hang.
      for (const node of nodes) if (node.isUsable) node.ask(["PING"]).catch(() => {});
      if (this.#doubted || nodes.length === 0 || nodes.some(({ isUsable }) => !isUsable)) void this.#refresh();
      this.#doubted = false;
      this.#keepLooking();
    }, LOOK_EVERY_MS).unref();
  }

  /** Asks which master has which slot; one question at a time. */
  #refresh(): Promise<void> {
    this.#refreshing ??= this.#askAround().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** Nodes that answer are asked first, another one every time; after them those of the configuration. */
  async #askAround(): Promise<void> {
    const usable = [...this.#nodes].filter(([, { isUsable }]) => isUsable);
    this.#turn += 1;
    for (let index = 0; index < usable.length; index += 1) {
      const [address, node] = usable[(this.#turn + index) % usable.length] ?? [];
      if (address !== undefined && node !== undefined && (await this.#askNode(node, hostOf(address)))) return;
    }
    for (let index = 0; index < this.#seeds.length && !this.#closed; index += 1) {
      const seed = this.#seeds[(this.#turn + index) % this.#seeds.length];
      if (seed === undefined) continue;
      let giveUp = () => {};
      const failed = new Promise<void>((resolve) => {
        giveUp = resolve;
      });
      const onError = (error: Error) => {
        this.#events.onError(error);
        giveUp();
      };
      const node = new RedisNode({ ...this.#nodeOptions(), ...seed }, { onReady: () => {}, onError });
      await within(CONNECT_MAX_MS, Promise.race([node.connected, failed]));
      const answered = await this.#askNode(node, seed.host);
      await node.close();
      if (answered) return;
    }
  }

  /** @param host by which the node was reached, for a node that doesn't know its own */
  async #askNode(node: RedisNode, host: string): Promise<boolean> {
    try {
      const owners = ownersIn(await node.ask(["CLUSTER", "SLOTS"]), host);
      if (owners.length === 0 || this.#closed) return false;
      this.#follow(owners);
      return true;
    } catch (error) {
      if (error instanceof Error) this.#events.onError(error);
      return false;
    }
  }

  #follow(owners: (string | undefined)[]): void {
    this.#owners = owners;
    const masters = new Set(owners);
    for (const address of masters) if (address !== undefined) this.#nodeAt(address);
    for (const [address, node] of this.#nodes) {
      if (masters.has(address)) continue;
      this.#nodes.delete(address);
      void node.close();
    }
  }

  #nodeAt(text: string): RedisNode {
    const known = this.#nodes.get(text);
    if (known !== undefined) return known;
    const host = hostOf(text);
    const address = { host, port: Number(text.slice(host.length + 1)) };
    const node = new RedisNode({ ...this.#nodeOptions(), ...address }, this.#events);
    this.#nodes.set(text, node);
    if (this.#closed) void node.close();
    return node;
  }

  /** A Cluster has no other databases than 0. */
  #nodeOptions(): RedisOptions {
    return { ...this.#options, url: undefined, database: undefined };
  }
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":"));
}

/** Reads CLUSTER SLOTS: from, to, and the master's host and port first of its nodes. */
function ownersIn(reply: Reply, askedHost: string): (string | undefined)[] {
  const owners: (string | undefined)[] = [];
  for (const range of Array.isArray(reply) ? reply : []) {
    if (!Array.isArray(range)) continue;
    const [from, to, master] = range;
    if (!Array.isArray(master)) continue;
    const host = String(master[0] ?? "");
    const address = addressText({ host: host === "" ? askedHost : host, port: Number(master[1]) });
    for (let slot = Number(from); slot <= Math.min(Number(to), SLOTS - 1); slot += 1) owners[slot] = address;
  }
  return owners;
}
