/**
 * Begins the next batch of every bandit that is due: new weights from the results so far, as a new epoch.
 *
 * Every process looks; a lease in the store lets one of them compute, and compare-and-set lets one result count. The
 * others learn of it as of any change of a definition, within DEFINITION_AGE_MAX_MS.
 */
import { batchReason, withEpoch } from "../domain/epochs.ts";
import { currentEpoch, type Experiment } from "../domain/experiment.ts";
import { isBatchDue, mayBegin, nextBatch } from "../domain/policy/batches.ts";
import type { ServiceContext } from "./context.ts";
import { eachExperiment, type Failure } from "./each-experiment.ts";
import { countsNow } from "./stored-tallies.ts";

/** How often a process looks, in milliseconds. */
export const REBALANCE_INTERVAL_MS = 5_000;
/** How long a process may take before another may try, in milliseconds. */
const LEASE_MS = 30_000;

/**
 * One round of one process. Experiments that failed keep their weights.
 * @param holder names this process among those on the store
 * @param onBatch called for each experiment that began a new batch, by the process that wrote it down
 * @throws SixpackError store-unavailable: the experiments could not be listed
 */
export function rebalance(
  { store, clock }: Pick<ServiceContext, "store" | "clock">,
  holder: string,
  onBatch: (experiment: Experiment) => void,
): Promise<readonly Failure[]> {
  return eachExperiment(store, async (experiment) => {
    // The definition rules out most experiments; tallies are read only for a bandit that may be due.
    if (!mayBegin(experiment, clock.nowMs())) return;
    const counts = await countsNow(store, experiment);
    if (!isBatchDue(experiment, counts, clock.nowMs())) return;
    const lease = `rebalance:${experiment.name}:${experiment.life}`;
    if (!(await store.leases.claim(lease, holder, LEASE_MS))) return;
    const changes = nextBatch(experiment, counts);
    const reason = batchReason(currentEpoch(experiment).policy);
    const outcome = await store.definitions.change(withEpoch(experiment, changes, reason, clock.nowMs()));
    if (outcome.kind === "changed") onBatch(outcome.experiment);
  });
}
