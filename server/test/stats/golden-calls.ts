/** How each function of the golden files is called in this engine, and its answer in the file's shape. */
import { alwaysValidCritical, alwaysValidP, mixtureRho2 } from "../../src/stats/always-valid.ts";
import { allocationFloor } from "../../src/stats/bandit.ts";
import { chancesToBeat, chancesToBeBest, expectedLossesSteps, jointOfRates } from "../../src/stats/bayes.ts";
import { sixpackCompat } from "../../src/stats/compat.ts";
import { credibleUplift, valueRemainingSteps } from "../../src/stats/credible.ts";
import * as special from "../../src/stats/distributions.ts";
import { armConfidenceSequence, exactConversionTest } from "../../src/stats/exact.ts";
import { omnibus } from "../../src/stats/g-test.ts";
import { type Estimate, fieller, type Sample } from "../../src/stats/mean.ts";
import { benjaminiHochberg, holm } from "../../src/stats/multiplicity.ts";
import { posteriorOf, prepare } from "../../src/stats/posterior.ts";
import { ratioOf } from "../../src/stats/ratio.ts";
import { chiSquare, dirichletEvidence, expectedCounts } from "../../src/stats/sample-ratio.ts";
import { type Arm, differenceScore, type Limits, twoProportionZ, upliftScore, wilson } from "../../src/stats/score.ts";
import { minimumDetectableUplift, pairSize, powerOf } from "../../src/stats/size.ts";
import { finished } from "../../src/stats/steps.ts";
import { cmhStratified, type Stratum } from "../../src/stats/stratified.ts";
import { betaCdf, betaQuantile, betaSf } from "./reference/beta.ts";
import { differenceAgrestiCaffo, differenceNewcombe, upliftLogDelta, upliftMoverR } from "./reference/closed-form.ts";
import { credibleDifference } from "./reference/credible-difference.ts";
import { alwaysValidMean, welch } from "./reference/means.ts";
import { nonInferiority } from "./reference/non-inferiority.ts";
import { alwaysValidBinary } from "./reference/rates.ts";
import { zScore } from "./reference/sixpack-z-score.ts";
import { sampleSizeArcsine } from "./reference/size.ts";

/** Every input that any function of the file has; a case carries those its function needs. */
export interface GoldenInputs {
  readonly n: number;
  readonly x: number;
  readonly z: number;
  readonly p: readonly number[];
  readonly crit: number;
  readonly alpha: number;
  readonly power: number;
  readonly level: number;
  readonly quantile: number;
  readonly plannedN: number;
  readonly baseline: number;
  readonly relativeMde: number;
  readonly absoluteMde: number;
  readonly absoluteMargin: number;
  readonly sd: number;
  readonly nPerArm: number;
  readonly kappa: number;
  readonly concentration: number;
  readonly floor: number;
  readonly name: string;
  readonly args: readonly [number, number, number];
  readonly prior: readonly [number, number];
  readonly control: Arm & Sample & FileRatio;
  readonly treatment: Arm & Sample & FileRatio;
  readonly alternative: Arm;
  readonly arms: readonly Arm[];
  readonly strata: readonly Stratum[];
  readonly observed: readonly number[];
  readonly weights: readonly [number, number, ...number[]];
  readonly conversions: readonly [number, number];
  readonly probBest: readonly number[];
}

const pair = ({ lower, upper }: Limits): readonly [number, number] => [lower, upper];
const critical = ({ alpha }: GoldenInputs): number => special.normalCritical(alpha);
const joint = ({ arms, prior }: GoldenInputs) => jointOfRates(arms.map((arm) => posteriorOf(arm, prior)));
const rateQuestion = (i: GoldenInputs) => ({ ...i, baseline: { rate: i.baseline } });
const prepared = (arm: Arm, { prior }: GoldenInputs) => prepare(posteriorOf(arm, prior));

/** Sums as the file has them: numerators, denominators, their squares and their product. */
interface FileRatio {
  readonly sumNum: number;
  readonly sumDen: number;
  readonly sumNum2: number;
  readonly sumDen2: number;
  readonly sumNumDen: number;
}

function ratioIn({ n, sumNum, sumDen, sumNum2, sumDen2, sumNumDen }: Arm & FileRatio): Estimate {
  const squares = { eventsSquared: sumDen2, totalSquared: sumNum2 };
  return ratioOf({ n, events: sumDen, total: sumNum, ...squares, product: sumNumDen });
}

/** The file says `null` (fixed) or `{unbounded: true}` (always valid) where Fieller has no limits. */
function fiellerPair<Unbounded>(limits: Limits, unbounded: Unbounded): readonly [number, number] | Unbounded {
  return Number.isFinite(limits.lower) ? pair(limits) : unbounded;
}

const DISTRIBUTIONS: Record<string, (a: number, b: number, c: number) => number> = {
  "normal.cdf": special.normalCdf,
  "normal.sf": special.normalSf,
  "normal.quantile": special.normalQuantile,
  "chi2.sf": special.chiSquareSf,
  "t.twoSidedP": special.studentTwoSidedP,
  "beta.cdf": betaCdf,
  "beta.sf": betaSf,
  "beta.quantile": betaQuantile,
};

export const CALLS: Readonly<Record<string, (inputs: GoldenInputs) => unknown>> = {
  sixpackCompat: (i) => ({
    ...sixpackCompat(i.control, i.alternative),
    z_score: zScore(i.control, i.alternative),
  }),
  gTest: (i) => {
    const { g, df, gP } = omnibus(i.arms);
    return { g, df, p: gP };
  },
  twoProportionZ: (i) => twoProportionZ(i.control, i.treatment),
  omnibus: (i) => omnibus(i.arms),
  wilson: (i) => pair(wilson(i, critical(i))),
  diffNewcombe: (i) => pair(differenceNewcombe(i.control, i.treatment, critical(i))),
  diffAgrestiCaffo: (i) => pair(differenceAgrestiCaffo(i.control, i.treatment, critical(i))),
  diffScore: (i) => pair(differenceScore(i.control, i.treatment, critical(i))),
  upliftScore: (i) => pair(upliftScore(i.control, i.treatment, critical(i))),
  upliftMoverR: (i) => pair(upliftMoverR(i.control, i.treatment, critical(i))),
  upliftLogDelta: (i) => pair(upliftLogDelta(i.control, i.treatment, critical(i))),
  upliftFieller: (i) => fiellerPair(fieller(i.control, i.treatment, i.crit), null),
  welch: (i) => {
    const test = welch(i.control, i.treatment, i.alpha);
    return {
      ...test,
      diffCI: pair(test.difference),
      upliftLogDeltaCI: pair(test.upliftLogDelta),
      upliftFiellerCI: fiellerPair(test.upliftFieller, null),
    };
  },
  ratioMetric: (i) => {
    const [c, t] = [ratioIn(i.control), ratioIn(i.treatment)];
    const deviation = Math.sqrt(c.variance + t.variance);
    const difference = t.mean - c.mean;
    const half = critical(i) * deviation;
    return {
      controlRatio: c.mean,
      treatmentRatio: t.mean,
      controlVariance: c.variance,
      treatmentVariance: t.variance,
      z: difference / deviation,
      p: special.normalTwoSidedP(difference / deviation),
      diffCI: [difference - half, difference + half],
    };
  },
  srm: (i) => chiSquare(i.observed, expectedCounts(i.observed, i.weights)),
  sequentialSrm: (i) => {
    const logE = dirichletEvidence(i.observed, i.weights, i.concentration);
    return { logE, p: Math.min(1, Math.exp(-logE)) };
  },
  probBeatsControl: (i) => chancesToBeat(joint({ ...i, arms: [i.control, i.treatment] }), 0)[1],
  expectedLoss: (i) => finished(expectedLossesSteps(joint(i))),
  credibleDiff: (i) =>
    pair(credibleDifference(posteriorOf(i.control, i.prior), posteriorOf(i.treatment, i.prior), i.level)),
  credibleUplift: (i) => pair(credibleUplift(prepared(i.control, i), prepared(i.treatment, i), i.level)),
  probBest: (i) => chancesToBeBest(joint(i)),
  valueRemaining: (i) =>
    finished(
      valueRemainingSteps(
        i.arms.map((arm) => posteriorOf(arm, i.prior)),
        i.quantile,
      ),
    ),
  holm: (i) => holm(i.p),
  benjaminiHochberg: (i) => benjaminiHochberg(i.p),
  sampleSize: (i) => {
    const nPerArm = pairSize(rateQuestion(i), [1, 1]) / 2;
    return { nPerArm, nPerArmCeil: Math.ceil(nPerArm), arcsine: sampleSizeArcsine(i.baseline, i) };
  },
  power: (i) => powerOf(rateQuestion(i), [i.nPerArm, i.nPerArm]),
  mde: (i) => {
    const relativeMde = minimumDetectableUplift(rateQuestion(i), [i.nPerArm, i.nPerArm]);
    return { relativeMde, p2: i.baseline * (1 + (relativeMde ?? Number.NaN)) };
  },
  sampleSizeMean: (i) => {
    // Downwards the deviation stays.
    const question = { baseline: { mean: 1, deviation: i.sd }, relativeMde: -i.absoluteMde };
    const nPerArm = pairSize({ ...question, alpha: i.alpha, power: i.power }, [1, 1]) / 2;
    return { nPerArm, nPerArmCeil: Math.ceil(nPerArm) };
  },
  alwaysValidCritical: (i) => ({ rho2: mixtureRho2(i), zAv: alwaysValidCritical(i.n, i) }),
  alwaysValidP: (i) => alwaysValidP(i.z, i.n, i),
  alwaysValidBinary: (i) => {
    const test = alwaysValidBinary(i.control, i.treatment, i);
    return { ...test, diffCI: pair(test.difference), upliftCI: pair(test.uplift) };
  },
  alwaysValidMean: (i) => {
    const test = alwaysValidMean(i.control, i.treatment, i);
    return {
      ...test,
      diffCI: pair(test.difference),
      upliftFiellerCI: fiellerPair(test.upliftFieller, { unbounded: true }),
    };
  },
  exactConversionTest: (i) => {
    const weights = [i.weights[0], i.weights[1]] as const;
    const test = exactConversionTest({ conversions: i.conversions, weights }, i.kappa, i.alpha);
    return { ...test, upliftCI: pair(test.uplift) };
  },
  armConfidenceSequence: (i) => pair(armConfidenceSequence(i, i.prior, i.alpha)),
  nonInferiority: (i) => nonInferiority(i.control, i.treatment, i.absoluteMargin),
  cmhStratified: (i) => cmhStratified(i.strata),
  allocationFloor: (i) => allocationFloor(i.probBest, i.floor),
  distribution: (i) => DISTRIBUTIONS[i.name]?.(...i.args),
};
