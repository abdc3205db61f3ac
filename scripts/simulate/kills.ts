/**
 * A server that is killed a hundred times while it has something to tell: `sixpack start` as built, a folder, and a real
 * receiver. A winner is set, the server is killed at a random moment, and the next one goes on; in the end each fact must
 * have arrived under one id, and stand in the log once.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { seededRandom } from "../../server/src/stats/random.ts";
import { Receiver } from "../../server/test/support/receiver.ts";
import { below, near, type Target } from "./target.ts";

const KILLS = 100;
/** Servers side by side, each with a folder of its own. */
const LANES = 4;
/** A fact is noticed within ten seconds and told within five more; kills come before, between and after. */
const LIFE_MS_MAX = 16_000;
/** Longest that the last one may take to tell what is left, in milliseconds. */
const REST_MS_MAX = 150_000;

export async function kills(): Promise<Target[]> {
  const lanes = await Promise.all(Array.from({ length: LANES }, (_, lane) => play(lane)));
  const facts = lanes.flatMap(({ ids }) => ids);
  const lines = lanes.flatMap(({ logged }) => logged);
  return [
    near(`facts of ${KILLS} kills that arrived`, facts.filter((ids) => ids.size > 0).length / KILLS, 1, 0),
    below(
      "ids beyond one for a fact",
      facts.reduce((sum, ids) => sum + Math.max(0, ids.size - 1), 0),
      0,
      String,
    ),
    below("lines of the log missing, or beyond one for a fact", lines.filter((count) => count !== 1).length, 0, String),
  ];
}

async function play(lane: number) {
  const random = seededRandom(19, lane);
  const folder = await mkdtemp(join(tmpdir(), "sixpack-kills-"));
  const receiver = await Receiver.start();
  const names = Array.from({ length: KILLS / LANES }, (_, number) => `lane-${lane}-${number}`);
  try {
    for (const name of names) {
      const { child, api, web } = await startServer(folder, receiver.url);
      await fetch(`${api}/participate?experiment=${name}&alternatives=a&alternatives=b&client_id=1`);
      const winner = new URLSearchParams({ alternative_name: "a" });
      await fetch(`${web}/experiments/${name}/winner/`, { method: "POST", body: winner, redirect: "manual" });
      await sleep(random() * LIFE_MS_MAX);
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    const { child, web } = await startServer(folder, receiver.url);
    const untilMs = performance.now() + REST_MS_MAX;
    while (names.some((name) => idsOf(receiver, name).size === 0) && performance.now() < untilMs) await sleep(1_000);
    // Those that were being sent when their server died are sent again a minute later.
    await sleep(70_000);
    const logged = await Promise.all(names.map((name) => linesOf(web, name)));
    child.kill("SIGTERM");
    await once(child, "exit");
    return { ids: names.map((name) => idsOf(receiver, name)), logged };
  } finally {
    await receiver.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function idsOf({ received }: Receiver, name: string): ReadonlySet<string> {
  const mine = received.filter(
    ({ body }) => (JSON.parse(body) as { data: { experiment: string } }).data.experiment === name,
  );
  return new Set(mine.map(({ headers }) => String(headers["webhook-id"])));
}

async function linesOf(web: string, name: string): Promise<number> {
  const page = await (await fetch(`${web}/activity?experiment=${name}`, { headers: { accept: "text/html" } })).text();
  return page.split("noticed: winner set").length - 1;
}

async function startServer(folder: string, receiver: string) {
  const bin = fileURLToPath(new URL("../../server/bin/sixpack.js", import.meta.url));
  const args = [bin, "start", "--port", "0", "--web-port", "0", "--set", `data_dir=${folder}`];
  const child = spawn(process.execPath, [...args, "--set", "csrf_disable=true"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      SIXPACK_CONFIG_WEBHOOKS: JSON.stringify([{ url: `${receiver}/`, events: ["winner-set"] }]),
      SIXPACK_CONFIG_WEBHOOK_PRIVATE_NETWORKS: "true",
    },
  });
  const said = { out: "", err: "" };
  child.stderr.on("data", (chunk: Buffer) => {
    said.err += chunk;
  });
  for await (const chunk of child.stdout) {
    said.out += chunk;
    const [, api, web] = /API +(\S+)\s+Dashboard +(\S+)/.exec(said.out) ?? [];
    if (api === undefined || web === undefined) continue;
    child.stdout.resume();
    return { child, api, web };
  }
  throw new Error(`Expected a server, got: ${said.err}`);
}
