/**
 * `npm run bench`: throughput of Sixpack on each engine as a fraction of a bare node:http server, on one machine in one
 * run, because a shared machine is only comparable with itself. Three rounds, medians.
 *
 *     npm run bench                         a table
 *     npm run bench -- --json               only { "rows": [...] } on stdout
 *     npm run bench -- --engine embedded    one engine; --rounds and --seconds for a quick look
 *     npm run bench -- --policy             equal shares, weights and a bandit on the embedded engine instead
 *     npm run bench -- --scale              Redis and a Redis Cluster, with one and two workers, instead
 */
import { parseArgs } from "node:util";
import { median } from "./median.ts";
import { policyRows, policyTable } from "./policy-rows.ts";
import { ENGINES, type Engine, load, type Running, SCALE_ENGINES, startBare, startSixpack } from "./processes.ts";
import { LOADS, type LoadName, orderFor, warmCode, warmUp } from "./workload.ts";

interface Sample {
  readonly ratio: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly memoryMiB: number;
}

interface Row extends Sample {
  readonly engine: Engine | "bare";
  readonly load: LoadName | "constant";
}

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "3" },
    scale: { type: "boolean", default: false },
    policy: { type: "boolean", default: false },
    engine: { type: "string", multiple: true, default: [...ENGINES] },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
if (values.policy) {
  const rows = await policyRows(rounds, seconds);
  process.stdout.write(values.json ? `${JSON.stringify({ rows })}\n` : policyTable(rows));
  process.exit();
}
const engines = values.scale ? SCALE_ENGINES : ENGINES.filter((engine) => values.engine.includes(engine));

const samples = new Map<string, Sample[]>();
for (let round = 1; round <= rounds; round += 1) {
  // The ceiling is measured before and after, so that a neighbour's noise meets both sides of the ratio.
  const ceilings = [await measure(startBare, 0, round, warmCode)];
  const measured: [string, Omit<Sample, "ratio">][] = [];
  for (const engine of engines) {
    for (const [name, share] of Object.entries(LOADS)) {
      process.stderr.write(`round ${round} of ${rounds}: ${engine}, ${name}\n`);
      measured.push([`${engine} ${name}`, await measure(() => startSixpack(engine), share, round, warmUp)]);
    }
    ceilings.push(await measure(startBare, 0, round, warmCode));
  }
  const ceiling = median(ceilings.map(({ perSecond }) => perSecond));
  for (const sample of ceilings) push("bare constant", { ...sample, ratio: sample.perSecond / ceiling });
  for (const [key, sample] of measured) push(key, { ...sample, ratio: sample.perSecond / ceiling });
}

const rows: Row[] = [...samples].map(([key, list]) => {
  const [engine, name] = key.split(" ") as [Row["engine"], Row["load"]];
  const of = (pick: (sample: Sample) => number) => median(list.map(pick));
  return {
    engine,
    load: name,
    ratio: of(({ ratio }) => ratio),
    perSecond: of(({ perSecond }) => perSecond),
    p50Ms: of(({ p50Ms }) => p50Ms),
    p99Ms: of(({ p99Ms }) => p99Ms),
    memoryMiB: of(({ memoryMiB }) => memoryMiB),
  };
});
process.stdout.write(values.json ? `${JSON.stringify({ rows: rows.map(rounded) })}\n` : table(rows));

async function measure(
  start: () => Promise<Running>,
  newShare: number,
  round: number,
  warm: typeof warmUp,
): Promise<Omit<Sample, "ratio">> {
  const server = await start();
  try {
    const order = orderFor(server, { seconds, newShare, prefix: `r${round}` });
    await warm(order);
    const { perSecond, p50Ms, p99Ms } = await load(order);
    return { perSecond, p50Ms, p99Ms, memoryMiB: server.memoryMiB() };
  } finally {
    await server.stop();
  }
}

function push(key: string, sample: Sample): void {
  const list = samples.get(key) ?? [];
  list.push(sample);
  samples.set(key, list);
}

function rounded(row: Row): Row {
  const round = (value: number, digits: number) => Number(value.toFixed(digits));
  return {
    engine: row.engine,
    load: row.load,
    ratio: round(row.ratio, 3),
    perSecond: round(row.perSecond, 0),
    p50Ms: round(row.p50Ms, 2),
    p99Ms: round(row.p99Ms, 2),
    memoryMiB: round(row.memoryMiB, 0),
  };
}

function table(list: readonly Row[]): string {
  const lines = ["engine            load      ratio  requests/s   p50 ms   p99 ms   memory MiB"];
  for (const row of list.map(rounded)) {
    lines.push(
      row.engine.padEnd(18) +
        row.load.padEnd(9) +
        row.ratio.toFixed(2).padStart(6) +
        String(row.perSecond).padStart(12) +
        row.p50Ms.toFixed(2).padStart(9) +
        row.p99Ms.toFixed(2).padStart(9) +
        String(row.memoryMiB).padStart(13),
    );
  }
  return `${lines.join("\n")}\n`;
}
