/**
 * Server time of the dashboard's pages: 500 experiments with 60 days each, with tallies in memory. Prints medians and the
 * slowest of the measured requests.
 *
 *     node --import tsx --import ./scripts/raw-text.mjs bench/src/pages.ts
 */
import type { FastifyInstance } from "fastify";
import { openApp, testContext } from "../../server/test/web/support.ts";
import { TalliedStore } from "../../server/test/web/tallied.ts";

const EXPERIMENTS = 500;
const DAYS = 60;
const REQUESTS = 40;
/** In milliseconds: what issue 4 asks for. */
const LIMITS: Readonly<Record<string, number>> = { list: 100, experiment: 50 };

const store = new TalliedStore();
const context = testContext(store);
const today = context.clock.today();
for (let number = 0; number < EXPERIMENTS; number += 1) {
  const rates = { a: 0.05, b: 0.05 + ((number % 9) - 4) * 0.002 };
  await store.add({ name: `experiment-${number}`, rates, participants: 2_000 + number * 300, days: DAYS }, today);
}
const app = openApp(context);

const rows = [
  await measure(app, "list", () => "/"),
  await measure(app, "list", () => "/?sort=uplift"),
  await measure(app, "experiment", (number) => `/experiments/experiment-${number}/`),
];
await app.close();
console.table(rows);
if (rows.some(({ medianMs, limitMs }) => medianMs > limitMs)) process.exitCode = 1;

async function measure(web: FastifyInstance, kind: string, urlOf: (number: number) => string) {
  const firstMs = await timed(web, urlOf(REQUESTS));
  const times: number[] = [];
  for (let number = 0; number < REQUESTS; number += 1) times.push(await timed(web, urlOf(number)));
  times.sort((a, b) => a - b);
  const round = (ms: number) => Math.round(ms * 10) / 10;
  return {
    page: urlOf(0),
    firstMs: round(firstMs),
    medianMs: round(times[Math.floor(times.length / 2)] ?? 0),
    slowestMs: round(times.at(-1) ?? 0),
    limitMs: LIMITS[kind] ?? 0,
  };
}

async function timed(web: FastifyInstance, url: string): Promise<number> {
  const startedMs = performance.now();
  const { statusCode } = await web.inject({ url, headers: { accept: "text/html" } });
  if (statusCode !== 200) throw new Error(`Expected 200 from ${url}, got ${statusCode}`);
  return performance.now() - startedMs;
}
