/**
 * Parts of the participants, looked at without being fooled: does an alternative do otherwise in one value of a dimension
 * than in the rest, and does the split hold in it? Both stay true at every look, over all values of all dimensions: the
 * first by Holm's correction of always-valid p-values, the second by an e-process that has its share of alpha. A segment
 * never makes a winner.
 *
 * An interaction compares two differences, so it has the information of `n_v n_rest / n` participants, which is what the
 * mixture is asked with. Stretches of other shares are compared by themselves and weighted by their information. Shown
 * differences are drawn toward the whole by as much as chance explains (empirical Bayes; James & Stein 1961).
 */
import { alwaysValidCritical, alwaysValidP, type Tuning } from "./always-valid.ts";
import type { Better } from "./direction.ts";
import { holm } from "./multiplicity.ts";
import { type SplitEpoch, sampleRatioEvidence } from "./sample-ratio.ts";

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

/** Of the .05 that may be claimed wrongly, what goes to differences and what to splits. */
const ALPHA = 0.04;
const ALPHA_SPLIT = 0.01;

/** Fewest conversions, and fewest participants without one, of each side of each alternative. */
const ENOUGH = 5;

interface Contrast {
  readonly estimate: number;
  readonly variance: number;
}

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

function interaction(question: SegmentQuestion, cell: SegmentCells, alternative: number): Tested {
  const { cells, baseline, better, tuningSize } = question;
  const whole = cells.filter(({ dimension }) => dimension === cell.dimension);
  const parts: { readonly here: Contrast; readonly rest: Contrast; readonly n: number; readonly size: number }[] = [];
  for (const [at, stretch] of cell.stretches.entries()) {
    const restOf = (arm: number) =>
      summed(whole.filter(({ value }) => value !== cell.value).map(({ stretches }) => stretches[at]?.[arm] ?? NOTHING));
    const [treated, control] = [stretch[alternative] ?? NOTHING, stretch[baseline] ?? NOTHING];
    const [treatedRest, controlRest] = [restOf(alternative), restOf(baseline)];
    if (!hasEnough(treated, control) || !hasEnough(treatedRest, controlRest)) continue;
    const size = treated.participants + control.participants;
    const rest = treatedRest.participants + controlRest.participants;
    const [here, there] = [contrast(treated, control), contrast(treatedRest, controlRest)];
    parts.push({ here, rest: there, n: (size * rest) / (size + rest), size });
  }
  if (parts.length === 0) return UNTESTED;
  const tuning: Tuning = { plannedN: tuningSize, alpha: ALPHA / Math.max(1, cells.length) };
  const between = pooled(
    parts.map(({ here, rest }) => ({
      estimate: here.estimate - rest.estimate,
      variance: here.variance + rest.variance,
    })),
  );
  const here = pooled(parts.map((part) => part.here));
  const all = pooled(parts.flatMap((part) => [part.here, part.rest]));
  const n = parts.reduce((sum, part) => sum + part.n, 0);
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const z = between.estimate / Math.sqrt(between.variance);
  const direction = better === "higher" ? 1 : -1;
  // What of the distance to the whole is more than chance.
  const distance = here.estimate - all.estimate;
  const kept = distance === 0 ? 0 : Math.max(0, 1 - here.variance / (distance * distance));
  const estimate = all.estimate + kept * distance;
  const half = alwaysValidCritical(size, tuning) * Math.sqrt(here.variance);
  return {
    p: alwaysValidP(z, n, tuning),
    sign: direction * between.estimate,
    own: direction * here.estimate,
    difference: {
      estimate,
      low: Math.min(estimate, here.estimate - half),
      high: Math.max(estimate, here.estimate + half),
    },
  };
}

/** Both sides together: an alternative that loses all of its conversions in a segment has none there. */
function hasEnough(treated: SegmentArm, control: SegmentArm): boolean {
  const { participants, conversions } = summed([treated, control]);
  const both = Math.min(treated.participants, control.participants);
  return both >= 2 * ENOUGH && conversions >= 2 * ENOUGH && participants - conversions >= 2 * ENOUGH;
}

/** A difference of rates. Half a conversion more on either side keeps the variance of a rate of 0 from being 0. */
function contrast(treated: SegmentArm, control: SegmentArm): Contrast {
  const variance = ({ participants, conversions }: SegmentArm) => {
    const rate = (conversions + 0.5) / (participants + 1);
    return (rate * (1 - rate)) / participants;
  };
  const rate = ({ participants, conversions }: SegmentArm) => conversions / participants;
  return { estimate: rate(treated) - rate(control), variance: variance(treated) + variance(control) };
}

function pooled(contrasts: readonly Contrast[]): Contrast {
  const information = contrasts.reduce((sum, { variance }) => sum + 1 / variance, 0);
  const weighted = contrasts.reduce((sum, { estimate, variance }) => sum + estimate / variance, 0);
  return { estimate: weighted / information, variance: 1 / information };
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
