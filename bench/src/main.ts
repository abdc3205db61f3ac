/**
 * `npm run bench`: throughput of Sixpack on each engine as a fraction of a bare node:http server, on one machine in one
 * run, because a shared machine is only comparable with itself. Three rounds, medians.
 *
 *     npm run bench                         a table
 *     npm run bench -- --json               only { "rows": [...] } on stdout
 *     npm run bench -- --engine embedded    one engine; --rounds and --seconds for a quick look
 *     npm run bench -- --headers browser    with the headers of a browser behind two proxies
 *     npm run bench -- --quiet-check        exits with 1, without ratios, where the machine is too busy for them
 *     npm run bench -- --peer 'command' --url 'http://127.0.0.1:8000/…{client}…'
 *                                           beside any HTTP server: another one, or another build of Sixpack
 *     npm run bench -- --policy             equal shares, weights, a bandit and segments on the embedded engine instead
 *     npm run bench -- --scale              Redis and a Redis Cluster, with one and two workers, instead
 */
import { parseArgs } from "node:util";
import { median } from "./median.ts";
import { policyRows, policyTable } from "./policy-rows.ts";
import { ENGINES, load, type Running, SCALE_ENGINES, startBare, startPeer, startSixpack } from "./processes.ts";
import { type Row, rounded, rowsOf, type Sample, spreadOf, table } from "./rows.ts";
import { BROWSER_HEADERS, LOADS, orderFor, warmCode, warmUp } from "./workload.ts";

/** Bare servers further apart than that say that somebody else was at work. */
const SPREAD_MAX = 0.15;

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "3" },
    scale: { type: "boolean", default: false },
    policy: { type: "boolean", default: false },
    engine: { type: "string", multiple: true, default: [...ENGINES] },
    headers: { type: "string", default: "none" },
    "quiet-check": { type: "boolean", default: false },
    peer: { type: "string" },
    url: { type: "string" },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const headers = values.headers === "browser" ? BROWSER_HEADERS : "";
if (values.policy) {
  const rows = await policyRows(rounds, seconds);
  process.stdout.write(values.json ? `${JSON.stringify({ rows })}\n` : policyTable(rows));
  process.exit();
}
const engines = values.scale ? SCALE_ENGINES : ENGINES.filter((engine) => values.engine.includes(engine));
const contestants = new Map<string, () => Promise<Running>>(
  engines.map((engine) => [engine, () => startSixpack(engine)]),
);
const { peer, url } = values;
if (peer !== undefined && url !== undefined) contestants.set("peer", () => startPeer(peer, url));

const samples = new Map<string, Sample[]>();
for (let round = 1; round <= rounds; round += 1) {
  // The ceiling is measured before and after, so that a neighbour's noise meets both sides of the ratio.
  const ceilings = [await measure(startBare, 0, round, warmCode)];
  const measured: [string, Omit<Sample, "ratio">][] = [];
  for (const [server, start] of contestants) {
    for (const [name, share] of Object.entries(LOADS)) {
      process.stderr.write(`round ${round} of ${rounds}: ${server}, ${name}\n`);
      measured.push([`${server} ${name}`, await measure(start, share, round, warmUp)]);
    }
    ceilings.push(await measure(startBare, 0, round, warmCode));
  }
  const ceiling = median(ceilings.map(({ perSecond }) => perSecond));
  for (const sample of ceilings) push("bare constant", { ...sample, ratio: sample.perSecond / ceiling });
  for (const [key, sample] of measured) push(key, { ...sample, ratio: sample.perSecond / ceiling });
}

const spread = spreadOf(samples.get("bare constant") ?? []);
if (values["quiet-check"] && spread > SPREAD_MAX) {
  process.stderr.write(
    `Expected bare servers within ${percent(SPREAD_MAX)} of each other, got ${percent(spread)}: this machine is too busy to measure on.\n`,
  );
  process.exit(1);
}
const rows: Row[] = rowsOf(samples);
if (values.json) process.stdout.write(`${JSON.stringify({ rows: rows.map(rounded) })}\n`);
else process.stdout.write(`${table(rows)}bare servers lay ${percent(spread)} apart\n`);

async function measure(
  start: () => Promise<Running>,
  newShare: number,
  round: number,
  warm: typeof warmUp,
): Promise<Omit<Sample, "ratio">> {
  const server = await start();
  try {
    const order = orderFor(server, { seconds, newShare, headers, prefix: `r${round}` });
    await warm(order);
    const beforeMs = server.cpuMs();
    const { requests, perSecond, p50Ms, p99Ms } = await load(order);
    const cpuUs = ((server.cpuMs() - beforeMs) * 1000) / requests;
    return { perSecond, p50Ms, p99Ms, cpuUs, memoryMiB: server.memoryMiB() };
  } finally {
    await server.stop();
  }
}

function push(key: string, sample: Sample): void {
  const list = samples.get(key) ?? [];
  list.push(sample);
  samples.set(key, list);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
