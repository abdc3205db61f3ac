/** Whether a soak's minutes are flat. */
import { median } from "./median.ts";

export interface Minute {
  /** Memory that no file stands behind, the least of the minute. */
  readonly ownMiB: number;
  readonly heapMiB: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
}

/**
 * Most growth per minute that still counts as flat, as a share of the median: at half a per cent a leak of 0.5 MiB a minute
 * shows in a process of 100 MiB, and the jitter of collections of garbage does not.
 */
const GROWTH_MAX = 0.005;
/** The same of the 50th percentile of latency, which a shared machine moves more. */
const LATENCY_GROWTH_MAX = 0.05;

const ownMiB = (minute: Minute): number => minute.ownMiB;

export interface Verdict {
  readonly flat: boolean;
  readonly reasons: readonly string[];
}

/** Judges the second half: the first is the time to warm up. */
export function judge(minutes: readonly Minute[]): Verdict {
  const judged = minutes.slice(Math.floor(minutes.length / 2));
  // Heap is a part of it, so its growth is a share of the same whole.
  const memoryMiB = median(judged.map(ownMiB));
  const p50Ms = judged.map((minute) => minute.p50Ms);
  const failed = minutes.reduce((sum, minute) => sum + minute.failed, 0);
  const lines = [
    growth("own memory", "MiB", judged.map(ownMiB), memoryMiB, GROWTH_MAX),
    growth(
      "heap",
      "MiB",
      judged.map(({ heapMiB }) => heapMiB),
      memoryMiB,
      GROWTH_MAX,
    ),
    growth("p50", "ms", p50Ms, median(p50Ms), LATENCY_GROWTH_MAX),
    { flat: failed === 0, reason: `${failed} calls failed` },
  ];
  return { flat: lines.every(({ flat }) => flat), reasons: lines.map(({ reason }) => reason) };
}

function growth(name: string, unit: string, values: readonly number[], whole: number, max: number) {
  const perMinute = slope(values);
  const share = perMinute / whole;
  const text = `${perMinute >= 0 ? "+" : ""}${perMinute.toFixed(3)} ${unit}`;
  // With less than three points there is no slope to speak of.
  const flat = values.length >= 3 && share <= max;
  return { flat, reason: `${name} ${text} a minute (${(100 * share).toFixed(2)} %, at most ${100 * max} %)` };
}

/** Median of the slopes between all pairs (Theil and Sen), which a single collection of garbage does not move. */
function slope(values: readonly number[]): number {
  const slopes = values.flatMap((value, index) =>
    values.slice(index + 1).map((later, distance) => (later - value) / (distance + 1)),
  );
  return slopes.length === 0 ? 0 : median(slopes);
}
