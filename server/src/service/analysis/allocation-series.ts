/**
 * The intended share of each alternative at even steps of time, for a chart. A bandit may change shares every minute,
 * so a young experiment has finer steps than days. Pure.
 */
import type { Clock } from "../../domain/clock.ts";
import { wasActive } from "../../domain/epochs.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { Day } from "../../domain/period.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../lib/time.ts";
import { sharesIn } from "./allocation.ts";
import type { Days } from "./days.ts";

export interface AllocationSeries {
  /** Rising, `stepMs` apart but for the last one, which is where the data end. Empty before the first participant. */
  readonly momentsMs: readonly number[];
  readonly stepMs: number;
  /** Per alternative, its intended share at each moment; `null` while it took no clients. */
  readonly shares: readonly (readonly (number | null)[])[];
}

/** Most moments: more would fit neither a chart nor a table that is read. */
export const MOMENTS_MAX = 121;

/** Steps that clocks and calendars have. */
const STEPS_MS = [
  MINUTE_MS,
  5 * MINUTE_MS,
  15 * MINUTE_MS,
  HOUR_MS,
  3 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
  DAY_MS,
  7 * DAY_MS,
  28 * DAY_MS,
];

export function allocationOverTime(
  experiment: Experiment,
  { first, last }: Pick<Days, "first" | "last">,
  clock: Clock,
): AllocationSeries {
  if (first === null || last === null)
    return { momentsMs: [], stepMs: DAY_MS, shares: experiment.alternatives.map(() => []) };
  const momentsMs: number[] = [];
  const { startMs, endMs } = spanOf(experiment, first, last, clock);
  const stepMs =
    STEPS_MS.find((step) => (endMs - startMs) / step <= MOMENTS_MAX - 2) ?? (endMs - startMs) / (MOMENTS_MAX - 2);
  // Steps fall on whole hours and days, which are easier to read than the odd moment at which the experiment began.
  for (let atMs = Math.floor(startMs / stepMs) * stepMs; atMs < endMs; atMs += stepMs) momentsMs.push(atMs);
  momentsMs.push(endMs);
  const epochs = epochsAt(experiment, momentsMs);
  const perEpoch = new Map([...new Set(epochs)].map((epoch) => [epoch, sharesIn(experiment, epoch)]));
  const shares = experiment.alternatives.map((alternative, index) =>
    epochs.map((epoch) => (wasActive(alternative, epoch) ? (perEpoch.get(epoch)?.[index] ?? null) : null)),
  );
  return { momentsMs, stepMs, shares };
}

/** From the first participants to the last, as nearly as days and epochs tell. */
function spanOf({ epochs }: Experiment, first: Day, last: Day, clock: Clock) {
  const nowMs = clock.nowMs();
  const createdMs = epochs[0]?.startedAtMs ?? 0;
  const startMs = first === clock.dayAt(createdMs) ? createdMs : startOf(first, clock);
  const changedMs = epochs.at(-1)?.startedAtMs ?? 0;
  // The series ends now, even if something was recorded for a future day.
  const endMs = Math.max(
    Math.min(startOf((last + 1) as Day, clock), nowMs),
    Math.min(changedMs, nowMs),
    startMs + MINUTE_MS,
  );
  return { startMs, endMs };
}

/** When a day begins in the server's calendar; where that night has no midnight, within an hour of it. */
function startOf(day: Day, { offsetAt }: Clock): number {
  return day * DAY_MS - offsetAt(day * DAY_MS);
}

/** The epoch in force at each moment; before the first one it is the first. */
function epochsAt({ epochs }: Experiment, momentsMs: readonly number[]): readonly number[] {
  let epoch = 0;
  return momentsMs.map((atMs) => {
    while ((epochs[epoch + 1]?.startedAtMs ?? Number.POSITIVE_INFINITY) <= atMs) epoch += 1;
    return epoch;
  });
}
