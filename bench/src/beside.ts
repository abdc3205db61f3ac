/**
 * What calls wait while somebody has the list of 500 experiments open: their 99th percentile in turns without and with the
 * page, which is read again whenever it hears that something changed. Of the built server, on the embedded engine, at a
 * steady rate of calls. All are conversions and known and new clients of one experiment, so that the list always changes.
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
import { type Addresses, served } from "./served.ts";
import { SteadyLoad } from "./steady-load.ts";

const EXPERIMENTS = 500;
const CLIENTS = 40;
const CALLS_PER_BATCH = 100;
const TICK_MS = 1;

const { values } = parseArgs({
  options: {
    rate: { type: "string", default: "2000" },
    new: { type: "string", default: "0.1" },
    rounds: { type: "string", default: "7" },
    seconds: { type: "string", default: "5" },
  },
});

const folder = mkdtempSync(join(tmpdir(), "sixpack-beside-"));
try {
  await served([`data_dir=${folder}`], async (_server, at) => {
    await fill(at);
    const load = new SteadyLoad(Number(new URL(at.api).port), {
      ratePerSecond: Number(values.rate),
      newShare: Number(values.new),
    });
    await load.start();
    const sending = startSending(load);
    await measured(load);
    const [alone, beside, reads]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < Number(values.rounds); round += 1) {
      alone.push(await measured(load));
      const page = await openPage(at);
      beside.push(await measured(load));
      reads.push(await page.close());
    }
    sending.stop();
    load.end();
    const figures = [median(alone), median(beside)].map((ms) => ms.toFixed(2));
    process.stdout.write(
      `p99 of ${values.rate} calls/s: ${figures[0]} ms alone, ${figures[1]} ms beside the list of ${EXPERIMENTS}, ` +
        `read ${median(reads)} times in ${values.seconds} s\n`,
    );
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
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

/** Sends what is due, until it is stopped. */
function startSending(load: SteadyLoad): { readonly stop: () => void } {
  const startedMs = performance.now();
  const timer = setInterval(() => load.catchUp(performance.now() - startedMs), TICK_MS);
  return { stop: () => clearInterval(timer) };
}

/** The 99th percentile of the next seconds. */
async function measured(load: SteadyLoad): Promise<number> {
  load.take();
  await setTimeout(1_000 * Number(values.seconds));
  const { p99Ms, failed } = load.take();
  if (failed > 0) throw new Error(`Expected answers, got ${failed} failures`);
  return p99Ms;
}

/** From when the page is shown. */
async function openPage({ dashboard }: Addresses): Promise<{ readonly close: () => Promise<number> }> {
  const page = fork(new URL("open-page.ts", import.meta.url), [dashboard]);
  await once(page, "message");
  return {
    close: async () => {
      page.send("close");
      const [reads] = (await once(page, "message")) as [number];
      return reads;
    },
  };
}
