/**
 * A hundred thousand random links on an engine, by servers that are killed while they write: of two ids both unknown, one
 * known or both, in chains and in conflict, between participations and conversions. Afterwards the records have to confirm
 * every tally, and what was acknowledged has to hold.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { type Random, seededRandom } from "../../server/src/stats/random.ts";
import { RedisServer } from "../../server/test/support/redis-server.ts";
import { BIN, type Running, startServer } from "./started-server.ts";
import { below, type Target } from "./target.ts";

const LINKS = 100_000;
const KILLS = 20;
/** Longest that a server lives before it is killed, in milliseconds. */
const LIFE_MS_MAX = 1_500;
/** Few enough that ids are met again and again, and form chains. */
const IDS = 150_000;
const CALLS = 100;
/** Batches under way at once. */
const LANES = 4;
const ALTERNATIVES = ["a", "b"];
const CHECKED = 5_000;

export async function killedLinks(engine: "embedded" | "redis"): Promise<Target[]> {
  if (engine === "redis") {
    const redis = await RedisServer.start();
    return play(engine, ["--set", `redis_socket=${redis.socketPath}`]).finally(() => redis.stop());
  }
  const folder = await mkdtemp(join(tmpdir(), "sixpack-links-"));
  return play(engine, ["--set", `data_dir=${folder}`]).finally(() => rm(folder, { recursive: true, force: true }));
}

type Pair = readonly [id: string, previous: string];

async function play(engine: string, where: readonly string[]): Promise<Target[]> {
  const random = seededRandom(17, engine.length);
  const linked: Pair[] = [];
  let kills = 0;
  while (linked.length < LINKS || kills < KILLS) {
    const server = await startServer(where, {});
    const life = { over: false };
    const lanes = Array.from({ length: LANES }, () => send(server, random, linked, life));
    // The last life takes what is left.
    if (kills < KILLS) await sleep(random() * LIFE_MS_MAX);
    else await untilAll(linked);
    await server.kill();
    life.over = true;
    await Promise.all(lanes);
    kills += 1;
  }
  const doctor = await promisify(execFile)(process.execPath, [BIN, "doctor", "--records", ...where], {
    maxBuffer: 1 << 24,
  }).then(
    ({ stdout }) => ({ faults: 0, stdout }),
    (error: { stdout?: string }) => ({ faults: 1, stdout: error.stdout ?? "" }),
  );
  if (doctor.faults > 0) process.stderr.write(doctor.stdout);
  const server = await startServer(where, {});
  const apart = await countApart(server, linked, random);
  await server.kill();
  const told = `${engine}, ${linked.length.toLocaleString("en")} links acknowledged, ${kills} kills`;
  return [
    below(`${told}: faults that doctor --records finds`, doctor.faults, 0, String),
    below(
      `${engine}: of ${CHECKED.toLocaleString("en")} linked pairs, those that see two alternatives`,
      apart,
      0,
      String,
    ),
  ];
}

async function untilAll(linked: readonly Pair[]): Promise<void> {
  while (linked.length < LINKS) await sleep(50);
}

/** Batches one after the other until the server is gone; what it acknowledged is added to `linked`. */
async function send(server: Running, random: Random, linked: Pair[], life: { readonly over: boolean }): Promise<void> {
  const someone = (): string => `id-${Math.floor(random() * IDS)}`;
  while (!life.over) {
    const pairs = new Map<number, Pair>();
    const calls = Array.from({ length: CALLS }, (_, at) => {
      const kind = random();
      const visitor = { experiment: "links", client_id: someone() };
      if (kind < 0.3) return { participate: { ...visitor, alternatives: ALTERNATIVES } };
      if (kind < 0.5) return { convert: { ...visitor, kpi: "paid", value: Math.floor(random() * 100) } };
      const previous = someone();
      pairs.set(at, [visitor.client_id, previous]);
      return { participate: { ...visitor, alternatives: ALTERNATIVES, previous_id: previous } };
    });
    const answers = await batch(server, calls);
    if (answers === undefined) return;
    for (const [at, pair] of pairs) if (answers[at]?.status === "ok") linked.push(pair);
  }
}

/** `undefined` once the server is gone. */
async function batch({ api }: Running, calls: readonly object[]): Promise<readonly Answered[] | undefined> {
  const headers = { "content-type": "application/json" };
  try {
    const response = await fetch(`${api}/batch`, { method: "POST", headers, body: JSON.stringify({ calls }) });
    const { answers } = (await response.json()) as { readonly answers: readonly Answered[] };
    return answers;
  } catch {
    return undefined;
  }
}

interface Answered {
  readonly status: string;
  readonly alternative?: { readonly name: string };
}

async function countApart(server: Running, linked: readonly Pair[], random: Random): Promise<number> {
  let apart = 0;
  for (let checked = 0; checked < CHECKED; checked += CALLS / 2) {
    const pairs = Array.from({ length: CALLS / 2 }, () => linked[Math.floor(random() * linked.length)] ?? ["", ""]);
    const calls = pairs.flat().map((client_id) => ({
      participate: { experiment: "links", client_id, alternatives: ALTERNATIVES },
    }));
    const seen = (await batch(server, calls)) ?? [];
    for (const at of pairs.keys()) {
      const [one, other] = [seen[2 * at], seen[2 * at + 1]].map((answer) => answer?.alternative?.name);
      if (one === undefined || one !== other) apart += 1;
    }
  }
  return apart;
}
