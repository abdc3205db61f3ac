/**
 * Sample ratio mismatch: did the arms get the shares they were promised? If not, clients were lost or counted unevenly
 * and no other figure can be trusted. The chi-square is to show; the alarm is an e-process, which may be looked at after
 * every participant: its chance ever to reach E on a true split is at most 1/E.
 * References: Fabijan et al. (2019); Lindon & Malek (2022), "Anytime-valid inference for multinomial count data".
 *
 * @example
 * chiSquare([500, 560], [530, 530]); // { chi2: 3.396, df: 1, p: 0.06535 }
 * sampleRatioEvidence([{ observed: [500, 560], weights: [1, 1] }]) > Math.log(EVIDENCE_ALARM); // false
 * sampleRatioEvidence([{ observed: [500, 1500], weights: [1, 1] }]) > Math.log(EVIDENCE_ALARM); // true
 */
import { logBeta } from "./beta-function.ts";
import { chiSquareSf } from "./distributions.ts";

/**
 * Strengths of the belief in the intended split, with an equal stake on each: weak ones find an arm that nobody reaches
 * after 15 participants, strong ones a 52/48 split after about twelve thousand. An average of e-processes is an e-process.
 */
const CONCENTRATIONS = [1, 10, 100, 1_000, 10_000];

/** Evidence at which the alarm sounds. */
export const EVIDENCE_ALARM = 1000;

/** Pearson's goodness of fit: chi-square of counts against expected ones; arms expected to be empty are left out. */
export function chiSquare(observed: readonly number[], expected: readonly number[]) {
  let chi2 = 0;
  let df = -1;
  for (const [arm, count] of observed.entries()) {
    const e = expected[arm] ?? 0;
    if (e <= 0) continue;
    chi2 += ((count - e) * (count - e)) / e;
    df++;
  }
  return { chi2, df, p: df > 0 ? chiSquareSf(chi2, df) : 1 };
}

/** The counts that the weights promise for as many participants. */
export function expectedCounts(observed: readonly number[], weights: readonly number[]): number[] {
  const total = sum(observed);
  const scale = sum(weights);
  return weights.map((weight) => (total * weight) / scale);
}

/** One stretch of constant weights; an arm with weight 0 takes no part. */
export interface SplitEpoch {
  readonly observed: readonly number[];
  readonly weights: readonly number[];
}

/**
 * Evidence over epochs whose weights differ, as its natural logarithm. Half of the stake is on each epoch having a split of its own (a product of
 * Dirichlet mixtures), half on one arm gaining or losing the same share of clients throughout, which is what a broken
 * client does and what hourly reweighting would otherwise hide. An average of e-processes is an e-process.
 */
export function sampleRatioEvidence(epochs: readonly SplitEpoch[]): number {
  const filled = sameWeightsTogether(epochs.filter((epoch) => epoch.observed.some((count) => count > 0)));
  const own = logMean(
    CONCENTRATIONS.map((concentration) =>
      sum(filled.map(({ observed, weights }) => dirichletEvidence(observed, weights, concentration))),
    ),
  );
  if (filled.length <= 1) return own;
  const tilts = (filled[0]?.observed ?? []).flatMap((_, arm) => tiltEvidences(filled, arm));
  return logMean([own, logMean(tilts)]);
}

/** Stretches of equal weights are one: the order of participants does not matter to the split. */
function sameWeightsTogether(epochs: readonly SplitEpoch[]): SplitEpoch[] {
  const groups = new Map<string, SplitEpoch>();
  for (const { observed, weights } of epochs) {
    const scale = sum(weights);
    const key = weights.map((weight) => (weight / scale).toFixed(9)).join();
    const before = groups.get(key)?.observed ?? [];
    groups.set(key, { observed: observed.map((count, arm) => count + (before[arm] ?? 0)), weights });
  }
  return [...groups.values()];
}

/** Log of the factor by which one arm's share is off, from 2 % to a third, both ways. */
const TILTS = [-0.3, -0.1, -0.05, -0.02, 0.02, 0.05, 0.1, 0.3];

/** Log likelihood ratio of "this arm's weight is really e^tilt times as large" against the intended weights, per tilt. */
function tiltEvidences(epochs: readonly SplitEpoch[], arm: number): number[] {
  const logs = new Array<number>(TILTS.length).fill(0);
  for (const { observed, weights } of epochs) {
    const share = (weights[arm] ?? 0) / sum(weights);
    const all = sum(observed);
    for (const [index, tilt] of TILTS.entries()) {
      logs[index] = (logs[index] ?? 0) + tilt * (observed[arm] ?? 0) - all * Math.log1p(share * Math.expm1(tilt));
    }
  }
  return logs;
}

/**
 * Dirichlet-multinomial evidence against the weights, as its natural logarithm: ln of (prod B(alpha + o) / B(alpha)) /
 * prod w^o with alpha = concentration·w, split by split.
 */
export function dirichletEvidence(
  observed: readonly number[],
  weights: readonly number[],
  concentration: number,
): number {
  // Clients in an arm that takes none can't be chance.
  if (observed.some((count, arm) => count > 0 && (weights[arm] ?? 0) === 0)) return Infinity;
  const taking = [...weights.keys()].filter((arm) => (weights[arm] ?? 0) > 0);
  const scale = sum(weights);
  let restCount = sum(observed);
  let restWeight = 1;
  let logE = 0;
  // The last one takes what is left: nothing to be split.
  for (const arm of taking.slice(0, -1)) {
    const count = observed[arm] ?? 0;
    const weight = (weights[arm] ?? 0) / scale;
    const others = restWeight - weight;
    if (others <= 0) break;
    logE += binaryEvidence(count, restCount - count, weight, others, concentration);
    restCount -= count;
    restWeight = others;
  }
  return logE;
}

function binaryEvidence(x: number, y: number, weightX: number, weightY: number, concentration: number): number {
  const a = concentration * weightX;
  const b = concentration * weightY;
  const both = weightX + weightY;
  const underWeights = x * Math.log(weightX / both) + y * Math.log(weightY / both);
  return logBeta(a + x, b + y) - logBeta(a, b) - underWeights;
}

function logMean(logs: readonly number[]): number {
  const top = Math.max(...logs);
  return Number.isFinite(top) ? top + Math.log(sum(logs.map((log) => Math.exp(log - top))) / logs.length) : top;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
