/**
 * Caps as they depend on data: whether values had come when one was set, and the percentile, which is taken once, over all
 * alternatives together, so that it depends neither on one of them nor on looks.
 */
import type { Experiment } from "../../domain/experiment.ts";
import { kpiNamed } from "../../domain/experiment-kpis.ts";
import { type Cap, type KpiDefinition, P99, type RawKpiSettings } from "../../domain/kpi-definition.ts";
import type { Day } from "../../domain/period.ts";
import { PARTICIPATION } from "../../domain/tally.ts";
import type { Store } from "../../store/store.ts";
import { isClientLink } from "../../store/transfer.ts";
import { changeDefinition } from "../change.ts";
import type { ServiceContext } from "../context.ts";
import { eachExperiment, type Failure } from "../each-experiment.ts";

/** How often a process looks for percentiles that can be taken, in milliseconds. */
export const CAPS_INTERVAL_MS = 600_000;

/** A percentile of fewer totals than this would be the largest of them, or nearly. */
const TOTALS_MIN = 100;

/** Days of which whole weeks are made, so that every day of the week is in it as often. */
const FIRST_DAYS = 7;

/** What was known of the totals of a KPI when its cap was set. */
export interface SeenTotals {
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

function withCap(experiment: Experiment, kpi: KpiDefinition, cap: Cap): Experiment {
  return { ...experiment, kpis: experiment.kpis.with(experiment.kpis.indexOf(kpi), { ...kpi, cap }) };
}

/**
 * Takes the percentiles that waited for data: after the first whole week, with totals enough.
 * @throws SixpackError store-unavailable: the experiments could not be listed
 */
export function settleCaps({ store, clock }: Pick<ServiceContext, "store" | "clock">): Promise<readonly Failure[]> {
  return eachExperiment(store, async (experiment) => {
    if (experiment.compacted === true) return;
    for (const [number, { cap, counts }] of experiment.kpis.entries()) {
      if (cap?.p99 !== true || cap.amount !== undefined) continue;
      if (!(await hasFirstWeek(store, experiment, clock.today()))) return;
      const amount = await percentileOf(store, experiment, number, counts);
      if (amount === null) continue;
      await changeDefinition(store, experiment.name, (stored) => {
        const kpi = stored.kpis[number];
        const isWaiting = stored.life === experiment.life && kpi?.cap?.p99 === true && kpi.cap.amount === undefined;
        return isWaiting ? withCap(stored, kpi, { ...kpi.cap, amount }) : stored;
      });
    }
  });
}

async function hasFirstWeek(store: Store, experiment: Experiment, today: Day): Promise<boolean> {
  const days = (await store.tallies.read(experiment)).flatMap(({ metric, slice }) =>
    metric === PARTICIPATION && slice.kind === "day" ? [slice.day] : [],
  );
  return days.some((day) => day <= today - FIRST_DAYS);
}

/**
 * The smallest total that 99 of 100 of those who reached the KPI don't go beyond; `null` where there are too few of them,
 * or it is no amount above 0.
 */
async function percentileOf(
  store: Store,
  experiment: Experiment,
  number: number,
  counts: string | undefined,
): Promise<number | null> {
  const amount = counts === "events" ? "events" : "total";
  const totals: number[] = [];
  for await (const batch of store.transfer.exportRecords(experiment, () => {})) {
    for (const stored of batch) {
      if (isClientLink(stored) || stored.assignment.kind === "excluded") continue;
      for (const { kpi, ...did } of stored.conversions) if (kpi === number) totals.push(did[amount]);
    }
  }
  if (totals.length < TOTALS_MIN) return null;
  const sorted = Float64Array.from(totals).sort();
  const percentile = sorted[Math.ceil(0.99 * sorted.length) - 1] ?? 0;
  return percentile > 0 ? percentile : null;
}
