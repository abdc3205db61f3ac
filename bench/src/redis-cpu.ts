/**
 * Processor time of Redis per call, which is what one master can do: it runs scripts on one core. Alone and as a node of a
 * Cluster, where every key that a script touches is looked up in the map of slots; in full batches and one by one.
 *
 *     node --import tsx --import ./scripts/raw-text.mjs bench/src/redis-cpu.ts 200000
 */
import { assigned } from "../../server/src/domain/assignment.ts";
import { type ClientKey, clientKey, digestOf } from "../../server/src/domain/digest.ts";
import { parseAlternativeName, parseClientId, parseExperimentName } from "../../server/src/domain/names.ts";
import { dayOf } from "../../server/src/domain/period.ts";
import { parseDimensions } from "../../server/src/domain/segments.ts";
import type { RedisOptions } from "../../server/src/store/redis/redis-options.ts";
import { RedisStore } from "../../server/src/store/redis/redis-store.ts";
import { RedisCluster } from "../../server/test/support/redis-cluster.ts";
import { RedisServer } from "../../server/test/support/redis-server.ts";

const NAME = parseExperimentName("homepage-headline");
const DIMENSIONS = parseDimensions(["country", "plan", "source"].map((name) => `${name}=a|b|c|d|e|f|g|h`));
const DAY = dayOf(Date.UTC(2026, 0, 1));

/** Calls under way at once, and so in one script. */
const BATCHES = [1, 16, 256] as const;

async function cpuSeconds(server: RedisServer): Promise<number> {
  const answer = await server.command("INFO", "cpu");
  const of = (name: string) => Number(new RegExp(`${name}:([\\d.]+)`).exec(answer)?.[1]);
  return of("used_cpu_user_main_thread") + of("used_cpu_sys_main_thread");
}

async function inBatches(clients: readonly ClientKey[], size: number, call: (client: ClientKey) => Promise<unknown>) {
  for (let start = 0; start < clients.length; start += size) {
    await Promise.all(clients.slice(start, start + size).map(call));
  }
}

async function measure(what: string, options: RedisOptions, server: RedisServer, count: number): Promise<void> {
  const store = await RedisStore.open({ ...options, cacheSlots: 0 });
  const { experiment } = await store.definitions.create({
    name: NAME,
    alternatives: ["control", "bold"].map(parseAlternativeName),
    dimensions: DIMENSIONS,
    createdAtMs: Date.UTC(2026, 0, 1),
  });
  let client = 0;
  for (const size of BATCHES) {
    // One by one is slow; it takes fewer to know.
    const others = (): readonly ClientKey[] =>
      Array.from({ length: size === 1 ? count / 10 : count }, () => {
        client += 1;
        return clientKey(digestOf(NAME, parseClientId(`client-${client}`)));
      });
    const clients = others();
    const calls = {
      "new participant": (key: ClientKey) =>
        store.records.participate({ experiment, client: key, proposal: assigned(0), day: DAY }),
      "known participant": (key: ClientKey) =>
        store.records.participate({ experiment, client: key, proposal: assigned(0), day: DAY }),
      conversion: (key: ClientKey) => store.records.convert({ experiment, client: key, kpi: 0, day: DAY, value: 0 }),
    };
    const tell = async (name: string, of: readonly ClientKey[], call: (client: ClientKey) => Promise<unknown>) => {
      const before = await cpuSeconds(server);
      await inBatches(of, size, call);
      const micros = ((await cpuSeconds(server)) - before) * (1e6 / of.length);
      process.stdout.write(`${what}, ${name}, ${size} in a script: ${micros.toFixed(1)} µs\n`);
    };
    for (const [name, call] of Object.entries(calls)) await tell(name, clients, call);
    await tell("new participant in three segments", others(), (key) => {
      const segments = DIMENSIONS.map(({ values }, at) => 1 + (key.charCodeAt(at) % values.length));
      return store.records.participate({ experiment, client: key, proposal: assigned(0), day: DAY, segments });
    });
  }
  await store.close();
}

const count = Number(process.argv[2] ?? 200_000);
const server = await RedisServer.start();
await measure("one Redis", { socketPath: server.socketPath }, server, count);
await server.stop();
const cluster = await RedisCluster.start();
const { master } = cluster.holders(`sxp:{${NAME}}:definition`);
await measure("a Cluster", { clusterNodes: cluster.addresses }, master.server, count);
await cluster.stop();
