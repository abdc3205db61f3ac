/**
 * Takes the percentiles of caps that waited for data, each once: after the first whole week, with totals enough. One process
 * does this for all, by a lease, because it walks the records.
 */
import type { Experiment } from "../domain/experiment.ts";
import { awaitsPercentile } from "../domain/kpi-definition.ts";
import type { Day } from "../domain/period.ts";
import { PARTICIPATION } from "../domain/tally.ts";
import type { Store } from "../store/store.ts";
import { takeCap } from "./administer/acts/kpi-settings.ts";
import { amountOf, percentileOf } from "./administer/caps.ts";
import type { ServiceContext } from "./context.ts";
import { eachExperiment, type Failure } from "./each-experiment.ts";

/** How often a process looks for percentiles that can be taken, in milliseconds. */
export const CAPS_INTERVAL_MS = 600_000;

/** How long a process may take before another may, in milliseconds. */
const LEASE_MS = CAPS_INTERVAL_MS;

/** Whole weeks, so that every day of the week is in it as often. */
const FIRST_DAYS = 7;

/** One round of one process; does nothing if another one is at it. @throws SixpackError store-unavailable */
export async function settleCaps(
  context: Pick<ServiceContext, "store" | "clock">,
  holder: string,
): Promise<readonly Failure[]> {
  const { store, clock } = context;
  const isWaiting = ({ compacted, kpis }: Experiment) => compacted !== true && kpis.some(awaitsPercentile);
  if (!(await store.definitions.list()).some(isWaiting)) return [];
  if (!(await store.leases.claim("caps", holder, LEASE_MS, clock.nowMs()))) return [];
  return eachExperiment(store, async (experiment) => {
    if (!isWaiting(experiment) || !(await hasFirstWeek(store, experiment, clock.today()))) return;
    for (const [number, kpi] of experiment.kpis.entries()) {
      const amount = awaitsPercentile(kpi) ? await percentileOf(store, experiment, number, amountOf(kpi)) : null;
      if (amount !== null) await takeCap(context, experiment, number, amount);
    }
  });
}

async function hasFirstWeek(store: Store, experiment: Experiment, today: Day): Promise<boolean> {
  const days = (await store.tallies.read(experiment)).flatMap(({ metric, subset }) =>
    metric === PARTICIPATION && subset.kind === "day" ? [subset.day] : [],
  );
  return days.some((day) => day <= today - FIRST_DAYS);
}
