/**
 * `npm run soak`: the built server under a steady rate for minutes; a line a minute, and at the end whether memory and
 * latency are flat. Exit code 1 if they are not.
 *
 *     npm run soak -- --minutes 10 --rate 2000 --engine embedded --new 0.1
 *
 * An open loop: calls leave by the clock, whether or not answers come, so a server that falls behind shows it in latency
 * and in the calls under way. One call in eleven is a conversion. The first half is the time to warm up; the second is judged.
 */
import { parseArgs } from "node:util";
import { ENGINES, type Running, startSixpack } from "./processes.ts";
import { SteadyLoad } from "./steady-load.ts";
import { judge, type Minute } from "./verdict.ts";

/** What is due goes out this much late at most. */
const TICK_MS = 1;
const SAMPLE_MS = 2_000;
const MINUTE_MS = 60_000;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    rate: { type: "string", default: "2000" },
    new: { type: "string", default: "0.1" },
    engine: { type: "string", default: "embedded" },
  },
});
const engine = ENGINES.find((name) => name === values.engine);
if (engine === undefined) throw new Error(`Expected --engine as one of ${ENGINES.join(", ")}, got ${values.engine}`);
const minutes = Number(values.minutes);
const rate = Number(values.rate);
const newShare = Number(values.new);

/** What the process itself says at `/metrics`, in MiB. */
async function heapMiB({ port }: Running): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(/^nodejs_heap_size_used_bytes (\S+)/m.exec(text)?.[1] ?? Number.NaN) / 2 ** 20;
}

const HEADINGS = [
  "minute",
  "calls",
  "under way",
  "refused",
  "failed",
  "p50 ms",
  "p99 ms",
  "RSS MiB",
  "own MiB",
  "heap MiB",
];

function line(cells: readonly string[]): string {
  return `${cells.map((cell, index) => cell.padStart(HEADINGS[index]?.length ?? 0)).join("  ")}\n`;
}

const server = await startSixpack(engine);
const load = new SteadyLoad(server.port, { ratePerSecond: rate, newShare });
const finished: Minute[] = [];
process.stdout.write(`${engine}, ${rate} calls/s, ${newShare * 100} % new clients, ${minutes} minutes\n`);
process.stdout.write(line(HEADINGS));
try {
  await load.start();
  const startedMs = performance.now();
  let rss: number[] = [];
  let own: number[] = [];
  let heap: number[] = [];
  let sampledMs = 0;
  for (let elapsedMs = 0; finished.length < minutes; elapsedMs = performance.now() - startedMs) {
    load.catchUp(elapsedMs);
    if (elapsedMs >= sampledMs + SAMPLE_MS) {
      sampledMs = elapsedMs;
      rss.push(server.ownMemoryMiB());
      own.push(server.ownAnonymousMiB());
      heap.push(await heapMiB(server));
    }
    if (elapsedMs >= (finished.length + 1) * MINUTE_MS) {
      const { calls, underWay, refused, ...counts } = load.take();
      // The least of a minute: between two collections of garbage memory only grows.
      const minute: Minute = {
        ownMiB: Math.min(...own),
        heapMiB: Math.min(...heap),
        ...counts,
      };
      finished.push(minute);
      const figures = [minute.p50Ms, minute.p99Ms].map((value) => value.toFixed(2));
      const memory = [Math.min(...rss), minute.ownMiB, minute.heapMiB].map((value) => value.toFixed(1));
      process.stdout.write(
        line([
          String(finished.length),
          ...[calls, underWay, refused, minute.failed].map(String),
          ...figures,
          ...memory,
        ]),
      );
      [rss, own, heap] = [[], [], []];
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
} finally {
  load.end();
  await server.stop();
}
const { flat, reasons } = judge(finished);
process.stdout.write(`${flat ? "flat" : "NOT FLAT"}: ${reasons.join("; ")}\n`);
process.exitCode = flat ? 0 : 1;
