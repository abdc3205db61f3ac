/**
 * Whether there is enough to act on a statement that rests on normal theory. What breaks the theory is a rare event in a
 * small arm: few of the rarer outcome, or few values that carry a sum. So both are counted as what the smaller arm would have
 * of them if nothing differed, whichever arm has them: harm that only the treatment has is seen.
 * The limits were found by `npm run simulate -- hostile`.
 */
import { exactConversionTestEpochs, KAPPA_DEFAULT } from "./exact.ts";
import type { KpiCell } from "./input.ts";
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

/**
 * Whether the planned look can be taken, by what all arms have together: that says nothing of which does better, so waiting
 * for it costs no error.
 */
export function enoughForLook(
  cells: readonly KpiCell[],
  participants: readonly number[],
  decidesOn: "rate" | "mean",
): boolean {
  const sum = (of: (cell: KpiCell) => number): number => cells.reduce((total, cell) => total + of(cell), 0);
  if (decidesOn === "mean") {
    const squares = sum(({ values }) => values?.sumSquares ?? 0);
    return squares > 0 && sum(({ values }) => values?.sum ?? 0) ** 2 / squares >= VALUES_MIN;
  }
  const conversions = sum((cell) => cell.conversions);
  const all = participants.reduce((total, count) => total + count, 0);
  return Math.min(conversions, all - conversions) >= OUTCOMES_MIN;
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
  const have = Math.floor(
    strata.reduce((sum, { control, treatment }) => sum + effectiveValues(control) + effectiveValues(treatment), 0),
  );
  const need = needed(strata, VALUES_MIN, VALUES_IMBALANCE_MAX);
  return have >= need ? { kind: "open" } : { kind: "too-few", what: "values", have, need };
}

/**
 * Values of equal size that would have this sum and sum of squares, (sum)²/(sum of squares): never more than participants whose
 * total is not zero, far fewer where a few large ones make the sum.
 */
export function effectiveValues({ n, mean, variance }: Sample): number {
  const squares = (n - 1) * variance + n * mean * mean;
  return squares > 0 ? (n * mean) ** 2 / squares : 0;
}

/** How many both arms need together, so that the smaller one has its part of them. */
function needed(
  strata: readonly { readonly control: { readonly n: number }; readonly treatment: { readonly n: number } }[],
  equal: number,
  imbalanceMax: number,
): number {
  const size = (arm: "control" | "treatment"): number => strata.reduce((sum, stratum) => sum + stratum[arm].n, 0);
  const [small, large] = [size("control"), size("treatment")].sort((a, b) => a - b) as [number, number];
  const part = (2 * small) / (small + large);
  return Math.round((equal * Math.min(imbalanceMax, large / small)) / part);
}
