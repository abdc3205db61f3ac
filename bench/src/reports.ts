/**
 * `npm run bench:reports`: what a report costs, and what reports cost the API that shares their process.
 *
 *     npm run bench:reports              tables
 *     npm run bench:reports -- --json    only { "reports": [...], "api": [...] } on stdout
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { ReportInput } from "../../server/src/stats/input.ts";
import { summarizeSteps } from "../../server/src/stats/summarize.ts";
import { freePort, listening, load } from "./processes.ts";
import type { ReportTimes } from "./reports-server.ts";

/** Requests under way at once: far from saturation, where p99 would only tell the length of the queue. */
const CONNECTIONS = 4;
const KNOWN_CLIENTS = 10_000;
const REPEATS = 200;

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "5" },
  },
});

interface ReportRow {
  readonly arms: number;
  readonly kpis: number;
  readonly participants: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  /** 99th percentile of the stretches without a pause for others. */
  readonly stepP99Ms: number;
  readonly stepMaxMs: number;
}

const reports = [
  [2, 1, 20_000],
  [2, 1, 50_000_000],
  [6, 5, 60_000],
  [6, 5, 50_000_000],
].map(([arms = 2, kpis = 1, participants = 0]) => measureReport(arms, kpis, participants));
const api = await measureApi();
process.stdout.write(values.json ? `${JSON.stringify({ reports, api })}\n` : tables());

/** Counts differ in every repeat, so nothing can be remembered from the one before. */
function measureReport(arms: number, kpis: number, participants: number): ReportRow {
  const totals: number[] = [];
  const steps: number[] = [];
  for (let repeat = -REPEATS / 4; repeat < REPEATS; repeat += 1) {
    const startMs = cpuMs();
    let stepMs = startMs;
    const ended = () => {
      const nowMs = cpuMs();
      if (repeat >= 0) steps.push(nowMs - stepMs);
      stepMs = nowMs;
    };
    for (const _ of summarizeSteps(question(arms, kpis, Math.floor(participants / arms), repeat))) ended();
    ended();
    if (repeat >= 0) totals.push(stepMs - startMs);
  }
  return {
    arms,
    kpis,
    participants,
    medianMs: quantile(totals, 0.5),
    p99Ms: quantile(totals, 0.99),
    stepP99Ms: quantile(steps, 0.99),
    stepMaxMs: Math.max(...steps),
  };
}

/** Processor time, compiler and garbage collector included: what neighbours on the machine do is not in it. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function question(arms: number, kpis: number, perArm: number, repeat: number): ReportInput {
  const numbers = Array.from({ length: arms }, (_, arm) => arm);
  const rate = (kpi: number, arm: number) => 0.05 * (1 + kpi) * (1 + 0.02 * arm);
  return {
    arms: numbers.map((arm) => ({ name: `arm ${arm}` })),
    kpis: Array.from({ length: kpis }, (_, kpi) => ({
      name: `kpi ${kpi}`,
      role: kpi === 0 ? ("primary" as const) : ("secondary" as const),
    })),
    epochs: [
      {
        weights: numbers.map(() => 1),
        participants: numbers.map((arm) => perArm + repeat + arm * 3),
        kpis: Array.from({ length: kpis }, (_, kpi) =>
          numbers.map((arm) => ({ conversions: Math.floor(perArm * rate(kpi, arm)) + (repeat % 7) })),
        ),
      },
    ],
    settings: { daysComplete: 14 },
  };
}

async function measureApi() {
  const port = await freePort();
  const child = fork(fileURLToPath(new URL("reports-server.ts", import.meta.url)), [String(port)], {
    execArgv: ["--import", "tsx"],
  });
  await listening(port, child);
  const order = {
    port,
    connections: CONNECTIONS,
    seconds: Number(values.seconds),
    path: "/participate?experiment=button&alternatives=red&alternatives=green&client_id=",
    knownClients: KNOWN_CLIENTS,
    newShare: 0.1,
    prefix: "r",
    warmUp: false,
  };
  await load({ ...order, warmUp: true });
  const rows: { reports: boolean; perSecond: number; p50Ms: number; p99Ms: number; perReportMs: number | null }[] = [];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const working of [false, true]) {
      process.stderr.write(`round ${round + 1} of ${values.rounds}: API ${working ? "with reports" : "alone"}\n`);
      if (working) child.send("work");
      const { perSecond, p50Ms, p99Ms } = await load({ ...order, prefix: `r${round}${working}` });
      let perReportMs: number | null = null;
      if (working) {
        child.send("rest");
        const [times] = (await once(child, "message")) as [ReportTimes];
        perReportMs = (order.seconds * 1000) / Math.max(1, times.latenciesMs.length);
      }
      rows.push({ reports: working, perSecond, p50Ms, p99Ms, perReportMs });
    }
  }
  child.kill("SIGTERM");
  await once(child, "exit");
  return [false, true].map((working) => {
    const mine = rows.filter(({ reports: with_ }) => with_ === working);
    const median = (pick: (row: (typeof rows)[number]) => number) => quantile(mine.map(pick), 0.5);
    return {
      reports: working,
      perSecond: median(({ perSecond }) => perSecond),
      p50Ms: median(({ p50Ms }) => p50Ms),
      p99Ms: median(({ p99Ms }) => p99Ms),
      perReportMs: working ? median(({ perReportMs }) => perReportMs ?? 0) : null,
    };
  });
}

function quantile(list: readonly number[], q: number): number {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

function tables(): string {
  const lines = ["Processor time of a report", "arms  kpis  participants  median ms   p99 ms   step p99 ms   longest"];
  for (const { arms, kpis, participants, medianMs, p99Ms, stepP99Ms, stepMaxMs } of reports) {
    lines.push(
      `${String(arms).padStart(4)}${String(kpis).padStart(6)}${participants.toLocaleString("en").padStart(14)}` +
        `${medianMs.toFixed(2).padStart(11)}${p99Ms.toFixed(2).padStart(9)}${stepP99Ms.toFixed(2).padStart(14)}${stepMaxMs.toFixed(2).padStart(10)}`,
    );
  }
  lines.push("", "API           requests/s   p50 ms   p99 ms   ms a report");
  for (const { reports: working, perSecond, p50Ms, p99Ms, perReportMs } of api) {
    lines.push(
      `${(working ? "with reports" : "alone").padEnd(14)}${perSecond.toFixed(0).padStart(10)}` +
        `${p50Ms.toFixed(2).padStart(9)}${p99Ms.toFixed(2).padStart(9)}${(perReportMs?.toFixed(2) ?? "").padStart(14)}`,
    );
  }
  return `${lines.join("\n")}\n`;
}
