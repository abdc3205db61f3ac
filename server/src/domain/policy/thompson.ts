/**
 * Thompson sampling in batches: the original's *whiplash*, done right. Allocation = floor + (1 − k·floor) · chance to be
 * best, recomputed as participants arrive, each recomputation an epoch with known probabilities. The slice that the
 * floors make up is drawn evenly over all alternatives and marked, so that it stays a clean test whatever the bandit does.
 */
import {
  type BanditEpoch,
  type BanditGoal,
  epochAdjustedPosteriors,
  floorFor,
  thompsonWeights,
} from "../../stats/bandit.ts";
import type { Beta } from "../../stats/posterior.ts";
import { type Assignment, assigned } from "../assignment.ts";
import type { Counts } from "../counts.ts";
import { type Digest, weightPosition } from "../digest.ts";
import { activeIndexes, type EpochChanges } from "../epochs.ts";
import { currentEpoch, currentEpochNumber, type Experiment } from "../experiment.ts";
import { decidingKpi, type Kpi } from "../kpi.ts";
import { PARTICIPATION } from "../tally.ts";

/** A new batch begins when the present one has this many participants, which is all that ends the first, even one… */
export const BATCH_PARTICIPANTS_MIN = 200;
/** …and this share of all participants so far: batches grow with the experiment, so their number grows like its logarithm. */
export const BATCH_SHARE_MIN = 0.05;
/** …and not sooner than this after the last one, in milliseconds. */
export const BATCH_INTERVAL_MIN_MS = 60_000;

/** Sizes of the batches of so many clients, where traffic is brisk enough that time is never what is waited for. */
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

/** Chance to be best before any data: every rate alike. */
const PRIOR: readonly [number, number] = [1, 1];

/**
 * Nothing is allocated: this is a request.
 * @param weights overall shares in stored order: floor + (1 − k·floor) · chance to be best, 0 for retired ones alone
 * @param floor least share of each active alternative, above 0
 */
export function chooseThompson(digest: Digest, weights: readonly number[], floor: number): Assignment {
  const position = weightPosition(digest);
  let exploring = 0;
  let last = 0;
  // The slice comes first, as wide as the floors together; its parts lie in it one after the other.
  for (let index = 0; index < weights.length; index += 1) {
    if ((weights[index] ?? 0) <= 0) continue;
    exploring += floor;
    if (position < exploring) return assigned(index, true);
    last = index;
  }
  // What each has above its floor lies behind it.
  let cumulative = exploring;
  for (let index = 0; index < weights.length; index += 1) {
    const favour = (weights[index] ?? 0) - floor;
    if (favour <= 0) continue;
    cumulative += favour;
    if (position < cumulative) return assigned(index);
    last = index;
  }
  return assigned(last);
}

/** Whether a batch may begin at all, by the definition alone: a bandit that runs, and time enough since the last one. */
export function mayBegin(experiment: Experiment, nowMs: number): boolean {
  const { policy, startedAtMs } = currentEpoch(experiment);
  if (policy !== "thompson" || experiment.winner !== null || experiment.paused || experiment.archived) return false;
  // The distance either way: after the clock was set back, what is left until it has caught up may be days.
  return Math.abs(nowMs - startedAtMs) >= BATCH_INTERVAL_MIN_MS;
}

/** Whether the next batch should begin. Before anybody reached the KPI there is nothing to learn from. */
export function isBatchDue(experiment: Experiment, counts: Counts, nowMs: number): boolean {
  if (!mayBegin(experiment, nowMs)) return false;
  if (counts.total(decidingKpi(experiment, counts).number).clients === 0) return false;
  return participantsLeft(experiment, counts) <= 0;
}

/** New participants that the next batch still waits for; 0 or less when there are enough. */
export function participantsLeft(experiment: Experiment, counts: Counts): number {
  const epoch = currentEpochNumber(experiment);
  const inEpoch = experiment.alternatives.reduce(
    (n, _, index) => n + counts.at(epoch, index, PARTICIPATION).clients,
    0,
  );
  // The first batch is even. It shall not last long where much is known from before.
  const share = currentEpoch(experiment).weights === null ? 0 : BATCH_SHARE_MIN * counts.participants;
  return Math.ceil(Math.max(BATCH_PARTICIPANTS_MIN, share) - inEpoch);
}

/** The settings of the next batch: weights by the chance to be best on the epoch-adjusted posterior of one KPI. */
export function nextBatch(experiment: Experiment, counts: Counts): EpochChanges {
  const active = activeIndexes(experiment);
  const goal: BanditGoal = currentEpoch(experiment).goal ?? "earn";
  const floor = floorFor(active.length);
  const kpi = decidingKpi(experiment, counts);
  const posteriors = banditPosteriors(experiment, counts, kpi);
  const shares = thompsonWeights(posteriors, { goal, floor, better: kpi.better });
  const weights = experiment.alternatives.map((_, index) => {
    const at = active.indexOf(index);
    return at === -1 ? 0 : (shares[at] ?? 0);
  });
  return { weights, floor, goal };
}

/** Epoch-adjusted posterior of the rate of each active alternative, in the order of `activeIndexes`. */
export function banditPosteriors(experiment: Experiment, counts: Counts, kpi: Kpi): readonly Beta[] {
  return epochAdjustedPosteriors(epochsOf(experiment, counts, kpi), PRIOR);
}

/** Per epoch, participants and converted participants of the active alternatives. */
function epochsOf(experiment: Experiment, counts: Counts, kpi: Kpi): BanditEpoch[] {
  const active = activeIndexes(experiment);
  return experiment.epochs.map((_, epoch) => ({
    arms: active.map((index) => {
      return { n: counts.at(epoch, index, PARTICIPATION).clients, x: counts.at(epoch, index, kpi.number).clients };
    }),
  }));
}
