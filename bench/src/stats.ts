/**
 * Statistics: how long a report takes without a cache, and the longest stretch for which it holds the event loop when
 * it is computed in slices. Run alone with `node --import tsx bench/src/stats.ts`.
 */
import { pathToFileURL } from "node:url";
import { epochAdjustedPosteriors, floorFor, thompsonWeights } from "../../server/src/stats/bandit.ts";
import type { ReportInput } from "../../server/src/stats/input.ts";
import { summarize, summarizeSteps } from "../../server/src/stats/summarize.ts";

export interface StatsRow {
  readonly name: string;
  readonly medianMs: number;
  readonly p99Ms: number;
  /** Median that the issue asks for; `null` where it asks for none. */
  readonly targetMs: number | null;
}

const PARTICIPANTS = [1e3, 1e6, 5e7] as const;
const WARMUPS = 30;

export function benchStats(): StatsRow[] {
  return PARTICIPANTS.flatMap((participants) => {
    const small = inputOf(2, 1, participants);
    const large = inputOf(6, 5, participants);
    const bandit = Array.from({ length: 48 }, (_, hour) => ({
      arms: Array.from({ length: 6 }, (_, arm) => armAt(participants / 48, arm, hour)),
    }));
    const allocate = (): unknown =>
      thompsonWeights(epochAdjustedPosteriors(bandit, [1, 1]), { goal: "earn", floor: floorFor(6) });
    const size = participants.toExponential(0);
    return [
      row(
        `report, 2 arms × 1 KPI, ${size} per arm`,
        1,
        timesOf(() => summarize(small), 500),
      ),
      row(
        `report, 6 arms × 5 KPIs, ${size} per arm`,
        40,
        timesOf(() => summarize(large), 100),
      ),
      row(`longest slice of the latter, ${size}`, 5, stretchesOf(large, 100)),
      row(`thompson weights, 6 arms, 48 epochs, ${size}`, 20, timesOf(allocate, 200)),
    ];
  });
}

function row(name: string, targetMs: number | null, timesMs: number[]): StatsRow {
  const sorted = timesMs.sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { name, targetMs, medianMs: at(0.5), p99Ms: at(0.99) };
}

function timesOf(work: () => unknown, times: number): number[] {
  for (let i = 0; i < WARMUPS; i++) work();
  return Array.from({ length: times }, () => {
    const startMs = performance.now();
    work();
    return performance.now() - startMs;
  });
}

/** The longest stretch between two pauses of each report. */
function stretchesOf(input: ReportInput, times: number): number[] {
  return Array.from({ length: times }, () => {
    let longestMs = 0;
    const steps = summarizeSteps(input);
    for (let done = false; !done; ) {
      const startMs = performance.now();
      done = steps.next().done === true;
      longestMs = Math.max(longestMs, performance.now() - startMs);
    }
    return longestMs;
  });
}

/** Rates from 2 % up, arms a few percent apart, as experiments are. */
function inputOf(arms: number, kpis: number, participants: number): ReportInput {
  const index = (length: number): number[] => Array.from({ length }, (_, i) => i);
  return {
    arms: index(arms).map((arm) => ({ name: `arm${arm}` })),
    kpis: index(kpis).map((kpi) => ({ name: `kpi${kpi}`, role: kpi === 4 ? "guardrail" : "secondary" })),
    epochs: [
      {
        weights: index(arms).map(() => 1),
        participants: index(arms).map(() => participants),
        kpis: index(kpis).map((kpi) =>
          index(arms).map((arm) => ({ conversions: Math.round(participants * (0.02 * (kpi + 1) + 0.001 * arm)) })),
        ),
      },
    ],
  };
}

function armAt(participants: number, arm: number, hour: number): { readonly n: number; readonly x: number } {
  const n = Math.max(1, Math.round(participants));
  return { n, x: Math.round(n * (0.05 + 0.001 * arm) * (1 + 0.3 * Math.sin(hour / 4))) };
}

function print(rows: readonly StatsRow[]): void {
  for (const { name, medianMs, p99Ms, targetMs } of rows) {
    const target = targetMs === null ? "" : `target < ${targetMs} ms`;
    const figures = `median ${medianMs.toFixed(2)} ms  p99 ${p99Ms.toFixed(2)} ms`;
    process.stdout.write(`${name.padEnd(48)} ${figures.padEnd(36)} ${target}\n`);
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) print(benchStats());
