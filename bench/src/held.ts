/**
 * Latency and memory of the built server on a store that holds millions of clients already. Flat is good.
 *
 *     node --import tsx --import ./scripts/raw-text.mjs bench/src/held.ts --clients 10000 --clients 1000000 --engine embedded
 *
 * `stored` asks for clients drawn from all that the store holds, so that most of them have to be read from it; `new` for
 * clients never seen. Throughput is a fraction of a bare node:http server before and after, as in `main.ts`. `own` is memory
 * that is not backed by files, which the system could take back. `opens` is how long the process took until it listened, with
 * files that the system has in memory: they were written a moment before.
 */
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { assigned } from "../../server/src/domain/assignment.ts";
import { clientKey, digestOf } from "../../server/src/domain/digest.ts";
import { createdExperiment } from "../../server/src/domain/draft.ts";
import { parseAlternativeName, parseClientId, parseExperimentName } from "../../server/src/domain/names.ts";
import { dayOf } from "../../server/src/domain/period.ts";
import { onDay } from "../../server/src/domain/subset.ts";
import { PARTICIPATION } from "../../server/src/domain/tally.ts";
import { openStore } from "../../server/src/store/open.ts";
import { RECORDS_PER_LOAD_MAX } from "../../server/src/store/transfer.ts";
import { loadFlags } from "../../server/test/support/config.ts";
import { type Engine, load, type Prepare, type Running, startBare, startSixpack } from "./processes.ts";
import { orderFor, warmCode } from "./workload.ts";

const HELD_ENGINES = ["embedded", "redis", "cluster"] as const satisfies readonly Engine[];
/** Share of new clients. `first` is the same as `stored`, while the server may still read what it holds. */
const HELD_LOADS = { first: 0, stored: 0, new: 1 } as const;
const NAME = parseExperimentName("button");
const ALTERNATIVES = ["red", "green"].map(parseAlternativeName);
const CREATED_MS = Date.UTC(2026, 0, 1);

/** A server at rest takes less processor time than this, of so much time, in milliseconds. */
const REST_CPU_MS = 50;
const REST_MS = 1_000;

/** Loads under way at once. */
const LOADS_AT_ONCE = 2;

const { values } = parseArgs({
  options: {
    clients: { type: "string", multiple: true, default: ["10000", "1000000"] },
    engine: { type: "string", multiple: true, default: ["embedded", "redis"] },
    seconds: { type: "string", default: "3" },
  },
});
const seconds = Number(values.seconds);

/** Puts clients `k0`, `k1`, … into the store of a server that is about to start, as an import would. */
function holding(clients: number): Prepare {
  return async (environment) => {
    // Nobody waits for an answer while it is being filled.
    const { config } = loadFlags({ redis_socket_timeout: "30" }, environment);
    const store = await openStore(config, (error) => process.stderr.write(`${error.message}\n`), true);
    const {
      life: _,
      version: __,
      ...definition
    } = createdExperiment(
      {
        name: NAME,
        alternatives: ALTERNATIVES,
        createdAtMs: CREATED_MS,
      },
      1,
      1,
    );
    const day = dayOf(CREATED_MS);
    const staged = await store.transfer.stage(definition, CREATED_MS);
    const record = (number: number) => {
      const client = clientKey(digestOf(NAME, parseClientId(`k${number}`)));
      return { client, assignment: assigned(number % 2), epoch: 0, day, conversions: [] };
    };
    for (let start = 0; start < clients; start += LOADS_AT_ONCE * RECORDS_PER_LOAD_MAX) {
      const end = Math.min(clients, start + LOADS_AT_ONCE * RECORDS_PER_LOAD_MAX);
      const batches = [];
      for (let from = start; from < end; from += RECORDS_PER_LOAD_MAX) {
        const count = Math.min(RECORDS_PER_LOAD_MAX, end - from);
        batches.push(
          store.transfer.loadRecords(
            staged,
            Array.from({ length: count }, (_, at) => record(from + at)),
          ),
        );
      }
      await Promise.all(batches);
    }
    const cell = { epoch: 0, metric: PARTICIPATION, subset: onDay(day), sum: 0, squares: 0 };
    const tallies = [0, 1].map((index) => {
      const count = Math.ceil((clients - index) / 2);
      return { ...cell, assignment: assigned(index), clients: count, events: count };
    });
    await store.transfer.loadTallies(staged, tallies, []);
    await store.transfer.publish(staged, CREATED_MS, true);
    await store.close();
  };
}

/** Waits until a server that nobody asks does nothing any more, such as reading its clients. */
async function atRest({ cpuMs }: Running): Promise<void> {
  for (let before = 0, now = cpuMs(); now - before > REST_CPU_MS; now = cpuMs()) {
    before = now;
    await setTimeout(REST_MS);
  }
}

async function bare(): Promise<number> {
  const server = await startBare();
  try {
    return (await load(orderFor(server, { seconds }))).perSecond;
  } finally {
    await server.stop();
  }
}

process.stdout.write(
  "engine      clients     load     ratio   p50 ms   p99 ms  own MiB  server MiB   with store MiB   opens s\n",
);
for (const engine of HELD_ENGINES.filter((one) => values.engine.includes(one))) {
  for (const clients of values.clients.map(Number)) {
    const server = await startSixpack(engine, holding(clients));
    try {
      for (const [name, newShare] of Object.entries(HELD_LOADS)) {
        const order = orderFor(server, { seconds, knownClients: clients, newShare, prefix: "m" });
        if (name === "first") await warmCode(order);
        else await atRest(server);
        const before = await bare();
        const { perSecond, p50Ms, p99Ms } = await load(order);
        const ratio = (2 * perSecond) / (before + (await bare()));
        process.stdout.write(
          `${engine.padEnd(10)}${String(clients).padStart(9)}  ${name.padStart(7)}${ratio.toFixed(2).padStart(10)}` +
            `${p50Ms.toFixed(2).padStart(9)}${p99Ms.toFixed(2).padStart(9)}` +
            server.ownAnonymousMiB().toFixed(0).padStart(9) +
            `${server.ownMemoryMiB().toFixed(0).padStart(12)}${server.memoryMiB().toFixed(0).padStart(17)}` +
            `${(server.openedMs / 1_000).toFixed(2).padStart(10)}\n`,
        );
      }
    } finally {
      await server.stop();
    }
  }
}
