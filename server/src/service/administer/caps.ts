/**
 * Caps as they depend on data: whether values had come when one was set, and the percentile, which is taken once, over all
 * alternatives together, so that it depends neither on one of them nor on looks.
 */
import type { Experiment } from "../../domain/experiment.ts";
import { kpiNamed } from "../../domain/experiment-kpis.ts";
import {
  awaitsPercentile,
  type Cap,
  type KpiDefinition,
  type RawKpiSettings,
  withSettings,
} from "../../domain/kpi-definition.ts";
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
  /** The 99th percentile, and of what; `null` where it wasn't asked for, or there are too few. */
  readonly p99: { readonly of: Amount; readonly amount: number } | null;
}

/** What a cap is of: the total of a client's values, or the number of its conversions. */
type Amount = "total" | "events";

export function amountOf({ counts }: Pick<KpiDefinition, "counts">): Amount {
  return counts === "events" ? "events" : "total";
}

const NOTHING_SEEN: SeenTotals = { life: null, any: false, p99: null };

/** @param kpi its name as sent; empty for the default one. @param settings what is said of it */
export async function seenTotals(
  store: Store,
  name: string,
  kpi: string,
  settings: RawKpiSettings,
): Promise<SeenTotals> {
  const experiment = await store.definitions.read(name);
  const number = experiment?.kpis.findIndex((one) => one.name === (kpi === "" ? null : kpi)) ?? -1;
  const before = experiment?.kpis[number];
  if (experiment === undefined || before === undefined) return NOTHING_SEEN;
  // What it counts may change with its cap: the percentile is of what it counts then.
  const next = withSettings(before, settings);
  if (next.cap === undefined || next.cap === before.cap) return NOTHING_SEEN;
  const tallies = await store.tallies.read(experiment);
  const any = tallies.some(({ metric }) => metric === number);
  const of = amountOf(next);
  const amount = any && awaitsPercentile(next) ? await percentileOf(store, experiment, number, of) : null;
  return { life: experiment.life, any, p99: amount === null ? null : { of, amount } };
}

/** The definition in which a cap that is new says what was seen when it was set. */
export function withCapAsSeen(before: Experiment, next: Experiment, name: string | null, seen: SeenTotals): Experiment {
  const kpi = kpiNamed(next, name);
  // After a reset in between there are no data yet.
  if (kpi?.cap === undefined || kpi.cap === kpiNamed(before, name)?.cap || seen.life !== next.life) return next;
  const late = seen.any ? { late: true as const } : {};
  // Somebody else may have changed meanwhile what it counts: the percentile is taken later then.
  const taken = awaitsPercentile(kpi) && seen.p99?.of === amountOf(kpi) ? { amount: seen.p99.amount } : {};
  return withCap(next, kpi, { ...kpi.cap, ...taken, ...late });
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
  of: Amount,
): Promise<number | null> {
  const totals: number[] = [];
  for await (const batch of store.transfer.exportConverted(experiment, () => {})) {
    for (const { assignment, conversions } of batch) {
      if (assignment.kind === "excluded") continue;
      for (const did of conversions) if (did.kpi === number) totals.push(did[of]);
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
