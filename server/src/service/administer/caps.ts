/**
 * Caps as they depend on data: whether values had come when one was set, and the percentile, which is taken once, over all
 * alternatives together, so that it depends neither on one of them nor on looks.
 */
import type { Experiment } from "../../domain/experiment.ts";
import { kpiNamed } from "../../domain/experiment-kpis.ts";
import { type Cap, type KpiDefinition, P99, type RawKpiSettings } from "../../domain/kpi-definition.ts";
import { nextTurn } from "../../lib/next-turn.ts";
import type { Store } from "../../store/store.ts";

/** A percentile of fewer totals than this would be the largest of them, or nearly. */
const TOTALS_MIN = 100;
/** Sorted in at a time: milliseconds, with the hundredth of five million that is kept. */
const NUMBERS_PER_TURN = 20_000;

/** What was known of the totals of a KPI when its cap was set. */
interface SeenTotals {
  /** Of the life in which they were seen. */
  readonly life: number | null;
  readonly any: boolean;
  /** The 99th percentile; `null` where it wasn't asked for, or there are too few. */
  readonly p99: number | null;
}

export const NOTHING_SEEN: SeenTotals = { life: null, any: false, p99: null };

/** @param kpi its name as sent; empty for the default one. @param settings what is said of it together with the cap */
export async function seenTotals(
  store: Store,
  name: string,
  kpi: string,
  settings: RawKpiSettings,
): Promise<SeenTotals> {
  const experiment = await store.definitions.read(name);
  const number =
    experiment === undefined ? -1 : experiment.kpis.findIndex((one) => one.name === (kpi === "" ? null : kpi));
  if (experiment === undefined || number === -1) return NOTHING_SEEN;
  const tallies = await store.tallies.read(experiment);
  const any = tallies.some(({ metric, events }) => metric === number && events !== 0);
  const counts = settings.counts?.trim() || experiment.kpis[number]?.counts;
  const p99 = any && settings.cap?.trim() === P99 ? await percentileOf(store, experiment, number, counts) : null;
  return { life: experiment.life, any, p99 };
}

/** The definition in which a cap that is new says what was seen when it was set. */
export function withCapAsSeen(before: Experiment, next: Experiment, name: string | null, seen: SeenTotals): Experiment {
  const kpi = kpiNamed(next, name);
  // After a reset in between there are no data yet.
  if (kpi?.cap === undefined || kpi.cap === kpiNamed(before, name)?.cap || seen.life !== next.life) return next;
  const late = seen.any ? { late: true as const } : {};
  return withCap(next, kpi, { ...kpi.cap, ...(seen.p99 === null ? {} : { amount: seen.p99 }), ...late });
}

/** @param kpi one of its KPIs */
export function withCap(experiment: Experiment, kpi: KpiDefinition, cap: Cap): Experiment {
  return { ...experiment, kpis: experiment.kpis.with(experiment.kpis.indexOf(kpi), { ...kpi, cap }) };
}

/**
 * The smallest total that 99 of 100 of those who reached the KPI don't go beyond; `null` where there are too few of them,
 * or it is no amount above 0.
 */
export async function percentileOf(
  store: Store,
  experiment: Experiment,
  number: number,
  counts: string | undefined,
): Promise<number | null> {
  const amount = counts === "events" ? "events" : "total";
  const totals: number[] = [];
  for await (const batch of store.transfer.exportConverted(experiment, () => {})) {
    for (const { assignment, conversions } of batch) {
      if (assignment.kind === "excluded") continue;
      for (const did of conversions) if (did.kpi === number) totals.push(did[amount]);
    }
  }
  if (totals.length < TOTALS_MIN) return null;
  const percentile = await nthLargest(totals, totals.length - Math.ceil(0.99 * totals.length) + 1);
  return percentile > 0 ? percentile : null;
}

/**
 * What would stand at place `nth`, from 1 on, were all sorted from the largest on. Sorting millions in one turn of the event
 * loop would hold up calls for half a second.
 * @param nth at most as many as there are
 */
export async function nthLargest(numbers: readonly number[], nth: number): Promise<number> {
  let largest = new Float64Array(0);
  for (let start = 0; start < numbers.length; start += NUMBERS_PER_TURN) {
    const least = largest.length < nth ? Number.NEGATIVE_INFINITY : (largest[0] ?? 0);
    const more = numbers.slice(start, start + NUMBERS_PER_TURN).filter((number) => number > least);
    const all = new Float64Array(largest.length + more.length);
    all.set(largest);
    all.set(more, largest.length);
    largest = all.sort().subarray(Math.max(0, all.length - nth));
    await nextTurn();
  }
  return largest[0] ?? Number.NaN;
}
