/**
 * Batches: a policy that learns sets new weights as participants arrive, each time as an epoch with known shares. When
 * the next one begins is the same for every such policy.
 */
import { hasPassed } from "../../lib/time.ts";
import type { Counts } from "../counts.ts";
import { activeIndexes, type EpochChanges, evenShares } from "../epochs.ts";
import { currentEpoch, currentEpochNumber, type Experiment, takesNewClients } from "../experiment.ts";
import { decidingKpi, type Kpi } from "../kpi.ts";
import { PARTICIPATION } from "../tally.ts";
import type { Evidence } from "./evidence.ts";
import { isLearning, ruleOf } from "./policies.ts";

/** A new batch begins when the present one has this many participants, which is all that ends the first, even one… */
export const BATCH_PARTICIPANTS_MIN = 200;
/** …and this share of all participants so far: batches grow with the experiment, so their number grows like its logarithm. */
const BATCH_SHARE_MIN = 0.05;
/** …and not sooner than this after the last one, in milliseconds. */
export const BATCH_INTERVAL_MIN_MS = 60_000;

/** Sizes of the batches that so many clients make, if traffic is high enough that the time limit never matters. */
export function batchSizes(clients: number): readonly number[] {
  const sizes: number[] = [];
  for (let total = 0; total < clients; total += sizes.at(-1) ?? clients) {
    let size = sizes.at(-1) ?? BATCH_PARTICIPANTS_MIN;
    // A batch counts itself among all participants.
    while (size < Math.max(BATCH_PARTICIPANTS_MIN, BATCH_SHARE_MIN * (total + size))) size += 1;
    sizes.push(Math.min(clients - total, size));
  }
  return sizes;
}

/** Whether a batch may begin at all, by the definition alone: one that learns and runs, and time enough since the last one. */
export function mayBegin(experiment: Experiment, nowMs: number): boolean {
  const { policy, startedAtMs } = currentEpoch(experiment);
  if (!isLearning(policy) || !takesNewClients(experiment)) return false;
  return hasPassed(BATCH_INTERVAL_MIN_MS, startedAtMs, nowMs);
}

/**
 * Whether a policy that learns may shift shares by this KPI. By a mean it may not: traffic would follow what sells more
 * often, for less, or a few large orders among the first hundred clients. Shares stay equal instead (decision 0034).
 */
export function mayShiftBy({ decidesOn }: Kpi): boolean {
  return decidesOn === "rate";
}

/** Whether the next batch should begin. Before anybody reached the KPI there is nothing to learn from. */
export function isBatchDue(experiment: Experiment, counts: Counts, nowMs: number): boolean {
  if (!mayBegin(experiment, nowMs)) return false;
  const kpi = decidingKpi(experiment, counts);
  // What was shifted before a mean decided is taken back at once.
  if (!mayShiftBy(kpi)) return currentEpoch(experiment).weights !== null;
  if (counts.total(kpi.number).clients === 0) return false;
  return participantsLeft(experiment, counts) <= 0;
}

/** New participants that the next batch still waits for; 0 or less when there are enough. */
export function participantsLeft(experiment: Experiment, counts: Counts): number {
  const epoch = currentEpochNumber(experiment);
  const inEpoch = experiment.alternatives.reduce(
    (n, _, index) => n + counts.at(epoch, index, PARTICIPATION).clients,
    0,
  );
  // The first batch shares evenly. It should be short where much is known from before.
  const share = currentEpoch(experiment).weights === null ? 0 : BATCH_SHARE_MIN * counts.participants;
  return Math.ceil(Math.max(BATCH_PARTICIPANTS_MIN, share) - inEpoch);
}

/** Shares for the next batch, by what the participants did so far; none change under a policy that doesn't learn. */
export function nextBatch(experiment: Experiment, counts: Counts): EpochChanges {
  const { policy } = currentEpoch(experiment);
  const kpi = decidingKpi(experiment, counts);
  if (!mayShiftBy(kpi)) return evenShares(experiment);
  const next = ruleOf(policy).rebalance?.(policy, evidenceOf(experiment, counts, kpi));
  if (next === undefined) return {};
  const active = activeIndexes(experiment);
  const weights = experiment.alternatives.map((_, index) => {
    const at = active.indexOf(index);
    return at === -1 ? 0 : (next.weights[at] ?? 0);
  });
  return { policy: next.settings, weights };
}

/** What the active alternatives brought, in the order of `activeIndexes`. */
export function evidenceOf(experiment: Experiment, counts: Counts, kpi: Kpi): Evidence {
  const active = activeIndexes(experiment);
  const epochs = experiment.epochs.map((_, epoch) => ({
    arms: active.map((index) => {
      return { n: counts.at(epoch, index, PARTICIPATION).clients, x: counts.at(epoch, index, kpi.number).clients };
    }),
  }));
  return { epochs, better: kpi.better };
}
