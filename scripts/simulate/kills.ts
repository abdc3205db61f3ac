/**
 * Servers that are killed a hundred times while they have something to tell: `sixpack start` as built, on a folder and as two
 * workers on Redis, with dashboards open and a real receiver. A split is broken and the intake is closed, all is killed
 * at a random moment, and the next one goes on; in the end each fact must have arrived under one id, and stand in the log once.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type FactKind, noticedAction } from "../../server/src/domain/fact.ts";
import { seededRandom } from "../../server/src/stats/random.ts";
import { Receiver } from "../../server/test/support/receiver.ts";
import { RedisServer } from "../../server/test/support/redis-server.ts";
import { type Running, startServer } from "./started-server.ts";
import { below, near, type Target } from "./target.ts";

const KILLS = 100;
/** Side by side; every second one is two workers on Redis. */
const LANES = 4;
/** A fact is noticed within ten seconds and told within five more; kills come before, between and after. */
const LIFE_MS_MAX = 16_000;
/** Longest that the last one may take to tell what is left, in milliseconds. */
const REST_MS_MAX = 300_000;
/** Pages open at once in each life, and how often each is read anew, in milliseconds. */
const DASHBOARDS = 3;
const READ_EVERY_MS = 250;
const CLIENTS = [100, 10];

/** The one is noticed by whoever looks, a page or the watch; the other by the watch of each process. */
const FACTS = ["sample-ratio-mismatch", "intake-closed"] as const;

export async function kills(): Promise<Target[]> {
  const lanes = await Promise.all(Array.from({ length: LANES }, (_, lane) => play(lane)));
  const facts = lanes.flatMap(({ ids }) => ids);
  const lines = lanes.flatMap(({ logged }) => logged);
  return [
    near(
      `facts, ${facts.length}, of ${KILLS} kills: arrived`,
      facts.filter(({ size }) => size > 0).length / facts.length,
      1,
      0,
    ),
    below(
      "ids beyond one for a fact",
      facts.reduce((sum, { size }) => sum + Math.max(0, size - 1), 0),
      0,
      String,
    ),
    below("lines of the log missing, or beyond one for a fact", lines.filter((count) => count !== 1).length, 0, String),
  ];
}

async function play(lane: number) {
  const random = seededRandom(19, lane);
  const receiver = await Receiver.start();
  const folder = await mkdtemp(join(tmpdir(), "sixpack-kills-"));
  const redis = lane % 2 === 1 ? await RedisServer.start("--appendonly", "yes") : undefined;
  const where =
    redis === undefined
      ? ["--set", `data_dir=${folder}`]
      : ["--workers", "2", "--set", `redis_socket=${redis.socketPath}`];
  const names = Array.from({ length: KILLS / LANES }, (_, number) => `lane-${lane}-${number}`);
  try {
    for (const name of names) {
      const server = await startTold(where, receiver.url);
      await makeFacts(server, name);
      const life = new AbortController();
      const pages = Array.from({ length: DASHBOARDS }, () => keepOpen(server, name, life.signal));
      await sleep(random() * LIFE_MS_MAX);
      await server.kill();
      life.abort();
      await Promise.all(pages);
    }
    const server = await startTold(where, receiver.url);
    const untilMs = performance.now() + REST_MS_MAX;
    const isMissing = (name: string) => FACTS.some((fact) => idsOf(receiver, name, fact).size === 0);
    while (names.some(isMissing) && performance.now() < untilMs) {
      for (const name of names.filter(isMissing)) await read(`${server.web}/experiments/${name}/`);
      await sleep(1_000);
    }
    // Those that were being sent when their server died are sent again a minute later.
    await sleep(70_000);
    const facts = names.flatMap((name) => FACTS.map((fact) => ({ name, fact })));
    const logged: number[] = [];
    for (const { name, fact } of facts) logged.push(await linesOf(server, name, fact));
    await server.kill();
    return { ids: facts.map(({ name, fact }) => idsOf(receiver, name, fact)), logged };
  } finally {
    await receiver.stop();
    await redis?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeFacts({ api, web }: Running, experiment: string): Promise<void> {
  const alternatives = ["a", "b"];
  for (const [index, force] of alternatives.entries()) {
    const forced = { experiment, alternatives, force, record_force: "yes" };
    const clients = Array.from({ length: CLIENTS[index] ?? 0 }, (_, number) => `${force}${number}`);
    await post(`${api}/batch`, { calls: clients.map((client_id) => ({ participate: { ...forced, client_id } })) });
  }
  await post(`${web}/experiments/${experiment}/intake/`, { intake: "closed" });
}

async function post(url: string, body: object): Promise<void> {
  const headers = { "content-type": "application/json", accept: "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await response.text();
  if (response.status !== 200 || text.includes('"failed"')) throw new Error(`Expected ${url} done, got: ${text}`);
}

/** A dashboard that is read again and again, until its server is gone. */
async function keepOpen({ web }: Running, name: string, life: AbortSignal): Promise<void> {
  while (!life.aborted) {
    await read(`${web}/experiments/${name}/`).catch(() => {});
    await sleep(READ_EVERY_MS, undefined, { signal: life }).catch(() => {});
  }
}

async function read(url: string): Promise<string> {
  const headers = { accept: "text/html", connection: "close" };
  return (await fetch(url, { headers, signal: AbortSignal.timeout(30_000) })).text();
}

function idsOf({ received }: Receiver, name: string, fact: string): ReadonlySet<string> {
  const mine = received.filter(({ body }) => {
    const { type, data } = JSON.parse(body) as { type: string; data: { experiment: string } };
    return type === `sixpack.${fact}` && data.experiment === name;
  });
  return new Set(mine.map(({ headers }) => String(headers["webhook-id"])));
}

async function linesOf({ web }: Running, name: string, fact: FactKind): Promise<number> {
  const log = JSON.parse(await read(`${web}/activity.json?experiment=${name}`)) as { entries: { action: string }[] };
  return log.entries.filter(({ action }) => action === noticedAction(fact)).length;
}

function startTold(where: readonly string[], receiver: string): Promise<Running> {
  return startServer(where, {
    SIXPACK_CONFIG_WEBHOOKS: JSON.stringify([{ url: `${receiver}/`, events: FACTS }]),
    SIXPACK_CONFIG_WEBHOOK_PRIVATE_NETWORKS: "true",
  });
}
