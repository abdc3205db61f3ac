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
import { type Assignment, assigned, codeIndex, EXCLUDED_CODE } from "../assignment.ts";
import { type Digest, weightPosition } from "../digest.ts";
import { activeIndexes, type EpochChanges } from "../epochs.ts";
import { currentEpoch, type Experiment } from "../experiment.ts";
import { PARTICIPATION, type Tally } from "../tally.ts";
import { pickByWeight } from "./weighted.ts";

/** A new batch begins when the present one has this many participants… */
export const BATCH_PARTICIPANTS_MIN = 200;
/** …and this share of all participants so far: batches grow with the experiment, so their number grows like its logarithm. */
export const BATCH_SHARE_MIN = 0.05;
/** …and not sooner than this after the last one, in milliseconds. */
export const BATCH_INTERVAL_MIN_MS = 60_000;

/** Why an epoch began, for those that are only the next batch of a bandit. */
export const BATCH_REASON = "thompson batch";

/** Chance to be best before any data: every rate alike. */
const PRIOR: readonly [number, number] = [1, 1];

/**
 * @param weights overall shares in stored order: floor + (1 − k·floor) · chance to be best, 0 for retired ones
 * @param floor least share of each active alternative
 */
export function chooseThompson(
  digest: Digest,
  weights: readonly number[],
  floor: number,
  active: readonly number[],
): Assignment {
  const position = weightPosition(digest);
  const exploring = active.length * floor;
  if (position < exploring) return assigned(active[Math.floor(position / floor)] ?? 0, true);
  const rest = 1 - exploring;
  const favours = weights.map((weight, index) => (active.includes(index) ? Math.max(0, weight - floor) / rest : 0));
  return assigned(pickByWeight((position - exploring) / rest, favours));
}

/** Participants in all, and in the epoch in force; excluded clients are not among them. */
export function countParticipants(
  experiment: Experiment,
  tallies: readonly Tally[],
): { readonly total: number; readonly inEpoch: number } {
  const epoch = experiment.epochs.length - 1;
  let total = 0;
  let inEpoch = 0;
  for (const tally of tallies) {
    if (tally.metric !== PARTICIPATION || tally.assignment === EXCLUDED_CODE) continue;
    total += tally.clients;
    if (tally.epoch === epoch) inEpoch += tally.clients;
  }
  return { total, inEpoch };
}

/** Whether the next batch should begin. */
export function isBatchDue(experiment: Experiment, tallies: readonly Tally[], nowMs: number): boolean {
  const { policy, startedAtMs } = currentEpoch(experiment);
  if (policy !== "thompson" || experiment.winner !== null || experiment.paused || experiment.archived) return false;
  if (nowMs - startedAtMs < BATCH_INTERVAL_MIN_MS) return false;
  const { total, inEpoch } = countParticipants(experiment, tallies);
  return inEpoch >= Math.max(BATCH_PARTICIPANTS_MIN, BATCH_SHARE_MIN * total);
}

/** The settings of the next batch: weights by the chance to be best on the epoch-adjusted posterior of one KPI. */
export function nextBatch(experiment: Experiment, tallies: readonly Tally[], kpi: number): EpochChanges {
  const active = activeIndexes(experiment);
  const goal: BanditGoal = currentEpoch(experiment).goal ?? "earn";
  const floor = floorFor(active.length);
  const posteriors = epochAdjustedPosteriors(epochsOf(experiment, tallies, kpi, active), PRIOR);
  const shares = thompsonWeights(posteriors, { goal, floor });
  const weights = experiment.alternatives.map((_, index) => {
    const at = active.indexOf(index);
    return at === -1 ? 0 : (shares[at] ?? 0);
  });
  return { weights, floor, goal };
}

/** Per epoch, participants and converted participants of the active alternatives. */
function epochsOf(
  experiment: Experiment,
  tallies: readonly Tally[],
  kpi: number,
  active: readonly number[],
): BanditEpoch[] {
  const counts = experiment.epochs.map(() => active.map(() => ({ n: 0, x: 0 })));
  for (const { epoch, assignment, metric, clients } of tallies) {
    if (assignment === EXCLUDED_CODE) continue;
    const arm = counts[epoch]?.[active.indexOf(codeIndex(assignment))];
    if (arm === undefined) continue;
    if (metric === PARTICIPATION) arm.n += clients;
    else if (metric === kpi) arm.x += clients;
  }
  return counts.map((arms) => ({ arms }));
}
