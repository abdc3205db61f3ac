/**
 * `npm run bench:reports`: what a report costs, and what reports cost the API that shares their process.
 *
 *     npm run bench:reports              tables
 *     npm run bench:reports -- --json    only { "costs": [...], "api": [...] } on stdout
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { freePort, listening, load } from "./processes.ts";
import { measureCosts, quantile } from "./report-costs.ts";
import type { ReportTimes } from "./reports-server.ts";
import { orderFor } from "./workload.ts";

/** Requests under way at once: far from saturation, where p99 would only tell the length of the queue. */
const CONNECTIONS = 4;

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "5" },
  },
});

/** Where reports are computed while the API is measured: nowhere, in turns of its event loop, in a worker thread. */
const MODES = ["alone", "turns", "thread"] as const;
type Mode = (typeof MODES)[number];
const MODE_NAMES: Readonly<Record<Mode, string>> = {
  alone: "alone",
  turns: "reports in turns",
  thread: "reports in a thread",
};

const costs = measureCosts();
const api = await measureApi();
process.stdout.write(values.json ? `${JSON.stringify({ costs, api })}\n` : tables());

async function measureApi() {
  const port = await freePort();
  const child = fork(fileURLToPath(new URL("reports-server.ts", import.meta.url)), [String(port)], {
    execArgv: ["--import", "tsx"],
  });
  await listening(port, child);
  const order = orderFor(
    { port },
    { connections: CONNECTIONS, seconds: Number(values.seconds), newShare: 0.1, prefix: "r" },
  );
  await load({ ...order, warmUp: true });
  const rows: ApiRow[] = [];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const mode of MODES) {
      process.stderr.write(`round ${round + 1} of ${values.rounds}: API, ${MODE_NAMES[mode]}\n`);
      if (mode !== "alone") child.send(mode);
      const { perSecond, p50Ms, p99Ms } = await load({ ...order, prefix: `r${round}${mode}` });
      let perReportMs: number | null = null;
      if (mode !== "alone") {
        child.send("rest");
        const [times] = (await once(child, "message")) as [ReportTimes];
        perReportMs = (order.seconds * 1000) / Math.max(1, times.latenciesMs.length);
      }
      rows.push({ mode, perSecond, p50Ms, p99Ms, perReportMs });
    }
  }
  child.kill("SIGTERM");
  await once(child, "exit");
  return MODES.map((mode) => {
    const mine = rows.filter((row) => row.mode === mode);
    const median = (pick: (row: ApiRow) => number) => quantile(mine.map(pick), 0.5);
    return {
      mode,
      perSecond: median(({ perSecond }) => perSecond),
      p50Ms: median(({ p50Ms }) => p50Ms),
      p99Ms: median(({ p99Ms }) => p99Ms),
      perReportMs: mode === "alone" ? null : median(({ perReportMs }) => perReportMs ?? 0),
    };
  });
}

interface ApiRow {
  readonly mode: Mode;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly perReportMs: number | null;
}

function tables(): string {
  const fixed = (value: number, width: number): string => value.toFixed(2).padStart(width);
  const lines = ["Milliseconds of a report, arms × KPIs      median      p99   piece p99  longest   target"];
  for (const { name, medianMs, p99Ms, pieceP99Ms, pieceMaxMs, targetMs } of costs) {
    const target = targetMs === null ? "" : `< ${targetMs}`;
    lines.push(
      `${name.padEnd(40)}${fixed(medianMs, 9)}${fixed(p99Ms, 9)}${fixed(pieceP99Ms, 12)}${fixed(pieceMaxMs, 9)}${target.padStart(9)}`,
    );
  }
  lines.push("", "API                      requests/s   p50 ms   p99 ms   ms a report");
  for (const { mode, perSecond, p50Ms, p99Ms, perReportMs } of api) {
    lines.push(
      `${MODE_NAMES[mode].padEnd(23)}${perSecond.toFixed(0).padStart(12)}` +
        `${fixed(p50Ms, 9)}${fixed(p99Ms, 9)}${(perReportMs?.toFixed(2) ?? "").padStart(14)}`,
    );
  }
  return `${lines.join("\n")}\n`;
}
