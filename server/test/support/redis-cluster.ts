/** A real Redis Cluster of a test's own: three masters, each with as many replicas as asked for. */
import { slotOf } from "../../src/store/redis/slot.ts";
import { clusterPort } from "./ports.ts";
import { RedisServer } from "./redis-server.ts";

const MASTERS = 3;
const SLOTS = 16_384;

/**
 * How long a node may be silent before it counts as failed, in milliseconds: on a busy machine all are silent at times. Where
 * nobody could take over none is meant to fail.
 */
const NODE_TIMEOUT_MS = 2_000;
const LONE_NODE_TIMEOUT_MS = 30_000;

/** Keys that one MIGRATE moves. */
const KEYS_PER_MIGRATE = 1_000;

interface ClusterNode {
  readonly server: RedisServer;
  readonly port: number;
  readonly id: string;
}

type Listen = (port: number) => readonly string[];
const plainly: Listen = (port) => ["--port", String(port)];

export class RedisCluster {
  readonly masters: readonly ClusterNode[];
  readonly replicas: readonly ClusterNode[];

  /** @param listen arguments by which a node listens on its port, and what else it is to be told */
  static async start(replicasPerMaster = 0, listen: Listen = plainly): Promise<RedisCluster> {
    const nodes = await Promise.all(
      Array.from({ length: MASTERS * (1 + replicasPerMaster) }, () => startNode(listen, replicasPerMaster)),
    );
    const cluster = new RedisCluster(nodes.slice(0, MASTERS), nodes.slice(MASTERS));
    try {
      await cluster.#form();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  private constructor(masters: readonly ClusterNode[], replicas: readonly ClusterNode[]) {
    this.masters = masters;
    this.replicas = replicas;
  }

  get #nodes(): readonly ClusterNode[] {
    return [...this.masters, ...this.replicas];
  }

  /** For `redis_cluster_nodes`. */
  get addresses(): readonly { readonly host: string; readonly port: number }[] {
    return this.#nodes.map(({ port }) => ({ host: "127.0.0.1", port }));
  }

  /** The master that began with the key, and its first replica. */
  holders(key: string): { readonly master: ClusterNode; readonly replica: ClusterNode | undefined } {
    const index = this.#indexOf(key);
    return { master: nodeAt(this.masters, index), replica: this.replicas[index] };
  }

  /** A master that doesn't have the key. */
  other(key: string): ClusterNode {
    return nodeAt(this.masters, (this.#indexOf(key) + 1) % MASTERS);
  }

  /** Moves the slot of a key from one node to another, as `redis-cli --cluster reshard` does. */
  async migrate(key: string, from: ClusterNode, to: ClusterNode): Promise<void> {
    const finish = await this.migrateHalf(key, from, to, /^/);
    await finish();
  }

  /** Moves those keys of a slot that match, and stops there. Returns what moves the rest. */
  async migrateHalf(key: string, from: ClusterNode, to: ClusterNode, half: RegExp): Promise<() => Promise<void>> {
    const slot = String(slotOf(key));
    await to.server.command("CLUSTER", "SETSLOT", slot, "IMPORTING", from.id);
    await from.server.command("CLUSTER", "SETSLOT", slot, "MIGRATING", to.id);
    const move = async (wanted: RegExp) => {
      const reply = await from.server.bytes(
        ...["CLUSTER", "GETKEYSINSLOT", slot, String(KEYS_PER_MIGRATE)].map(bytesOf),
      );
      const keys = bulksIn(reply).filter((name) => wanted.test(name.toString("latin1")));
      if (keys.length === 0) return false;
      const command = ["MIGRATE", "127.0.0.1", String(to.port), "", "0", "5000", "KEYS"].map(bytesOf);
      const answer = (await from.server.bytes(...command, ...keys)).toString();
      if (!answer.startsWith("+")) throw new Error(`Expected keys to move, got ${answer}`);
      return true;
    };
    await move(half);
    return async () => {
      while (await move(/^/)) {
        // New keys may come while others go.
      }
      for (const { server } of [to, from, ...this.masters]) {
        await server.command("CLUSTER", "SETSLOT", slot, "NODE", to.id);
      }
    };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#nodes.map(({ server }) => server.stop()));
  }

  async #form(): Promise<void> {
    const [first, ...rest] = this.#nodes;
    for (const [index, { server }] of this.masters.entries()) {
      const [from, to] = [firstSlot(index), firstSlot(index + 1) - 1];
      await server.command("CLUSTER", "ADDSLOTSRANGE", String(from), String(to));
      // Two masters with the same epoch would have to settle that first.
      await server.command("CLUSTER", "SET-CONFIG-EPOCH", String(index + 1));
    }
    for (const { port } of rest) await first?.server.command("CLUSTER", "MEET", "127.0.0.1", String(port));
    const everybody = new RegExp(`cluster_known_nodes:${this.#nodes.length}\\b`);
    await Promise.all(this.#nodes.map(({ server }) => server.until("CLUSTER INFO", everybody)));
    await Promise.all(
      this.replicas.map(async ({ server }, index) => {
        const { id } = nodeAt(this.masters, index % MASTERS);
        await server.until(`CLUSTER REPLICATE ${id}`, /\+OK/);
        await server.until("INFO replication", /master_link_status:up/);
      }),
    );
    await Promise.all(this.#nodes.map(({ server }) => server.until("CLUSTER INFO", /cluster_state:ok/)));
  }

  #indexOf(key: string): number {
    const slot = slotOf(key);
    return this.masters.findLastIndex((_, index) => slot >= firstSlot(index));
  }
}

async function startNode(listen: Listen, replicas: number): Promise<ClusterNode> {
  const timeoutMs = replicas === 0 ? LONE_NODE_TIMEOUT_MS : NODE_TIMEOUT_MS;
  const port = await clusterPort();
  const server = await RedisServer.start(
    ...[...listen(port), "--bind", "127.0.0.1", "--cluster-enabled", "yes"],
    ...["--cluster-node-timeout", String(timeoutMs), "--repl-diskless-sync-delay", "0"],
  );
  const id = /[0-9a-f]{40}/.exec(await server.command("CLUSTER", "MYID"))?.[0] ?? "";
  return { server, port, id };
}

function firstSlot(index: number): number {
  return Math.floor((index * SLOTS) / MASTERS);
}

function nodeAt(nodes: readonly ClusterNode[], index: number): ClusterNode {
  const node = nodes[index];
  if (node === undefined) throw new Error(`Expected a node ${index}, got none`);
  return node;
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text);
}

/** The strings of an array. The ids of events are bytes, so it is the lengths that count. */
function bulksIn(reply: Buffer): readonly Buffer[] {
  const bulks: Buffer[] = [];
  let at = reply.indexOf("\r\n") + 2;
  while (at < reply.length) {
    const start = reply.indexOf("\r\n", at) + 2;
    const end = start + Number(reply.subarray(at + 1, start - 2).toString());
    bulks.push(reply.subarray(start, end));
    at = end + 2;
  }
  return bulks;
}
