/**
 * Parts of the participants, looked at without being fooled: does an alternative do otherwise in one value of a dimension
 * than in the rest, and does the split hold in it? Both stay true at every look, over all values of all dimensions: the
 * first by Holm's correction of always-valid p-values, the second by an e-process that has its share of alpha. A segment
 * never makes a winner.
 *
 * An interaction compares two differences, so it has the information of `n_v n_rest / n` participants, which is what the
 * mixture is asked with. Its variance is the score test's, from the rates that the arms would have if the difference were the
 * same everywhere: by their own rates, an arm of 5 % in which nobody has converted yet would seem to be known exactly. Stretches
 * of other shares are compared by themselves and weighted by sizes, which say nothing of results. Shown differences are drawn
 * toward the whole by as much as chance explains (empirical Bayes; James & Stein 1961).
 */
import { alwaysValidCritical, alwaysValidP, type Tuning } from "./always-valid.ts";
import { firstWeights } from "./cells.ts";
import type { Better } from "./direction.ts";
import { enoughForRates } from "./enough.ts";
import { holm } from "./multiplicity.ts";
import { type SplitEpoch, sampleRatioEvidence } from "./sample-ratio.ts";
import { differenceParts, standardise } from "./score.ts";
import { informationOfOne, mantelHaenszelHint, type Stratum } from "./stratified.ts";

/** Of one alternative in one stretch. */
interface SegmentArm {
  readonly participants: number;
  readonly conversions: number;
}

/** One value of one dimension: per stretch, per alternative in stored order. */
export interface SegmentCells {
  readonly dimension: number;
  readonly value: number;
  readonly stretches: readonly (readonly SegmentArm[])[];
}

export interface SegmentQuestion {
  readonly cells: readonly SegmentCells[];
  /** Intended shares of each stretch, per alternative. */
  readonly weights: readonly (readonly number[])[];
  readonly baseline: number;
  readonly better: Better;
  readonly tuningSize: number;
}

/** One alternative in one value, against the baseline. */
interface SegmentComparison {
  readonly alternative: number;
  /** Difference of rates, drawn toward that of all participants; `null` while too few have converted. */
  readonly difference: { readonly estimate: number; readonly low: number; readonly high: number } | null;
  /** Always-valid p of "as in the rest", corrected for all values and alternatives. */
  readonly p: number;
  /** Whether it does worse here than the baseline and than elsewhere, or only otherwise than elsewhere. */
  readonly says: "hurts" | "differs" | null;
}

export interface SegmentFinding {
  readonly dimension: number;
  readonly value: number;
  readonly arms: readonly SegmentArm[];
  readonly comparisons: readonly SegmentComparison[];
  /** Whether the split is broken here. */
  readonly mismatch: boolean;
}

/** Of all differences together, which are hints. */
const ALPHA = 0.04;
/** Of all splits together: an alarm, as seldom wrong as that of the whole. */
const ALPHA_SPLIT = 0.001;

const NOTHING: SegmentArm = { participants: 0, conversions: 0 };

export function segmentFindings(question: SegmentQuestion): readonly SegmentFinding[] {
  const { cells, weights, baseline } = question;
  const alternatives = weights[0]?.map((_, index) => index).filter((index) => index !== baseline) ?? [];
  const tests = cells.flatMap((cell) => alternatives.map((alternative) => interaction(question, cell, alternative)));
  const adjusted = holm(tests.map(({ p }) => p));
  return cells.map((cell, at) => ({
    dimension: cell.dimension,
    value: cell.value,
    arms: (weights[0] ?? []).map((_, arm) => summed(cell.stretches.map((stretch) => stretch[arm] ?? NOTHING))),
    comparisons: alternatives.map((alternative, order) => {
      const index = at * alternatives.length + order;
      const { difference, sign, own } = tests[index] ?? UNTESTED;
      const p = adjusted[index] ?? 1;
      return { alternative, difference, p, says: p > ALPHA ? null : sign < 0 && own < 0 ? "hurts" : "differs" };
    }),
    mismatch: sampleRatioEvidence(splitsOf(cell, weights)) >= Math.log(cells.length / ALPHA_SPLIT),
  }));
}

interface Tested {
  readonly p: number;
  /** Of the interaction, and of the difference in the value itself: negative is worse. */
  readonly sign: number;
  readonly own: number;
  readonly difference: SegmentComparison["difference"];
}

const UNTESTED: Tested = { p: 1, sign: 0, own: 0, difference: null };

/** One stretch: the pair in the value, and in all others. */
interface Part {
  readonly here: Stratum;
  readonly rest: Stratum;
}

function interaction(question: SegmentQuestion, cell: SegmentCells, alternative: number): Tested {
  const { cells, better, tuningSize } = question;
  const parts = partsOf(question, cell, alternative);
  const [inside, outside] = [parts.map(({ here }) => here), parts.map(({ rest }) => rest)];
  if (!hasEnough(inside) || !hasEnough(outside)) return UNTESTED;
  const tuning: Tuning = { plannedN: tuningSize, alpha: ALPHA / Math.max(1, cells.length) };
  const whole = mantelHaenszelHint([...inside, ...outside]).difference.estimate;
  const scored = parts.map(({ here, rest }) => ({ here: scoredAt(here, whole), rest: scoredAt(rest, whole) }));
  const between = weighted(
    scored.map(({ here: one, rest: other }) => ({
      weight: 1 / (1 / one.weight + 1 / other.weight),
      excess: one.excess - other.excess,
      variance: one.variance + other.variance,
    })),
  );
  const here = weighted(scored.map((part) => part.here));
  const direction = better === "higher" ? 1 : -1;
  // What of the distance to the whole is more than chance.
  const kept = here.excess === 0 ? 0 : Math.max(0, 1 - here.variance / here.excess ** 2);
  const [estimate, own] = [whole + kept * here.excess, whole + here.excess];
  const stretches = question.weights.map((weights) => ({ weights }));
  const perParticipant = informationOfOne(firstWeights(stretches, question.baseline, alternative));
  const half = alwaysValidCritical(here.information / perParticipant, tuning) * Math.sqrt(here.variance);
  return {
    p: alwaysValidP(standardise(between.excess, between.variance), between.information / perParticipant, tuning),
    sign: direction * between.excess,
    own: direction * own,
    difference: { estimate, low: Math.min(estimate, own - half), high: Math.max(estimate, own + half) },
  };
}

/** The stretches in which both arms took part on both sides. */
function partsOf({ cells, baseline }: SegmentQuestion, cell: SegmentCells, alternative: number): readonly Part[] {
  const others = cells.filter(({ dimension, value }) => dimension === cell.dimension && value !== cell.value);
  return cell.stretches.flatMap((stretch, at): readonly Part[] => {
    const pair = (armOf: (arm: number) => SegmentArm): Stratum => ({
      control: rateOf(armOf(baseline)),
      treatment: rateOf(armOf(alternative)),
    });
    const here = pair((arm) => stretch[arm] ?? NOTHING);
    const rest = pair((arm) => summed(others.map(({ stretches }) => stretches[at]?.[arm] ?? NOTHING)));
    const isFilled = [here, rest].every(({ control, treatment }) => control.n > 0 && treatment.n > 0);
    return isFilled ? [{ here, rest }] : [];
  });
}

function rateOf({ participants, conversions }: SegmentArm): Stratum["control"] {
  return { n: participants, x: conversions };
}

/** Asked of both arms together, so that an alternative that loses all of its conversions in a segment is seen. */
function hasEnough(strata: readonly Stratum[]): boolean {
  // The exact test that opens earlier is of "no difference", which an interaction leaves open.
  return strata.length > 0 && enoughForRates(strata, 0).kind === "open";
}

interface Contrast {
  /** Information per unit of variance: participants, as their shares let them count. */
  readonly weight: number;
  /** By how much the difference is above that of all participants. */
  readonly excess: number;
  readonly variance: number;
}

function scoredAt({ control, treatment }: Stratum, difference: number): Contrast {
  const n = control.n + treatment.n;
  const { excess, variance } = differenceParts(control, treatment, difference);
  return { weight: (control.n * treatment.n) / n, excess, variance: (variance * n) / (n - 1) };
}

function weighted(contrasts: readonly Contrast[]) {
  let [information, excess, variance] = [0, 0, 0];
  for (const one of contrasts) {
    information += one.weight;
    excess += one.weight * one.excess;
    variance += one.weight ** 2 * one.variance;
  }
  return { information, excess: excess / information, variance: variance / information ** 2 };
}

function splitsOf({ stretches }: SegmentCells, weights: readonly (readonly number[])[]): readonly SplitEpoch[] {
  return stretches.map((stretch, at) => ({
    observed: stretch.map(({ participants }) => participants),
    weights: weights[at] ?? [],
  }));
}

function summed(arms: readonly SegmentArm[]): SegmentArm {
  return {
    participants: arms.reduce((sum, { participants }) => sum + participants, 0),
    conversions: arms.reduce((sum, { conversions }) => sum + conversions, 0),
  };
}

/** Where a broken split comes from: how many of the clients that an alternative lacks are missing in that value. */
interface MismatchCause {
  readonly dimension: number;
  readonly value: number;
  readonly alternative: number;
  readonly missing: number;
  /** Over all values. */
  readonly missingInAll: number;
}

/** Of the value in whose split most is missing, among those that are broken; `undefined` where none is. */
export function mismatchCause(
  { weights }: Pick<SegmentQuestion, "weights">,
  cells: readonly SegmentCells[],
  findings: readonly SegmentFinding[],
): MismatchCause | undefined {
  const causes = findings.flatMap((finding, at): MismatchCause[] => {
    const cell = cells[at];
    if (!finding.mismatch || cell === undefined) return [];
    const missing = missingIn(cell, weights);
    const alternative = missing.indexOf(Math.max(...missing));
    const inAll = cells
      .filter(({ dimension }) => dimension === cell.dimension)
      .reduce((sum, other) => sum + (missingIn(other, weights)[alternative] ?? 0), 0);
    const { dimension, value } = finding;
    return [{ dimension, value, alternative, missing: missing[alternative] ?? 0, missingInAll: inAll }];
  });
  return causes.toSorted((one, other) => other.missing - one.missing)[0];
}

/** Per alternative, how many clients more the shares promised, by the one that lost none. */
function missingIn({ stretches }: SegmentCells, weights: readonly (readonly number[])[]): readonly number[] {
  const missing = (weights[0] ?? []).map(() => 0);
  for (const [at, stretch] of stretches.entries()) {
    const shares = weights[at] ?? [];
    const scale = Math.max(...stretch.map(({ participants }, arm) => participants / Math.max(shares[arm] ?? 0, 1e-9)));
    for (const [arm, { participants }] of stretch.entries()) {
      if ((shares[arm] ?? 0) > 0) missing[arm] = (missing[arm] ?? 0) + scale * (shares[arm] ?? 0) - participants;
    }
  }
  return missing;
}
