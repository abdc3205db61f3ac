/** What the statistics engine costs by itself: processor time of a report, and of its longest piece. */
import {
  epochAdjustedPosteriors,
  floorFor,
  stoppingAdviceSteps,
  thompsonWeights,
} from "../../server/src/stats/bandit.ts";
import type { ReportInput } from "../../server/src/stats/input.ts";
import type { Steps } from "../../server/src/stats/steps.ts";
import { summarizeSteps } from "../../server/src/stats/summarize.ts";

export interface CostRow {
  readonly name: string;
  readonly medianMs: number;
  readonly p99Ms: number;
  /** Percentiles of the pieces between two pauses. */
  readonly pieceP99Ms: number;
  readonly pieceMaxMs: number;
  /** What a median shall stay below; `null` where nothing is asked. */
  readonly targetMs: number | null;
}

const REPEATS = 200;
const WARMUPS = 50;

/** Arms, KPIs, epochs, participants of all arms, target in milliseconds. */
const REPORTS = [
  [2, 1, 1, 2_000, 1],
  [2, 1, 1, 20_000, 1],
  [2, 1, 1, 50_000_000, 1],
  [6, 5, 1, 60_000, 40],
  [6, 5, 1, 50_000_000, 40],
  [6, 1, 300, 1_800_000, null],
  [99, 1, 1, 99_000, null],
] as const;

export function measureCosts(): CostRow[] {
  const reports = REPORTS.map(([arms, kpis, epochs, participants, targetMs]) => {
    const size = participants.toLocaleString("en");
    const name = `${arms} × ${kpis}, ${size}${epochs > 1 ? `, ${epochs} epochs` : ""}`;
    const perArm = Math.floor(participants / arms / epochs);
    return measure(name, targetMs, (repeat) => summarizeSteps(question(arms, kpis, epochs, perArm + repeat)));
  });
  return [
    ...reports,
    measure("weights of a bandit, 6 arms, 170 epochs", null, (repeat) => weights(repeat)),
    measure("advice to stop it", null, (repeat) => stoppingAdviceSteps(posteriors(repeat), 20)),
  ];
}

/** Counts differ in every repeat, so nothing can be remembered from the one before. */
function measure(name: string, targetMs: number | null, start: (repeat: number) => Steps<unknown>): CostRow {
  const totals: number[] = [];
  const pieces: number[] = [];
  for (let repeat = -WARMUPS; repeat < REPEATS; repeat += 1) {
    const steps = start(repeat + WARMUPS);
    let totalMs = 0;
    for (let done = false; !done; ) {
      const began = now();
      done = steps.next().done === true;
      const ended = now();
      // Neighbours on the machine are in the wall's time, compiler and collector threads in the processor's: the work is
      // at most the smaller of the two.
      const pieceMs = Math.min(ended.wallMs - began.wallMs, ended.cpuMs - began.cpuMs);
      totalMs += pieceMs;
      if (repeat >= 0) pieces.push(pieceMs);
    }
    if (repeat >= 0) totals.push(totalMs);
  }
  return {
    name,
    targetMs,
    medianMs: quantile(totals, 0.5),
    p99Ms: quantile(totals, 0.99),
    pieceP99Ms: quantile(pieces, 0.99),
    pieceMaxMs: pieces.reduce((longest, ms) => Math.max(longest, ms), 0),
  };
}

function now(): { readonly wallMs: number; readonly cpuMs: number } {
  const { user, system } = process.cpuUsage();
  return { wallMs: performance.now(), cpuMs: (user + system) / 1000 };
}

/** Rates from 5 % up, arms a few percent apart; epochs differ in weights, so that they can't be added up. */
function question(arms: number, kpis: number, epochs: number, perArm: number): ReportInput {
  const indices = (length: number): number[] => Array.from({ length }, (_, index) => index);
  const rate = (kpi: number, arm: number): number => Math.min(0.9, 0.05 * (1 + kpi) * (1 + (0.12 * arm) / arms));
  return {
    arms: indices(arms).map((arm) => ({ name: `arm ${arm}` })),
    kpis: indices(kpis).map((kpi) => ({ name: `kpi ${kpi}`, role: kpi === 0 ? "primary" : "secondary" })),
    epochs: indices(epochs).map((epoch) => ({
      weights: indices(arms).map((arm) => 1 + 0.1 * ((epoch + arm) % 3)),
      participants: indices(arms).map((arm) => perArm + arm * 3),
      kpis: indices(kpis).map((kpi) =>
        indices(arms).map((arm) => ({ conversions: Math.floor(perArm * rate(kpi, arm)) })),
      ),
    })),
    settings: { daysComplete: 14 },
  };
}

function posteriors(repeat: number) {
  const epochs = Array.from({ length: 170 }, (_, hour) => ({
    arms: Array.from({ length: 6 }, (_, arm) => {
      const n = 3_000 + repeat;
      return { n, x: Math.round(n * (0.05 + 0.0005 * arm) * (1 + 0.3 * Math.sin(hour / 4))) };
    }),
  }));
  return epochAdjustedPosteriors(epochs, [1, 1]);
}

function* weights(repeat: number): Steps<readonly number[]> {
  const known = posteriors(repeat);
  yield;
  return thompsonWeights(known, { goal: "earn", floor: floorFor(6) });
}

export function quantile(list: readonly number[], q: number): number {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
