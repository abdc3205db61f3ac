/**
 * One KPI over all arms, as rates or as means. Generators: they pause between intervals, because credible intervals and
 * stratified limits are what a report spends its time on.
 */
import { adjust, type JointSums, jointSums } from "./adjustment.ts";
import { epochAdjustedPosteriors } from "./bandit.ts";
import {
  chancesToBeat,
  chancesToBeBest,
  expectedLossesSteps,
  type Joint,
  jointOfMeans,
  jointOfRatesSteps,
} from "./bayes.ts";
import { armOf, firstWeights, pooledSample, sampleIn, standardised, together, totalOf } from "./cells.ts";
import { compare, intervalOf, type PosteriorFigures, type Terms } from "./compare.ts";
import { credibleUplift } from "./credible.ts";
import { normalCdf, normalCritical, studentCritical } from "./distributions.ts";
import { armConfidenceSequence, type ConversionEpoch, exactConversionTestEpochs } from "./exact.ts";
import type { EpochCounts, Settings } from "./input.ts";
import { type Sample, sampleOf } from "./mean.ts";
import { noInference, withoutSpread } from "./no-inference.ts";
import { adjustedMeanPair, adjustedRatePair, meanPair, type PairTest, ratePair } from "./pairs.ts";
import { type PreparedPosterior, posteriorOf, prepare } from "./posterior.ts";
import type { Adjustment, ComparisonOutcome, MeanArm, RateArm, StrictTest } from "./report.ts";
import { wilson } from "./score.ts";
import type { Steps } from "./steps.ts";
import { type SampleStratum, stratifiedMeans } from "./stratified.ts";
import { named } from "./verdict-words.ts";
import { pooledFigure, type Sharing } from "./withheld.ts";

/** What every section needs: the epochs to compare within (one if nothing changed), now and frozen. */
export interface SectionContext {
  readonly names: readonly string[];
  readonly baseline: number;
  readonly settings: Settings;
  readonly epochs: readonly EpochCounts[];
  readonly finalEpochs: readonly EpochCounts[] | null;
  /** Conversions that count as strong belief in "no effect" for the strict test. */
  readonly kappa: number;
  readonly sharing: Sharing;
  /** What no claim rests on is left out: posteriors, and the strict test. */
  readonly claimsAlone: boolean;
}

/** What the test of a pair asks. */
export interface PairContext extends Pick<SectionContext, "baseline"> {
  readonly sharing: Pick<Sharing, "adaptive">;
}

const SEQUENCE_PRIOR = [0.5, 0.5] as const;

export function* rateSection(context: SectionContext, kpi: number, terms: Terms): Steps<RateArm[]> {
  const { names, baseline, settings } = context;
  const critical = normalCritical(settings.alpha);
  const totals = names.map((_, arm) => totalOf(context.epochs, kpi, arm));
  const filled = names.map((_, arm) => arm).filter((arm) => (totals[arm]?.n ?? 0) > 0);
  const posteriors = context.claimsAlone ? [] : posteriorsOf(context, kpi);
  yield;
  const joint =
    filled.length === 0 || context.claimsAlone
      ? null
      : yield* jointOfRatesSteps(pick(posteriors, filled), terms.better);
  const figures = yield* jointFigures(joint, filled, filled.indexOf(baseline));
  yield;
  const preparedOf = (arm: number): PreparedPosterior | null => {
    const posterior = posteriors[arm];
    return posterior !== undefined && filled.includes(arm) ? prepare(posterior) : null;
  };
  const control = preparedOf(baseline);
  const arms: RateArm[] = [];
  for (const [arm, name] of names.entries()) {
    yield;
    const own = totals[arm] ?? { n: 0, x: 0 };
    const chance = figures.get(arm);
    const some = own.n > 0;
    const credible = (): ReturnType<typeof credibleUplift> => {
      const treatment = preparedOf(arm);
      return control && treatment
        ? credibleUplift(control, treatment, 1 - settings.alpha)
        : { lower: -1, upper: Infinity };
    };
    arms.push({
      name,
      participants: own.n,
      conversions: own.x,
      rate: some ? own.x / own.n : null,
      rateInterval: pooledFigure(context.sharing, () => (some ? intervalOf(wilson(own, critical)) : null)),
      rateSequence: some ? intervalOf(armConfidenceSequence(own, SEQUENCE_PRIOR, settings.alpha)) : null,
      chanceToBeBest: chance?.best ?? null,
      expectedLoss: chance?.loss ?? null,
      comparison: yield* outcomeSteps(context, kpi, arm, terms, {
        pair: (epochs) => ratePairOf(context, epochs, kpi, arm),
        posterior: () => ({ chanceToBeatBaseline: chance?.beat ?? 0.5, credibleUplift: credible() }),
        strict: () => (context.claimsAlone ? null : strictTest(context, kpi, arm, terms.levels.continuous)),
      }),
    });
  }
  return arms;
}

export function* meanSection(context: SectionContext, kpi: number, terms: Terms): Steps<MeanArm[]> {
  const { names, baseline, settings } = context;
  const estimates = names.map((_, arm) => standardised(context.epochs, kpi, arm));
  const filled = names.map((_, arm) => arm).filter((arm) => (estimates[arm]?.variance ?? 0) > 0);
  // An arm in which everybody has the same value can't be weighed, and without it the best of the others may not be the best.
  const isComplete = estimates.every((estimate) => estimate === null || estimate.variance > 0);
  const isAsked = filled.length > 0 && isComplete && !context.claimsAlone;
  const joint = !isAsked ? null : jointOfMeans(pick(estimates, filled), terms.better);
  const figures = yield* jointFigures(joint, filled, filled.indexOf(baseline));
  const arms: MeanArm[] = [];
  for (const [arm, name] of names.entries()) {
    yield;
    const own = pooledSample(context.epochs, kpi, arm);
    const pair = (epochs: readonly EpochCounts[]): PairTest | null => meanPairOf(context, epochs, kpi, arm);
    const chance = figures.get(arm);
    const half = own.n > 1 ? studentCritical(settings.alpha, own.n - 1) * Math.sqrt(own.variance / own.n) : null;
    arms.push({
      name,
      participants: own.n,
      mean: own.n > 0 ? own.mean : null,
      standardDeviation: own.n > 1 ? Math.sqrt(own.variance) : null,
      meanInterval: pooledFigure(context.sharing, () =>
        half === null ? null : intervalOf({ lower: own.mean - half, upper: own.mean + half }),
      ),
      chanceToBeBest: chance?.best ?? null,
      expectedLoss: chance?.loss ?? null,
      comparison: yield* outcomeSteps(context, kpi, arm, terms, {
        pair,
        posterior: (test) => posteriorOfMeans(test, terms, settings),
        strict: () => null,
      }),
    });
  }
  return arms;
}

/** Flat, so that it is the estimate with its error. */
export function posteriorOfMeans(
  { statistic, uplift }: PairTest,
  { better }: Terms,
  { alpha }: Settings,
): PosteriorFigures {
  return {
    chanceToBeatBaseline: normalCdf(better === "higher" ? statistic : -statistic),
    credibleUplift: uplift.limits(normalCritical(alpha)),
  };
}

interface Questions {
  readonly pair: (epochs: readonly EpochCounts[]) => PairTest | null;
  readonly posterior: (pair: PairTest) => PosteriorFigures;
  readonly strict: () => StrictTest | null;
}

export function* outcomeSteps(
  { baseline, epochs, finalEpochs, names }: SectionContext,
  kpi: number,
  arm: number,
  terms: Terms,
  questions: Questions,
): Steps<ComparisonOutcome> {
  if (arm === baseline) return { kind: "baseline" };
  for (const index of [baseline, arm]) {
    if (totalOf(epochs, kpi, index).n === 0) {
      return noInference("empty-arm", `Nobody got ${named(names[index] ?? "")} yet`);
    }
  }
  if (together(epochs, baseline, arm).length === 0) {
    return noInference("never-together", `At no time ${named(names[arm] ?? "")} and the baseline both took visitors`);
  }
  const pair = questions.pair(epochs);
  if (pair === null) return withoutSpread([baseline, arm].map((index) => pooledSample(epochs, kpi, index)));
  const finalPair = finalEpochs === null ? null : questions.pair(finalEpochs);
  return yield* compare(pair, finalPair, terms, {
    posterior: () => questions.posterior(pair),
    strict: questions.strict,
  });
}

interface ArmFigures {
  readonly best: number;
  readonly loss: number;
  readonly beat: number;
}

function* jointFigures(
  joint: Joint | null,
  arms: readonly number[],
  baseline: number,
): Steps<ReadonlyMap<number, ArmFigures>> {
  if (joint === null) return new Map();
  const best = chancesToBeBest(joint);
  yield;
  const loss = yield* expectedLossesSteps(joint);
  yield;
  const beat = baseline < 0 ? [] : chancesToBeat(joint, baseline);
  return new Map(arms.map((arm, i) => [arm, { best: best[i] ?? 0, loss: loss[i] ?? 0, beat: beat[i] ?? 0.5 }]));
}

function posteriorsOf({ names, epochs, settings }: SectionContext, kpi: number) {
  if (epochs.length === 1) return names.map((_, arm) => posteriorOf(totalOf(epochs, kpi, arm), settings.prior));
  const bandit = epochs.map((epoch) => ({ arms: names.map((_, arm) => armOf(epoch, kpi, arm)) }));
  return epochAdjustedPosteriors(bandit, settings.prior);
}

export function ratePairOf(
  context: PairContext,
  epochs: readonly EpochCounts[],
  kpi: number,
  arm: number,
): PairTest | null {
  const { baseline } = context;
  const both = together(epochs, baseline, arm);
  if (both.length === 0) return null;
  const strata = both.map((epoch) => ({ control: armOf(epoch, kpi, baseline), treatment: armOf(epoch, kpi, arm) }));
  const first = firstWeights(epochs, baseline, arm);
  const found = adjustmentOf(context, both, kpi, arm, "rates");
  if (found === null) return ratePair(strata, first);
  return adjustedRatePair(strata, found.strata, first, found.adjustment);
}

export function meanPairOf(
  context: PairContext,
  epochs: readonly EpochCounts[],
  kpi: number,
  arm: number,
): PairTest | null {
  const { baseline } = context;
  const both = together(epochs, baseline, arm).filter(
    ({ participants }) => (participants[baseline] ?? 0) > 1 && (participants[arm] ?? 0) > 1,
  );
  if (both.length === 0) return null;
  const strata = both.map((epoch) => ({
    control: sampleIn(epoch, kpi, baseline),
    treatment: sampleIn(epoch, kpi, arm),
  }));
  const first = firstWeights(epochs, baseline, arm);
  const found = adjustmentOf(context, both, kpi, arm, "means");
  return found === null ? meanPair(strata, first) : adjustedMeanPair(strata, found.strata, first, found.adjustment);
}

/**
 * What a covariate takes out; `null` where there is none. Nothing is taken out where a bandit shares clients out: its batches
 * are too small.
 */
function adjustmentOf(
  { baseline, sharing }: PairContext,
  epochs: readonly EpochCounts[],
  kpi: number,
  arm: number,
  of: "rates" | "means",
): { readonly strata: readonly SampleStratum[]; readonly adjustment: Adjustment } | null {
  if (sharing.adaptive || epochs.every(({ covariates }) => covariates === undefined)) return null;
  const sums = epochs.map((epoch) => ({
    control: jointSums(epoch, kpi, baseline, of),
    treatment: jointSums(epoch, kpi, arm, of),
  }));
  const found = adjust(sums);
  if (found === null) return null;
  const plain = sums.map(({ control, treatment }) => ({
    control: plainSample(control),
    treatment: plainSample(treatment),
  }));
  const left = varianceOf(found.strata) / varianceOf(plain);
  // Nothing is left where the covariate is the KPI itself; what it was before the test never is.
  if (!(left > 0)) return null;
  const { covariates, strata } = found;
  return { strata, adjustment: { covariates, varianceReduction: 1 - left } };
}

function plainSample({ n, y }: JointSums): Sample {
  return sampleOf(n, y.sum, y.sumSquares);
}

function varianceOf(strata: readonly SampleStratum[]): number {
  const { control, treatment } = stratifiedMeans(strata);
  return control.variance + treatment.variance;
}

function strictTest({ epochs, baseline, kappa }: SectionContext, kpi: number, arm: number, alpha: number): StrictTest {
  const stretches: ConversionEpoch[] = [];
  for (const epoch of together(epochs, baseline, arm)) {
    const weights = [epoch.weights[baseline] ?? 0, epoch.weights[arm] ?? 0] as const;
    if (weights[0] <= 0 || weights[1] <= 0) return { kind: "unavailable", reason: "weights-unknown" };
    stretches.push({ conversions: [armOf(epoch, kpi, baseline).x, armOf(epoch, kpi, arm).x], weights });
  }
  if (stretches.every(({ conversions }) => conversions[0] + conversions[1] === 0)) {
    return { kind: "unavailable", reason: "no-conversions" };
  }
  const { logE, p, uplift } = exactConversionTestEpochs(stretches, kappa, alpha);
  return { kind: "tested", logEvidence: logE, pValue: p, uplift: intervalOf(uplift) };
}

function pick<T>(values: readonly (T | null)[], indices: readonly number[]): T[] {
  return indices.flatMap((index) => values[index] ?? []);
}
