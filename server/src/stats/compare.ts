/** From the test of one pair to its record in the report; adjustments for many comparisons are filled in afterwards. */
import { alwaysValidCritical, alwaysValidP, type Tuning } from "./always-valid.ts";
import type { Margin } from "./input.ts";
import type { PairTest } from "./pairs.ts";
import type { Comparison, Effect, FinalLook, Interval, Levels, NonInferiority, StrictTest } from "./report.ts";
import type { Limits } from "./score.ts";
import { normalCdf, normalSf } from "./special.ts";
import type { Steps } from "./steps.ts";

/** How the comparisons of one section are judged. */
export interface Terms {
  readonly family: "goal" | "exploratory" | "guardrail";
  readonly better: "higher" | "lower";
  /** Guardrails only. */
  readonly margin: Margin | null;
  readonly levels: Levels;
  /** Comparisons in the goal family. */
  readonly familySize: number;
  /** Pair size at which the always-valid test is sharpest. */
  readonly tuningSize: number;
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
  const uplift = yield* effectSteps(pair.uplift, fixed, always);
  const difference = yield* effectSteps(pair.difference, fixed, always);
  const posterior = ask.posterior();
  yield;
  const strict = ask.strict();
  yield;
  return {
    kind: "compared",
    test: { kind: pair.kind, statistic: pair.statistic, df: pair.df },
    difference,
    uplift,
    upliftBonferroni: terms.family === "goal" ? bonferroniUplift(pair, terms, tuning) : null,
    pFixed: pair.pFixed,
    pAlwaysValid: alwaysValidP(pair.statistic, pair.clock, tuning),
    pHolm: null,
    pBenjaminiHochberg: null,
    chanceToBeatBaseline: posterior.chanceToBeatBaseline,
    credibleUplift: intervalOf(posterior.credibleUplift),
    gate: pair.gate,
    conclusion: "undecided",
    concludedBy: null,
    finalLook: finalPair === null || terms.levels.final === 0 ? null : finalLookOf(finalPair, terms),
    nonInferiority: terms.margin === null ? null : nonInferiorityOf(pair, finalPair, terms, { uplift, difference }),
    strict,
  };
}

/** Guardrails all have to pass, so each may use the whole of alpha; goals and explored KPIs the continuous part. */
export function tuningOf({ family, levels, tuningSize }: Terms): Tuning {
  return { plannedN: tuningSize, alpha: family === "guardrail" ? levels.alpha : levels.continuous };
}

/** Infinite limits become `null`. */
export function intervalOf({ lower, upper }: Limits): Interval {
  const below = Number.isFinite(lower) ? lower : null;
  const above = Number.isFinite(upper) ? upper : null;
  return { lower: below, upper: above, unbounded: below === null || above === null };
}

export function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function* effectSteps(
  quantity: { readonly estimate: number; readonly limits: (critical: number) => Limits },
  fixed: number,
  always: number,
): Steps<Effect> {
  const once = intervalOf(quantity.limits(fixed));
  yield;
  const anyTime = intervalOf(quantity.limits(always));
  yield;
  return { estimate: finiteOrNull(quantity.estimate), fixed: once, alwaysValid: anyTime };
}

function bonferroniUplift(pair: PairTest, { levels, familySize }: Terms, tuning: Tuning): Interval {
  return intervalOf(pair.uplift.limits(alwaysValidCritical(pair.clock, tuning, levels.continuous / familySize)));
}

function finalLookOf(pair: PairTest, { levels, familySize }: Terms): FinalLook {
  const critical = pair.critical(levels.final);
  return {
    pValue: pair.pFixed,
    pHolm: pair.pFixed,
    statistic: pair.statistic,
    gate: pair.gateFinal,
    difference: {
      estimate: finiteOrNull(pair.difference.estimate),
      interval: intervalOf(pair.difference.limits(critical)),
    },
    uplift: { estimate: finiteOrNull(pair.uplift.estimate), interval: intervalOf(pair.uplift.limits(critical)) },
    upliftBonferroni: intervalOf(pair.uplift.limits(pair.critical(levels.final / familySize))),
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
  const interval = (margin.kind === "relative" ? effects.uplift : effects.difference).alwaysValid;
  // Mirrored where lower is better, so that "bad" is always below -margin.
  const [low, high] =
    better === "higher" ? [interval.lower, interval.upper] : [negative(interval.upper), negative(interval.lower)];
  const pFinalLook = finalPair === null || levels.final === 0 ? null : oneSidedP(finalPair, margin, better);
  const open = pair.gate.kind === "open";
  const safeNow = open && low !== null && low > -margin.value;
  // The interval spends half of alpha on this side; the look has the other half.
  const safeAtFinal = pFinalLook !== null && finalPair?.gateFinal.kind === "open" && pFinalLook < levels.alpha / 2;
  const worse = open && high !== null && high < -margin.value;
  return {
    margin,
    pFixed: oneSidedP(pair, margin, better),
    pFinalLook,
    conclusion: worse ? "inferior" : safeNow || safeAtFinal ? "non-inferior" : "undecided",
  };
}

/** H0: worse than the margin allows. */
function oneSidedP(pair: PairTest, { kind, value }: Margin, better: "higher" | "lower"): number {
  const sign = better === "higher" ? -1 : 1;
  const statistic =
    kind === "relative" ? pair.ratioStatistic(1 + sign * value) : pair.differenceStatistic(sign * value);
  return better === "higher" ? normalSf(statistic) : normalCdf(statistic);
}

function negative(value: number | null): number | null {
  return value === null ? null : -value;
}
