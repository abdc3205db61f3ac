/**
 * `npm run bench`: throughput of Sixpack on each engine as a fraction of a bare node:http server, on one machine in one
 * run, because a shared machine is only comparable with itself. All servers run from the start and take turns in short
 * stretches: each stretch of a server lies between two of the bare one, and what a neighbour does meets all three.
 *
 *     npm run bench                         a table
 *     npm run bench -- --json               only { "rows": [...] } on stdout
 *     npm run bench -- --engine embedded    one engine; --rounds and --seconds (of a stretch) for a quick look
 *     npm run bench -- --headers browser    with the headers of a browser behind two proxies
 *     npm run bench -- --quiet-check        exits with 1, without ratios, where the machine is too busy for them
 *     npm run bench -- --peer 'command' --url 'http://127.0.0.1:8000/…{client}…'
 *                                           beside any HTTP server: another one, or another build of Sixpack
 *     npm run bench -- --policy             equal shares, weights, a bandit and segments, on the first engine named
 *     npm run bench -- --scale              Redis and a Redis Cluster, with one and two workers, instead
 */
import { parseArgs } from "node:util";
import { median } from "./median.ts";
import { policyRows, policyTable } from "./policy-rows.ts";
import { ENGINES, load, type Running, SCALE_ENGINES, startBare, startPeer, startSixpack } from "./processes.ts";
import { type Row, rounded, rowsOf, type Sample, spreadOf, table } from "./rows.ts";
import { BROWSER_HEADERS, LOADS, orderFor, turned, warmCode, warmUp } from "./workload.ts";

/** Rounds of bare servers further apart than that say that somebody else was at work. */
const SPREAD_MAX = 0.15;

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "1" },
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
  const rows = await policyRows(values.engine[0] === "redis" ? "redis" : "embedded", rounds, seconds);
  process.stdout.write(values.json ? `${JSON.stringify({ rows })}\n` : policyTable(rows));
  process.exit();
}

type Measured = Omit<Sample, "ratio">;
const samples = new Map<string, Sample[]>();
/** Of each round. */
const ceilings: number[] = [];
const running: Running[] = [];
try {
  const bare = await started(startBare, warmCode);
  const durable = await started(() => startBare("durable"), warmCode);
  const contestants = new Map<string, Running>();
  for (const engine of values.scale ? SCALE_ENGINES : ENGINES.filter((each) => values.engine.includes(each)))
    contestants.set(engine, await started(() => startSixpack(engine), warmUp));
  const { peer, url } = values;
  if (peer !== undefined && url !== undefined)
    contestants.set("peer", await started(() => startPeer(peer, url), warmUp));

  for (let round = 0; round < rounds; round += 1) {
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
    const bares: Measured[] = [];
    for (const [name, share] of Object.entries(LOADS)) {
      let before = await measured(bare, 0, "");
      bares.push(before);
      const inTurn = [...contestants].map(([engine, server]) => [`${engine} ${name}`, server] as const);
      // A new client is what has to be on disk.
      if (name === "new") inTurn.push(["bare durable", durable]);
      for (const [server, contestant] of turned(inTurn, round)) {
        const sample = await measured(contestant, share, `r${round}`);
        const after = await measured(bare, 0, "");
        bares.push(after);
        push(server, { ...sample, ratio: (2 * sample.perSecond) / (before.perSecond + after.perSecond) });
        before = after;
      }
    }
    const ceiling = median(bares.map(({ perSecond }) => perSecond));
    ceilings.push(ceiling);
    for (const sample of bares) push("bare constant", { ...sample, ratio: sample.perSecond / ceiling });
  }
} finally {
  for (const server of running) await server.stop();
}

const spread = spreadOf(ceilings);
if (values["quiet-check"] && spread > SPREAD_MAX) {
  process.stderr.write(
    `Expected rounds of the bare server within ${percent(SPREAD_MAX)} of each other, got ${percent(spread)}: this machine is too busy to measure on.\n`,
  );
  process.exit(1);
}
const rows: Row[] = rowsOf(samples);
if (values.json) process.stdout.write(`${JSON.stringify({ rows: rows.map(rounded) })}\n`);
else process.stdout.write(`${table(rows)}rounds of the bare server lay ${percent(spread)} apart\n`);

async function started(start: () => Promise<Running>, warm: typeof warmUp): Promise<Running> {
  const server = await start();
  running.push(server);
  await warm(orderFor(server, { seconds, headers }));
  // New clients too: a server that has seen none of them is slower for the first few thousand.
  await warmCode(orderFor(server, { seconds, headers, newShare: 1 }));
  return server;
}

async function measured(server: Running, newShare: number, prefix: string): Promise<Measured> {
  const order = orderFor(server, { seconds, newShare, headers, prefix: `${prefix}s${newShare}` });
  const beforeMs = server.cpuMs();
  const { requests, perSecond, p50Ms, p99Ms } = await load(order);
  const cpuUs = ((server.cpuMs() - beforeMs) * 1000) / requests;
  return { perSecond, p50Ms, p99Ms, cpuUs, memoryMiB: server.memoryMiB() };
}

function push(key: string, sample: Sample): void {
  const list = samples.get(key) ?? [];
  list.push(sample);
  samples.set(key, list);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
