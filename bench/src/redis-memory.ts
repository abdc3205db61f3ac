/**
 * Bytes of Redis's `used_memory` per client of one experiment, after filling it through the engine.
 *
 *     node --import tsx --import ./scripts/raw-text.mjs bench/src/redis-memory.ts 1000000 8000000
 *
 * Each argument is a number of clients; a fresh redis-server is started for each. With `--converted F`, the fraction F
 * of them converts once on the default KPI, without a value. With `--ids`, their ids are kept, UUIDs of 36 characters. With
 * `--dimensions N`, each has a value in N of them.
 */
import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
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

interface Options {
  /** Fraction of the clients. */
  readonly converted: number;
  readonly withIds: boolean;
  readonly dimensions: number;
}

async function fill(
  store: RedisStore,
  experiment: Experiment,
  clients: number,
  { converted, withIds, dimensions }: Options,
): Promise<void> {
  for (let start = 0; start < clients; start += CLIENTS_AT_ONCE) {
    const count = Math.min(CLIENTS_AT_ONCE, clients - start);
    const keys = Array.from({ length: count }, (_, index) =>
      clientKey(digestOf(NAME, parseClientId(`client-${start + index}`))),
    );
    const day = dayOf(Date.UTC(2026, 0, 1) + (start % 30) * 86_400_000);
    await Promise.all(
      keys.map((client, index) =>
        store.records.participate({
          experiment,
          client,
          proposal: assigned(index % 2),
          day,
          segments:
            dimensions === 0 ? undefined : Array.from({ length: dimensions }, (_, at) => 1 + ((index >> at) % 8)),
          id: withIds ? parseClientId(randomUUID()) : undefined,
        }),
      ),
    );
    const converting = keys.slice(0, Math.round(count * converted));
    await Promise.all(converting.map((client) => store.records.convert({ experiment, client, kpi: 0, day, value: 0 })));
  }
}

async function usedMemory(server: RedisServer): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await server.command("INFO", "memory"))?.[1]);
}

async function measure(clients: number, options: Options): Promise<void> {
  const server = await RedisServer.start();
  const store = await RedisStore.open({ socketPath: server.socketPath, cacheSlots: 0 });
  const { experiment } = await store.definitions.create({
    name: NAME,
    alternatives: ["control", "bold"].map(parseAlternativeName),
    createdAtMs: Date.UTC(2026, 0, 1),
  });
  const before = await usedMemory(server);
  const startedAtMs = performance.now();
  await fill(store, experiment, clients, options);
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const bytes = (await usedMemory(server)) - before;
  const tallied = (await store.tallies.read(experiment))
    .filter(({ metric }) => metric === -1)
    .reduce((sum, tally) => sum + tally.clients, 0);
  console.log(
    `${clients} clients (${tallied} tallied, ${options.converted * 100} % converted${options.withIds ? ", with ids" : ""}): ${(bytes / clients).toFixed(1)} bytes a client, ` +
      `${(bytes / 2 ** 20).toFixed(0)} MiB, filled in ${seconds.toFixed(1)} s`,
  );
  await store.close();
  await server.stop();
}

const { values, positionals } = parseArgs({
  options: {
    converted: { type: "string", default: "0" },
    ids: { type: "boolean", default: false },
    dimensions: { type: "string", default: "0" },
  },
  allowPositionals: true,
});
const options = { converted: Number(values.converted), withIds: values.ids, dimensions: Number(values.dimensions) };
for (const clients of positionals.length > 0 ? positionals.map(Number) : [1_000_000]) await measure(clients, options);
