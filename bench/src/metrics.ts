/**
 * `node --import tsx bench/src/metrics.ts`: what counting costs a request, in nanoseconds, beside prom-client's own way.
 * Medians of rounds, because a shared machine has its moments.
 */
import { Histogram } from "prom-client";
import { LATENCY_BUCKETS_S } from "../../server/src/ops/latency.ts";
import { Metrics } from "../../server/src/ops/metrics.ts";
import { EXPERIMENTS_IN_METRICS_MAX, StoreMeter } from "../../server/src/ops/store-meter.ts";

const CALLS = 1_000_000;
const ROUNDS = 7;

/** Time of one call, in nanoseconds. */
function measure(call: (n: number) => void): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const startedMs = performance.now();
    for (let n = 0; n < CALLS; n += 1) call(n);
    return ((performance.now() - startedMs) * 1e6) / CALLS;
  });
  return rounds.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}

const meter = new StoreMeter();
const metrics = new Metrics({
  store: meter,
  queue: { inFlight: 0, refused: 0 },
  cache: () => ({ slots: 0, used: 0 }),
  version: "",
});
const histogram = new Histogram({
  name: "peer",
  help: "peer",
  labelNames: ["route", "status"],
  buckets: [...LATENCY_BUCKETS_S],
  registers: [],
});
const series = histogram.labels("participate", "200");

const rows: readonly (readonly [string, number])[] = [
  ["a request: Metrics.observe", measure((n) => metrics.observe("participate", 200, (n % 100) / 10))],
  ["the same by prom-client, labels looked up before", measure((n) => series.observe((n % 100) / 10_000))],
  [
    "a known client: one question to the cache counted",
    measure(() => {
      meter.hits += 1;
    }),
  ],
  ["a new client: latency of the store", measure((n) => meter.latencies.recordParticipation.observe((n % 100) / 10))],
];
for (const [name, ns] of rows) process.stdout.write(`${name.padEnd(52)}${ns.toFixed(0).padStart(6)} ns\n`);

for (let n = 0; n < EXPERIMENTS_IN_METRICS_MAX; n += 1) meter.countsOf(`experiment-${n}`).participations += 1;
const startedMs = performance.now();
const { body } = await metrics.text();
const scrapeMs = performance.now() - startedMs;
process.stdout.write(
  `a scrape with ${EXPERIMENTS_IN_METRICS_MAX} experiments: ${scrapeMs.toFixed(1)} ms, ${body.length} bytes\n`,
);
