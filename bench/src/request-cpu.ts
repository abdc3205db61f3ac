/**
 * Processor time that a call costs, of our process and of its Redis servers: what a Cluster takes of ours is told apart from
 * what its processes take from each other when they share a machine.
 *
 *     node --import tsx bench/src/request-cpu.ts --seconds 3 --rounds 3 --load new --engine redis --engine cluster
 */
import { parseArgs } from "node:util";
import { median } from "./median.ts";
import { type Engine, load, startSixpack } from "./processes.ts";
import { LOADS, orderFor, warmUp } from "./workload.ts";

const COMPARED: readonly Engine[] = ["redis", "cluster"];

interface Cost {
  readonly ownUs: number;
  readonly storeUs: number;
  readonly perSecond: number;
  readonly p50Ms: number;
}

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "3" },
    rounds: { type: "string", default: "3" },
    engine: { type: "string", multiple: true, default: [...COMPARED] },
    load: { type: "string", multiple: true, default: Object.keys(LOADS) },
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
const engines = COMPARED.filter((engine) => values.engine.includes(engine));

async function measure(engine: Engine, newShare: number, round: number): Promise<Cost> {
  const server = await startSixpack(engine);
  try {
    const order = orderFor(server, { seconds, newShare, prefix: `r${round}` });
    await warmUp(order);
    const [own, store] = [server.cpuMs(), server.storeCpuMs()];
    const { requests, perSecond, p50Ms } = await load(order);
    const us = (beforeMs: number, afterMs: number) => ((afterMs - beforeMs) * 1000) / requests;
    return { ownUs: us(own, server.cpuMs()), storeUs: us(store, server.storeCpuMs()), perSecond, p50Ms };
  } finally {
    await server.stop();
  }
}

process.stdout.write("engine            load     own µs  Redis µs  requests/s   p50 ms\n");
for (const [name, share] of Object.entries(LOADS).filter(([load]) => values.load.includes(load))) {
  const costs = new Map<Engine, Cost[]>(engines.map((engine) => [engine, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const engine of engines) costs.get(engine)?.push(await measure(engine, share, round));
  }
  for (const [engine, list] of costs) {
    const of = (pick: (cost: Cost) => number) => median(list.map(pick));
    process.stdout.write(
      engine.padEnd(18) +
        name.padEnd(7) +
        of(({ ownUs }) => ownUs)
          .toFixed(1)
          .padStart(8) +
        of(({ storeUs }) => storeUs)
          .toFixed(1)
          .padStart(10) +
        of(({ perSecond }) => perSecond)
          .toFixed(0)
          .padStart(12) +
        "\n",
    );
  }
}
