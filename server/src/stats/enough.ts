/**
 * Whether there is enough to act on a statement that rests on normal theory. What breaks the theory is a rare event in a
 * small arm: few of the rarer outcome, or few values that carry a sum. So both are counted as what the smaller arm would have
 * of them if nothing differed, whichever arm has them: harm that only the treatment has is seen.
 *
 * Without the limits a difference is claimed between equal arms in 6.3 and 7.4 % (rate 1 %, share of an arm 2 and 98 %) and in
 * 25.7 % (lognormal values of sigma 1.5 on 3 %, share 10 %); with a fifth of them in at most 3.9 %, with half in at most 1.9 %,
 * with all in at most 1.2 % (`npm run simulate -- enough`). The margin is for many arms, whose levels lie further out, and for
 * what else `npm run simulate -- hostile` draws.
 */
import { exactConversionTestEpochs, KAPPA_DEFAULT } from "./exact.ts";
import type { Sample } from "./mean.ts";
import type { Enough } from "./report.ts";
import type { Arm } from "./score.ts";
import type { SampleStratum, Stratum } from "./stratified.ts";

/** Of the rarer outcome, in both of two equal arms together; also the limit of Sixpack 2.7. */
export const OUTCOMES_MIN = 20;
/** Skew cancels between equal arms only: from this imbalance on the smaller arm needs as many times more. */
const OUTCOMES_IMBALANCE_MAX = 2;
/** Values of equal weight in both of two equal arms together. */
export const VALUES_MIN = 40;
const VALUES_IMBALANCE_MAX = 10;

/** Chance below which the exact test speaks for a difference that is too lopsided to wait for more. */
const STRICT_LEVEL = 0.001;

/** Of "the rates differ", by their score statistic. */
export function enoughForRates(strata: readonly Stratum[], statistic: number): Enough {
  const sum = (of: (stratum: Stratum) => number): number => strata.reduce((total, stratum) => total + of(stratum), 0);
  const conversions = sum(({ control, treatment }) => control.x + treatment.x);
  const all = sum(({ control, treatment }) => control.n + treatment.n);
  const converted = conversions <= all - conversions;
  const rare = (arm: Arm): number => (converted ? arm.x : arm.n - arm.x);
  const need = needed(strata, OUTCOMES_MIN, OUTCOMES_IMBALANCE_MAX);
  const have = sum(({ control, treatment }) => rare(control) + rare(treatment));
  if (have >= need || isExact(strata, rare, statistic)) return { kind: "open" };
  return { kind: "too-few", what: converted ? "conversions" : "non-conversions", have, need };
}

/**
 * Of "no worse than the margin allows": what its own null hypothesis, a treatment that is worse by the whole margin, would
 * lead to. So good news counts: no refund at all says much where the margin would have brought thirty. Counts that stay
 * behind have lighter tails than the normal ones, and half as many will do.
 */
export function enoughForMargin(strata: readonly Stratum[], shifted: Shift): Enough {
  let [conversions, others] = [0, 0];
  for (const { control, treatment } of strata) {
    const [before, after] = shiftedRates(control, treatment, shifted);
    conversions += control.n * before + treatment.n * after;
    others += control.n * (1 - before) + treatment.n * (1 - after);
  }
  const need = needed(strata, OUTCOMES_MIN / 2, OUTCOMES_IMBALANCE_MAX);
  const have = Math.floor(Math.min(conversions, others) + 1e-9);
  const what = conversions <= others ? "conversions" : "non-conversions";
  return have >= need ? { kind: "open" } : { kind: "too-few", what, have, need };
}

/** A null hypothesis: the treatment's rate is `ratio` times the control's, or `difference` above it. */
export type Shift = { readonly ratio: number } | { readonly difference: number };

/** Rates of both arms that agree with their conversions together. */
function shiftedRates(control: Arm, treatment: Arm, shifted: Shift): readonly [number, number] {
  const conversions = control.x + treatment.x;
  if ("ratio" in shifted) {
    const rate = conversions / (control.n + treatment.n * shifted.ratio);
    return [Math.min(1, rate), Math.min(1, rate * shifted.ratio)];
  }
  const { difference } = shifted;
  const rate = (conversions - treatment.n * difference) / (control.n + treatment.n);
  const before = Math.min(Math.min(1, 1 - difference), Math.max(0, -difference, rate));
  return [before, before + difference];
}

/** What an arm has of a KPI, over all epochs. */
export interface LookArm {
  readonly rate: Arm;
  readonly sample: Sample;
}

/**
 * Whether the planned look can be taken: each alternative with clients has enough beside the baseline, of what all arms have
 * together shared out by their sizes. That says nothing of which does better, so waiting for it costs no error.
 */
export function enoughForLook(baseline: LookArm, others: readonly LookArm[], decidesOn: "rate" | "mean"): boolean {
  const arms = [baseline, ...others];
  const sum = (of: (arm: LookArm) => number): number => arms.reduce((total, arm) => total + of(arm), 0);
  const all = sum(({ rate }) => rate.n);
  const conversions = sum(({ rate }) => rate.x);
  const have =
    decidesOn === "mean"
      ? sum(({ sample }) => sample.n * sample.mean) ** 2 /
        Math.max(
          Number.MIN_VALUE,
          sum(({ sample }) => squaresOf(sample)),
        )
      : Math.min(conversions, all - conversions);
  return others.every(({ rate: { n } }) => {
    if (n === 0 || baseline.rate.n === 0) return true;
    const pair = [{ control: { n: baseline.rate.n }, treatment: { n } }];
    const need = decidesOn === "mean" ? neededAtLook(pair) : needed(pair, OUTCOMES_MIN, OUTCOMES_IMBALANCE_MAX);
    return (have * (baseline.rate.n + n)) / all >= need;
  });
}

/**
 * The rarer outcome falls on arms by their shares if nothing differs, at any count: twelve of twelve in an arm of 2 % need no
 * twenty.
 */
function isExact(strata: readonly Stratum[], rare: (arm: Arm) => number, statistic: number): boolean {
  // A test that costs more than the rest, and can't agree with a small statistic.
  if (Math.abs(statistic) < 3) return false;
  const epochs = strata.map(({ control, treatment }) => ({
    conversions: [rare(control), rare(treatment)] as const,
    weights: [control.n, treatment.n] as const,
  }));
  return exactConversionTestEpochs(epochs, KAPPA_DEFAULT, STRICT_LEVEL).p < STRICT_LEVEL;
}

/** Of "the means differ", or that one is within a margin. */
export function enoughForMeans(strata: readonly SampleStratum[]): Enough {
  return meansGate(strata, needed(strata, VALUES_MIN, VALUES_IMBALANCE_MAX));
}

/** The same at the planned look, which spends its whole level at once: nothing is left for skew. */
export function enoughForMeansAtLook(strata: readonly SampleStratum[]): Enough {
  return meansGate(strata, neededAtLook(strata));
}

function meansGate(strata: readonly SampleStratum[], need: number): Enough {
  const have = Math.floor(
    strata.reduce((sum, { control, treatment }) => sum + effectiveValues(control) + effectiveValues(treatment), 0),
  );
  return have >= need ? { kind: "open" } : { kind: "too-few", what: "values", have, need };
}

/**
 * Values of equal size that would have this sum and sum of squares, (sum)²/(sum of squares): never more than participants whose
 * total is not zero, far fewer where a few large ones make the sum.
 */
export function effectiveValues({ n, mean, variance }: Sample): number {
  const squares = squaresOf({ n, mean, variance });
  return squares > 0 ? (n * mean) ** 2 / squares : 0;
}

function squaresOf({ n, mean, variance }: Sample): number {
  return Math.max(0, n - 1) * variance + n * mean * mean;
}

type Sizes = readonly { readonly control: { readonly n: number }; readonly treatment: { readonly n: number } }[];

/** How many both arms need together, so that the smaller one has its part of them. */
function needed(strata: Sizes, equal: number, imbalanceMax: number): number {
  const [small, large] = sizesOf(strata);
  const part = (2 * small) / (small + large);
  return Math.round((equal * Math.min(imbalanceMax, large / small)) / part);
}

/**
 * Unequal arms have up to twice as many values at the planned look as at any other: with as many, negative lognormal values of
 * sigma 1.5 on 30 % and shares of 10:90 erred in 4.9 % (setting 46 of `npm run simulate -- hostile`).
 */
function neededAtLook(strata: Sizes): number {
  const [small, large] = sizesOf(strata);
  return Math.round(needed(strata, VALUES_MIN, VALUES_IMBALANCE_MAX) * Math.min(2, large / small));
}

function sizesOf(strata: Sizes): readonly [small: number, large: number] {
  const size = (arm: "control" | "treatment"): number => strata.reduce((sum, stratum) => sum + stratum[arm].n, 0);
  const [control, treatment] = [size("control"), size("treatment")];
  return [Math.min(control, treatment), Math.max(control, treatment)];
}
