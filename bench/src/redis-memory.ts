/**
 * Bytes of Redis's `used_memory` per client of one experiment, after filling it through the engine.
 *
 *     node --import tsx --import ./scripts/raw-text.mjs bench/src/redis-memory.ts 1000000 8000000
 *
 * Each argument is a number of clients; a fresh redis-server is started for each. With `--converted F`, the fraction F
 * of them converts once on the default KPI, without a value.
 */
import { assigned } from "../../server/src/domain/assignment.ts";
import { clientKey, digestOf } from "../../server/src/domain/digest.ts";
import type { Experiment } from "../../server/src/domain/experiment.ts";
import { parseAlternativeName, parseClientId, parseExperimentName } from "../../server/src/domain/names.ts";
import { dayOf } from "../../server/src/domain/period.ts";
import { RedisStore } from "../../server/src/store/redis/redis-store.ts";
import { RedisServer } from "../../server/test/support/redis-server.ts";

/** Clients under way at once: 16 full batches. */
const CLIENTS_AT_ONCE = 4_096;

const NAME = parseExperimentName("homepage-headline");

async function fill(store: RedisStore, experiment: Experiment, clients: number, converted: number): Promise<void> {
  for (let start = 0; start < clients; start += CLIENTS_AT_ONCE) {
    const count = Math.min(CLIENTS_AT_ONCE, clients - start);
    const keys = Array.from({ length: count }, (_, index) =>
      clientKey(digestOf(NAME, parseClientId(`client-${start + index}`))),
    );
    const day = dayOf(Date.UTC(2026, 0, 1) + (start % 30) * 86_400_000);
    await Promise.all(
      keys.map((client, index) =>
        store.recordParticipation({ experiment, client, proposal: assigned(index % 2), day }),
      ),
    );
    const converting = keys.slice(0, Math.round(count * converted));
    await Promise.all(
      converting.map((client) => store.recordConversion({ experiment, client, kpi: 0, day, value: 0 })),
    );
  }
}

async function usedMemory(server: RedisServer): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await server.command("INFO", "memory"))?.[1]);
}

async function measure(clients: number, converted: number): Promise<void> {
  const server = await RedisServer.start();
  const store = await RedisStore.open({ socketPath: server.socketPath, cacheSlots: 0 });
  const experiment = await store.createExperiment({
    name: NAME,
    alternatives: ["control", "bold"].map(parseAlternativeName),
    trafficFraction: 1,
    weights: null,
    policy: "uniform",
    createdAtMs: Date.UTC(2026, 0, 1),
  });
  const before = await usedMemory(server);
  const startedAtMs = performance.now();
  await fill(store, experiment, clients, converted);
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const bytes = (await usedMemory(server)) - before;
  const tallied = (await store.readTallies(experiment))
    .filter(({ metric }) => metric === -1)
    .reduce((sum, tally) => sum + tally.clients, 0);
  console.log(
    `${clients} clients (${tallied} tallied, ${converted * 100} % converted): ${(bytes / clients).toFixed(1)} bytes a client, ` +
      `${(bytes / 2 ** 20).toFixed(0)} MiB, filled in ${seconds.toFixed(1)} s`,
  );
  await store.close();
  await server.stop();
}

const words = process.argv.slice(2);
const flag = words.indexOf("--converted");
const converted = flag === -1 ? 0 : Number(words[flag + 1]);
const sizes = words.filter((_, index) => flag === -1 || (index !== flag && index !== flag + 1)).map(Number);
for (const clients of sizes.length > 0 ? sizes : [1_000_000]) await measure(clients, converted);
