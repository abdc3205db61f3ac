/**
 * Takes the percentiles of caps that waited for data, each once: after the first whole week, with totals enough. One process
 * does this for all, by a lease, because it walks the records.
 */
import type { Experiment } from "../domain/experiment.ts";
import { awaitsPercentile } from "../domain/kpi-definition.ts";
import { takeCap } from "./administer/acts/kpi-settings.ts";
import { amountOf, percentileOf } from "./administer/caps.ts";
import { daysOf } from "./analysis/days.ts";
import type { ServiceContext } from "./context.ts";
import { eachExperiment, type Failure } from "./each-experiment.ts";
import { countsNow } from "./stored-tallies.ts";

/** How often a process looks for percentiles that can be taken, in milliseconds. */
export const CAPS_INTERVAL_MS = 600_000;

/** How long a process may take before another may, in milliseconds. */
const LEASE_MS = CAPS_INTERVAL_MS;

/** Whole weeks, so that every day of the week is in it as often. */
const FIRST_DAYS = 7;

type CapContext = Pick<ServiceContext, "store" | "clock">;

/** One round of one process; does nothing if another one is at it. @throws SixpackError store-unavailable */
export async function settleCaps(context: CapContext, holder: string): Promise<readonly Failure[]> {
  const { store } = context;
  const isWaiting = ({ compacted, kpis }: Experiment) => compacted !== true && kpis.some(awaitsPercentile);
  if (!(await store.definitions.list()).some(isWaiting)) return [];
  if (!(await store.leases.claim("caps", holder, LEASE_MS))) return [];
  return eachExperiment(store, async (experiment) => {
    if (!isWaiting(experiment) || !(await hasFirstWeek(context, experiment))) return;
    for (const [number, kpi] of experiment.kpis.entries()) {
      const amount = awaitsPercentile(kpi) ? await percentileOf(store, experiment, number, amountOf(kpi)) : null;
      if (amount !== null) await takeCap(context, experiment, number, amount);
    }
  });
}

async function hasFirstWeek({ store, clock }: CapContext, experiment: Experiment): Promise<boolean> {
  const counts = await countsNow(store, experiment);
  const { createdAtMs } = experiment;
  const calendar = { nowMs: clock.nowMs(), today: clock.today(), createdAtMs, createdDay: clock.dayAt(createdAtMs) };
  const { first } = daysOf(counts, calendar);
  return first !== null && first <= calendar.today - FIRST_DAYS;
}
