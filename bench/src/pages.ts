/**
 * Server time of the dashboard's pages on a real store, after a restart: 500 experiments with 60 days each. Prints the
 * first list, medians of the others, the longest that the event loop was held while the first list was made, and what
 * one look for live updates costs. Embedded engine by default, `--engine redis` for Redis.
 *
 *     npm run bench:pages
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { FastifyInstance } from "fastify";
import { assigned } from "../../server/src/domain/assignment.ts";
import { clientKey, digestOf } from "../../server/src/domain/digest.ts";
import { createdExperiment } from "../../server/src/domain/draft.ts";
import { parseAlternativeNames, parseClientId, parseExperimentName } from "../../server/src/domain/names.ts";
import { type Day, dayOf } from "../../server/src/domain/period.ts";
import { onDay } from "../../server/src/domain/subset.ts";
import { PARTICIPATION, type Tally } from "../../server/src/domain/tally.ts";
import type { ServiceContext } from "../../server/src/service/context.ts";
import { LocalStore } from "../../server/src/store/local/local-store.ts";
import { RedisStore } from "../../server/src/store/redis/redis-store.ts";
import type { Store } from "../../server/src/store/store.ts";
import { createWebApp } from "../../server/src/web/app.ts";
import { Pulse } from "../../server/src/web/routes/pulse.ts";
import * as make from "../../server/test/support/make.ts";
import { startRedis } from "./processes.ts";

const EXPERIMENTS = 500;
/** Of each experiment that has segments: as many dimensions and values as a page is promised for. */
const DIMENSIONS = 3;
const VALUES = 8;
const DAYS = 60;
const REQUESTS = 40;
const LOOKS = 200;
const BUSY_ROUNDS = 11;
/** Medians, in milliseconds: what the dashboard promises. */
const LIMITS = { list: 50, experiment: 30 } as const;
const DECLARED = Array.from({ length: DIMENSIONS }, (_, dimension) => ({
  name: `dimension-${dimension}`,
  values: Array.from({ length: VALUES }, (__, value) => `value-${value}`),
}));
const TODAY = dayOf(Date.now());
const CLOCK = { nowMs: Date.now, today: () => TODAY, dayAt: (atMs: number) => dayOf(atMs), offsetAt: () => 0 };

const { values } = parseArgs({ options: { engine: { type: "string", default: "embedded" } } });
const folder = mkdtempSync(join(tmpdir(), "sixpack-pages-"));
const redis = values.engine === "redis" ? await startRedis(folder) : undefined;
const open = (): Promise<Store> =>
  redis === undefined
    ? LocalStore.open({ folder, cacheSlots: 65_536 })
    : RedisStore.open({ host: "127.0.0.1", port: redis.port });

const filled = await open();
for (let number = 0; number < EXPERIMENTS; number += 1) await fill(filled, number);
await filled.close();

const store = await open();
const context = make.context({ store, clock: CLOCK });
const app = appOf(context);
const held = holdMeter();
const rows = [
  await measure(app, "list", () => "/"),
  await measure(app, "list", () => "/?sort=uplift"),
  await measure(app, "experiment", (number) => `/experiments/experiment-${number}/`),
];
for (let number = 0; number <= REQUESTS; number += 1) await fill(store, number, true);
const segments = [
  await measure(app, "experiment", (number) => `/experiments/segmented-${number}/`),
  await measure(app, "experiment", (number) => `/experiments/segmented-${number}/?segment=dimension-0`),
];
rows.push(...segments);
process.stdout.write(`event loop held for at most ${held.stop().toFixed(1)} ms\n`);
console.table(rows);
await measureLooks();
await measureBusy();
await app.close();
await store.close();
await measureWarmUp();
await redis?.stop();
rmSync(folder, { recursive: true, force: true });
if (rows.some(({ medianMs, limitMs }) => medianMs > limitMs)) process.exitCode = 1;

/** Every fifth experiment has four alternatives, the others two; rates differ by up to 16 %. */
async function fill(target: Store, number: number, hasSegments = false): Promise<void> {
  const names = ["a", "b", "c", "d"].slice(0, number % 5 === 0 ? 4 : 2);
  const createdAtMs = Date.now() - DAYS * 86_400_000;
  const draft = {
    name: parseExperimentName(`${hasSegments ? "segmented" : "experiment"}-${number}`),
    alternatives: parseAlternativeNames(names),
    createdAtMs,
    ...(hasSegments ? { dimensions: DECLARED } : {}),
  } as const;
  const staged = await target.transfer.stage(createdExperiment(draft, 0, 0), createdAtMs);
  const tallies = talliesOf(number, names.length);
  await target.transfer.loadTallies(staged, [], hasSegments ? [...tallies, ...segmentsOf(tallies)] : tallies);
  await target.transfer.publish(staged, createdAtMs, false);
}

function talliesOf(number: number, alternatives: number): readonly Tally[] {
  const tallies: Tally[] = [];
  for (let assignment = 0; assignment < alternatives; assignment += 1) {
    const rate = 0.05 + (assignment === 0 ? 0 : ((number % 9) - 4) * 0.002);
    for (let age = 0; age < DAYS; age += 1) {
      const clients = 20 + number + ((age * 7 + assignment) % 11);
      const cell = {
        epoch: 0,
        assignment: assigned(assignment),
        subset: onDay((TODAY - age) as Day),
        sum: 0,
        squares: 0,
      };
      const conversions = Math.round(clients * rate);
      tallies.push({ ...cell, metric: PARTICIPATION, clients, events: clients });
      if (conversions > 0) tallies.push({ ...cell, metric: 0, clients: conversions, events: conversions });
    }
  }
  return tallies;
}

/** Everybody of a cell of a day has one of the values, which come in turns. */
function segmentsOf(tallies: readonly Tally[]): readonly Tally[] {
  const sums = new Map<string, Tally>();
  for (const [turn, tally] of tallies.entries()) {
    for (let dimension = 0; dimension < DIMENSIONS; dimension += 1) {
      const value = 1 + (Math.floor(turn / VALUES ** dimension) % VALUES);
      const key = `${JSON.stringify(tally.assignment)} ${tally.metric} ${dimension} ${value}`;
      const { clients = 0, events = 0 } = sums.get(key) ?? {};
      const subset = { kind: "segment", dimension, value } as const;
      sums.set(key, { ...tally, subset, clients: clients + tally.clients, events: events + tally.events });
    }
  }
  return [...sums.values()];
}

function appOf(of: ServiceContext): FastifyInstance {
  return createWebApp(of, {
    access: { mode: { kind: "none" }, tokens: [] },
    secretKey: randomBytes(16).toString("hex"),
    randomBytes,
    csrfDisabled: false,
    trustsProxy: undefined,
    debug: false,
    logger: undefined,
  });
}

async function measure(web: FastifyInstance, kind: keyof typeof LIMITS, urlOf: (number: number) => string) {
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
    limitMs: LIMITS[kind],
  };
}

async function timed(web: FastifyInstance, url: string): Promise<number> {
  const startedMs = performance.now();
  const { statusCode } = await web.inject({ url, headers: { accept: "text/html" } });
  if (statusCode !== 200) throw new Error(`Expected 200 from ${url}, got ${statusCode}`);
  return performance.now() - startedMs;
}

/** One look a second is what an open page asks for: the cost of a look is what it takes of each second. */
async function measureLooks(): Promise<void> {
  const pulse = new Pulse(context, "bench");
  await pulse.stamp("list");
  const cpu = process.cpuUsage();
  for (let look = 0; look < LOOKS; look += 1) await pulse.stamp("list");
  const { user, system } = process.cpuUsage(cpu);
  const eachMs = (user + system) / 1_000 / LOOKS;
  process.stdout.write(`one look at ${EXPERIMENTS} experiments: ${eachMs.toFixed(2)} ms of processor\n`);
}

/** A list while every experiment has visitors: some figures are computed anew, the others after the answer. */
async function measureBusy(): Promise<void> {
  const experiments = await store.definitions.list();
  const times: number[] = [];
  for (let round = 0; round < BUSY_ROUNDS; round += 1) {
    const client = clientKey(digestOf(parseExperimentName("visitors"), parseClientId(`visitor-${round}`)));
    const visits = experiments.map((experiment) =>
      store.records.participate({ experiment, client, proposal: assigned(round % 2), day: TODAY }),
    );
    await Promise.all(visits);
    times.push(await timed(app, "/"));
  }
  times.sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)] ?? 0;
  process.stdout.write(`list while all experiments change: ${median.toFixed(1)} ms (median)\n`);
}

/** What a start does in the background, and the list after it. */
async function measureWarmUp(): Promise<void> {
  const again = await open();
  const warm = make.context({ store: again, clock: CLOCK });
  const meter = holdMeter();
  const startedMs = performance.now();
  await warm.analyst.list.warmUp(new AbortController().signal);
  const tookMs = performance.now() - startedMs;
  const longest = meter.stop();
  const web = appOf(warm);
  const listMs = await timed(web, "/");
  process.stdout.write(
    `warm-up: ${tookMs.toFixed(0)} ms, event loop held for at most ${longest.toFixed(1)} ms, then the first list: ${listMs.toFixed(1)} ms\n`,
  );
  await web.close();
  await again.close();
}

/** How long a turn of the event loop took at most. */
function holdMeter(): { readonly stop: () => number } {
  let [lastMs, mostMs, running] = [performance.now(), 0, true];
  const tick = (): void => {
    const nowMs = performance.now();
    mostMs = Math.max(mostMs, nowMs - lastMs);
    lastMs = nowMs;
    if (running) setImmediate(tick);
  };
  tick();
  return {
    stop: () => {
      running = false;
      return mostMs;
    },
  };
}
