/**
 * What calls wait while somebody has the list of 500 experiments open: the 99th percentile of calls at a steady rate, by
 * turns, to the built server alone, while its list is open, and while the list of another server is open on the same
 * machine, which shows what of it is the machine's; and to bare servers, one of which writes to disk. On the embedded
 * engine. The page is read again whenever it hears that something changed, about once a second.
 *
 *     node --import tsx bench/src/beside.ts --rate 2000 --new 0.1
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { median } from "./median.ts";
import { startBare } from "./processes.ts";
import { type Addresses, served } from "./served.ts";
import { SteadyLoad } from "./steady-load.ts";

const EXPERIMENTS = 500;
const CLIENTS = 40;
const CALLS_PER_BATCH = 100;
const TICK_MS = 1;
const WARM_UP_S = 3;
/** Calls a second to the other server, so that its list changes too. */
const OTHER_RATE = 20;

const { values } = parseArgs({
  options: {
    rate: { type: "string", default: "2000" },
    new: { type: "string", default: "0.1" },
    rounds: { type: "string", default: "7" },
    seconds: { type: "string", default: "5" },
  },
});
const newShare = Number(values.new);
const ratePerSecond = Number(values.rate);
const p99s = new Map<string, number[]>();

const folder = mkdtempSync(join(tmpdir(), "sixpack-beside-"));
const [bare, durable] = [await startBare(), await startBare("durable")];
try {
  await served([`data_dir=${join(folder, "one")}`], (_one, at) =>
    served([`data_dir=${join(folder, "other")}`], (_other, other) => measure(at, other)),
  );
} finally {
  await Promise.all([bare.stop(), durable.stop()]);
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(`p99 of ${values.rate} calls/s in ms, median, lowest and highest of ${values.rounds} rounds:\n`);
for (const [what, list] of p99s) {
  const figures = [median(list), Math.min(...list), Math.max(...list)].map((ms) => ms.toFixed(2).padStart(8));
  process.stdout.write(`${what.padEnd(44)}${figures.join("")}\n`);
}

async function measure(at: Addresses, other: Addresses): Promise<void> {
  await Promise.all([fill(at), fill(other)]);
  const loads = {
    bare: await started(bare.port, ratePerSecond),
    durable: await started(durable.port, ratePerSecond),
    sixpack: await started(portOf(at), ratePerSecond),
    other: await started(portOf(other), OTHER_RATE),
  };
  for (let round = 0; round < Number(values.rounds); round += 1) {
    await timed("a bare server", loads.bare);
    await timed("a bare server that writes to disk", loads.durable);
    await timed("Sixpack", loads.sixpack);
    for (const [what, { dashboard }] of [
      ["Sixpack, its list open", at],
      ["Sixpack, the list of another server open", other],
    ] as const) {
      const page = await openPage(dashboard);
      const stop = loads.other.start();
      await timed(what, loads.sixpack);
      stop();
      await page.close();
    }
  }
  for (const load of Object.values(loads)) load.end();
}

function portOf({ api }: Addresses): number {
  return Number(new URL(api).port);
}

async function fill({ api }: Addresses): Promise<void> {
  const calls = Array.from({ length: EXPERIMENTS * CLIENTS }, (_, number) => ({
    participate: {
      experiment: `experiment-${number % EXPERIMENTS}`,
      alternatives: ["a", "b"],
      client_id: `client-${Math.floor(number / EXPERIMENTS)}`,
    },
  }));
  for (let from = 0; from < calls.length; from += CALLS_PER_BATCH) {
    const body = JSON.stringify({ calls: calls.slice(from, from + CALLS_PER_BATCH) });
    const answer = await fetch(`${api}/batch`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    if (!answer.ok) throw new Error(`Expected a batch to be answered, got ${answer.status}: ${await answer.text()}`);
  }
}

/** A load that can be stopped, and goes on later where it was. */
interface PausedLoad {
  /** Sends what is due, until the function that it returns is called. */
  readonly start: () => () => void;
  readonly take: SteadyLoad["take"];
  readonly end: () => void;
}

async function started(port: number, rate: number): Promise<PausedLoad> {
  const load = new SteadyLoad(port, { ratePerSecond: rate, newShare });
  await load.start();
  let sentForMs = 0;
  const start = () => {
    const startedMs = performance.now() - sentForMs;
    const timer = setInterval(() => load.catchUp(performance.now() - startedMs), TICK_MS);
    return () => {
      clearInterval(timer);
      sentForMs = performance.now() - startedMs;
    };
  };
  const stop = start();
  await setTimeout(1_000 * WARM_UP_S);
  stop();
  return { start, take: () => load.take(), end: () => load.end() };
}

/** Keeps the 99th percentile of the next seconds. */
async function timed(what: string, load: PausedLoad): Promise<void> {
  const stop = load.start();
  load.take();
  await setTimeout(1_000 * Number(values.seconds));
  const { p99Ms, failed } = load.take();
  stop();
  if (failed > 0) throw new Error(`Expected answers, got ${failed} failures`);
  p99s.set(what, [...(p99s.get(what) ?? []), p99Ms]);
}

/** From when the page is shown. */
async function openPage(dashboard: string): Promise<{ readonly close: () => Promise<void> }> {
  const page = fork(new URL("open-page.ts", import.meta.url), [dashboard]);
  await once(page, "message");
  return {
    close: async () => {
      page.send("close");
      const [reads] = (await once(page, "message")) as [number];
      if (reads < Number(values.seconds) / 2)
        throw new Error(`Expected an open list to be read again, got ${reads} reads`);
    },
  };
}
