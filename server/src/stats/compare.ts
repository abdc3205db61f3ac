/** From the test of one pair to its record in the report; adjustments for many comparisons are filled in afterwards. */
import { alwaysValidCritical, alwaysValidP, type Tuning } from "./always-valid.ts";
import { type Better, directionOfInterval, gainOf, leastGain } from "./direction.ts";
import { normalSf, studentTwoSidedP } from "./distributions.ts";
import type { Shift } from "./enough.ts";
import type { Margin } from "./input.ts";
import type { PairTest } from "./pairs.ts";
import type { Comparison, Effect, FinalLook, Interval, Levels, NonInferiority, StrictTest } from "./report.ts";
import type { Limits } from "./score.ts";
import type { Steps } from "./steps.ts";
import { oneLookFigure, type Sharing } from "./withheld.ts";

/** How the comparisons of one section are judged. */
export interface Terms {
  readonly family: "goal" | "exploratory" | "guardrail";
  readonly better: Better;
  /** Guardrails only. */
  readonly margin: Margin | null;
  readonly levels: Levels;
  /** Comparisons in the family of goals, or in that of guardrails where their harm is adjusted for being many. */
  readonly familySize: number;
  /** Pair size at which the always-valid test is sharpest. */
  readonly tuningSize: number;
  /** Factor of the always-valid critical value: see `lateness.ts`. */
  readonly widening: number;
  readonly sharing: Sharing;
}

export interface PosteriorFigures {
  readonly chanceToBeatBaseline: number;
  readonly credibleUplift: Limits;
}

/**
 * A comparison before its p-values are adjusted; `finalPair` is the same pair on the frozen counts. Pauses between
 * intervals: over hundreds of epochs one of them takes a millisecond or more.
 */
export function* compare(
  pair: PairTest,
  finalPair: PairTest | null,
  terms: Terms,
  ask: { readonly posterior: () => PosteriorFigures; readonly strict: () => StrictTest | null },
): Steps<Comparison> {
  const tuning = tuningOf(terms);
  const fixed = pair.critical(terms.levels.alpha);
  const always = alwaysValidCritical(pair.clock, tuning);
  const { sharing } = terms;
  const uplift = overZero(yield* effectSteps(pair.uplift, fixed, always, sharing));
  const difference = yield* effectSteps(pair.difference, fixed, always, sharing);
  const posterior = ask.posterior();
  yield;
  const strict = ask.strict();
  yield;
  const widened = terms.family === "goal" ? bonferroniCritical(pair, terms, tuning) : null;
  return {
    kind: "compared",
    test: { kind: pair.kind, statistic: pair.statistic, df: pair.df },
    difference,
    uplift,
    upliftBonferroni: widened === null ? null : intervalOf(pair.uplift.limits(widened)),
    differenceBonferroni: widened === null ? null : intervalOf(pair.difference.limits(widened)),
    pFixed: oneLookFigure(sharing, () => pair.pFixed),
    pAlwaysValid: alwaysValidP(pair.statistic, pair.clock, tuning),
    pHolm: null,
    pBenjaminiHochberg: null,
    chanceToBeatBaseline: posterior.chanceToBeatBaseline,
    credibleUplift: intervalOf(posterior.credibleUplift),
    gate: pair.enough,
    conclusion: "undecided",
    conclusionNow: "undecided",
    hint: "undecided",
    reached: null,
    concludedBy: null,
    finalLook: oneLookFigure(sharing, () =>
      finalPair === null || terms.levels.final === 0 ? null : finalLookOf(finalPair, terms),
    ),
    nonInferiority: terms.margin === null ? null : nonInferiorityOf(pair, finalPair, terms, { uplift, difference }),
    strict,
    ...(pair.adjustment === undefined ? {} : { adjustment: pair.adjustment }),
  };
}

/** Guardrails all have to pass, so each may use the whole of alpha; goals and explored KPIs the continuous part. */
export function tuningOf({
  family,
  levels,
  tuningSize,
  widening,
}: Pick<Terms, "family" | "levels" | "tuningSize" | "widening">): Tuning {
  return { plannedN: tuningSize, alpha: family === "guardrail" ? levels.alpha : levels.continuous, widening };
}

/** Infinite limits become `null`. */
export function intervalOf({ lower, upper }: Limits): Interval {
  const below = Number.isFinite(lower) ? lower : null;
  const above = Number.isFinite(upper) ? upper : null;
  return { lower: below, upper: above, unbounded: below === null || above === null };
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** Nothing relative is said of a baseline that may be zero. */
function overZero(uplift: Effect): Effect {
  return isEndless(uplift.alwaysValid) ? { ...uplift, estimate: null } : uplift;
}

function isEndless({ lower, upper }: Interval): boolean {
  return lower === null && upper === null;
}

function* effectSteps(
  quantity: { readonly estimate: number; readonly limits: (critical: number) => Limits },
  fixed: number,
  always: number,
  sharing: Sharing,
): Steps<Effect> {
  const once = oneLookFigure(sharing, () => intervalOf(quantity.limits(fixed)));
  yield;
  const anyTime = intervalOf(quantity.limits(always));
  yield;
  return { estimate: finiteOrNull(quantity.estimate), fixed: once, alwaysValid: anyTime };
}

function bonferroniCritical({ clock }: PairTest, { levels, familySize }: Terms, tuning: Tuning): number {
  return alwaysValidCritical(clock, tuning, levels.continuous / familySize);
}

function finalLookOf(pair: PairTest, { levels, familySize }: Terms): FinalLook {
  const critical = pair.critical(levels.final);
  const widened = pair.critical(levels.final / familySize);
  const interval = intervalOf(pair.uplift.limits(critical));
  return {
    pValue: pair.pFixed,
    pHolm: pair.pFixed,
    statistic: pair.statistic,
    gate: pair.enoughAtLook,
    difference: {
      estimate: finiteOrNull(pair.difference.estimate),
      interval: intervalOf(pair.difference.limits(critical)),
    },
    uplift: { estimate: isEndless(interval) ? null : finiteOrNull(pair.uplift.estimate), interval },
    upliftBonferroni: intervalOf(pair.uplift.limits(widened)),
    differenceBonferroni: intervalOf(pair.difference.limits(widened)),
  };
}

function nonInferiorityOf(
  pair: PairTest,
  finalPair: PairTest | null,
  terms: Terms,
  effects: { readonly uplift: Effect; readonly difference: Effect },
): NonInferiority | null {
  const { margin, better, levels } = terms;
  if (margin === null) return null;
  const low = leastGainOf(margin, better, effects);
  const pFinalLook = finalPair === null || levels.final === 0 ? null : oneSidedP(finalPair, margin, better);
  const shifted = shiftOf(margin, better);
  const safeNow = pair.enoughForMargin(shifted).kind === "open" && low !== null && low > -margin.value;
  // The interval spends half of alpha on this side; the look has the other half.
  const safeAtFinal =
    pFinalLook !== null && finalPair?.enoughForMargin(shifted).kind === "open" && pFinalLook < levels.alpha / 2;
  const worse = pair.enough.kind === "open" && harmBeyond(pair, margin, terms, effects.uplift);
  return {
    margin,
    pFixed: oneLookFigure(terms.sharing, () => oneSidedP(pair, margin, better)),
    pAlwaysValid: marginP(pair, margin, terms, effects.uplift),
    pFinalLook: oneLookFigure(terms.sharing, () => pFinalLook),
    conclusion: worse ? "inferior" : safeNow || safeAtFinal ? "non-inferior" : "undecided",
    reached: null,
  };
}

/**
 * The lower limit of the gain on the margin's scale. Where the baseline may be zero a relative gain is unknown, but a
 * difference on the good side of 0 is within any relative margin.
 */
function leastGainOf(
  margin: Margin,
  better: Better,
  { uplift, difference }: { readonly uplift: Effect; readonly difference: Effect },
): number | null {
  if (isUnknown(margin, uplift)) return directionOfInterval(difference.alwaysValid, better) === "better" ? 0 : null;
  const limit = leastGain((margin.kind === "relative" ? uplift : difference).alwaysValid, better);
  return limit === null ? null : gainOf(limit, better);
}

function isUnknown({ kind }: Margin, uplift: Effect): boolean {
  return kind === "relative" && isEndless(uplift.alwaysValid);
}

/** Worse by more than the margin, at this comparison's share of the harm's level: then it is shown worse, too. */
function harmBeyond(pair: PairTest, margin: Margin, terms: Terms, uplift: Effect): boolean {
  const statistic = marginStatistic(pair, margin, terms.better);
  if (statistic >= 0 || isUnknown(margin, uplift)) return false;
  return alwaysValidP(statistic, pair.clock, tuningOf(terms)) < terms.levels.harm / terms.familySize;
}

/** H0: worse than the margin allows. */
function oneSidedP(pair: PairTest, margin: Margin, better: Better): number {
  const statistic = marginStatistic(pair, margin, better);
  if (pair.df === null) return normalSf(statistic);
  const tail = studentTwoSidedP(statistic, pair.df) / 2;
  return statistic > 0 ? tail : 1 - tail;
}

/** The same at any look, by the rule of `leastGainOf`: its interval spends half of alpha on this side. */
function marginP(pair: PairTest, margin: Margin, terms: Terms, uplift: Effect): number {
  const statistic = isUnknown(margin, uplift)
    ? gainOf(pair.statistic, terms.better)
    : marginStatistic(pair, margin, terms.better);
  return statistic > 0 ? alwaysValidP(statistic, pair.clock, tuningOf(terms)) : 1;
}

/** Positive when the alternative is better than the worst that the margin allows. */
function marginStatistic(pair: PairTest, { kind, value }: Margin, better: Better): number {
  const shift = -gainOf(value, better);
  return gainOf(kind === "relative" ? pair.upliftStatistic(shift) : pair.differenceStatistic(shift), better);
}

/** The same as a hypothesis about two rates. */
function shiftOf({ kind, value }: Margin, better: Better): Shift {
  const shift = -gainOf(value, better);
  return kind === "relative" ? { ratio: 1 + shift } : { difference: shift };
}
