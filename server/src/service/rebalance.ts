/**
 * The next batch of every bandit that is due: new weights by what its participants did so far, as a new epoch.
 *
 * Every process looks; a lease in the store lets one of them compute, and compare-and-set lets one result count.
 */

import { withEpoch } from "../domain/epochs.ts";
import { currentEpoch, DEFAULT_KPI, type Experiment, kpiNumber } from "../domain/experiment.ts";
import { BATCH_REASON, isBatchDue, nextBatch } from "../domain/policy/thompson.ts";
import type { ServiceContext } from "./context.ts";

/** How often a process looks, in milliseconds. */
export const REBALANCE_INTERVAL_MS = 5_000;
/** How long a process may take before another may try, in milliseconds. */
const LEASE_MS = 30_000;

/**
 * @param holder names this process among those on the store
 * @returns the experiments that began a new batch
 */
export async function rebalance(
  context: Pick<ServiceContext, "store" | "clock">,
  holder: string,
): Promise<readonly Experiment[]> {
  const { store, clock } = context;
  const begun: Experiment[] = [];
  for (const experiment of await store.listExperiments()) {
    if (currentEpoch(experiment).policy !== "thompson") continue;
    const tallies = await store.readTallies(experiment);
    if (!isBatchDue(experiment, tallies, clock.nowMs())) continue;
    const lease = `rebalance:${experiment.name}:${experiment.incarnation}`;
    if (!(await store.claimLease(lease, holder, LEASE_MS, clock.nowMs()))) continue;
    const changes = nextBatch(experiment, tallies, primaryKpi(experiment));
    const outcome = await store.changeExperiment(withEpoch(experiment, changes, BATCH_REASON, clock.nowMs()));
    if (outcome.kind === "changed") begun.push(outcome.experiment);
  }
  return begun;
}

/** What the bandit is to earn: the primary KPI of the plan, else the default one. */
function primaryKpi(experiment: Experiment): number {
  const kpi = kpiNumber(experiment, experiment.planning.plan?.primary.kpi ?? null);
  return kpi === -1 ? DEFAULT_KPI : kpi;
}
