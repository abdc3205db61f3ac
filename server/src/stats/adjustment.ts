/**
 * Regression adjustment by one number x that was known of a participant before the test (CUPED, analysis of covariance).
 * What x explains of a KPI y is taken out of each arm's mean, so that intervals get narrower by the root of what is left,
 * about 1 - correlation². It moves no expectation, whether x explains anything or not, because x can't follow the arm.
 *
 * Within each epoch x is measured from its mean in both arms; whoever has none counts as that mean. With S the sums of
 * squares and products about the mean of each arm and epoch:
 *
 *     theta = sum of S_xy / sum of S_xx        mean' = mean of y - theta * mean of x
 *                                              variance' = (S_yy - 2 theta S_xy + theta² S_xx) / (n - 1)
 *
 * The always-valid test of `always-valid.ts` on the adjusted means stays valid at every look as the sample grows.
 * References: Deng, Xu, Kohavi, Walker (2013) for CUPED; Lin (2013) for its use without a model; Lindon, Ham, Tingley,
 * Bojinov (2022) for the always-valid form.
 *
 * @example
 * const x = { n: 400, sum: 600, sumSquares: 1400 };
 * const one = { n: 400, y: { sum: 1000, sumSquares: 3000 }, x, y0: 1000, product: 2000 };
 * adjust([{ control: one, treatment: one }], 2)?.theta; // 1: S_xy is 500, S_xx is 500
 */
import type { CovariateCell, EpochCounts, Moments } from "./input.ts";
import { type Sample, sampleOf } from "./mean.ts";
import type { SampleStratum } from "./stratified.ts";

/** Fewest participants with a covariate, in each of the two arms, from which theta is good enough to help. */
export const COVARIATES_MIN = 100;

/** What one arm has in one epoch. */
export interface JointSums {
  readonly n: number;
  readonly y: Moments;
  readonly x: CovariateCell;
  /** Of those with a covariate alone: sum of y, and of x·y. */
  readonly y0: number;
  readonly product: number;
}

export interface Adjusted {
  readonly theta: number;
  readonly strata: readonly SampleStratum[];
  /** Participants with a covariate, of both arms. */
  readonly covariates: number;
}

type Side = "control" | "treatment";
type JointStratum = Readonly<Record<Side, JointSums>>;

/** `null` where there are too few covariates, or they are all alike. */
export function adjust(strata: readonly JointStratum[]): Adjusted | null {
  const withX = (side: Side): number => strata.reduce((sum, stratum) => sum + stratum[side].x.n, 0);
  if (Math.min(withX("control"), withX("treatment")) < COVARIATES_MIN) return null;
  const parts = strata.map(({ control, treatment }) => {
    const centre = (control.x.sum + treatment.x.sum) / Math.max(1, control.x.n + treatment.x.n);
    return { control: centred(control, centre), treatment: centred(treatment, centre) };
  });
  const all = parts.flatMap(({ control, treatment }) => [control, treatment]);
  const sxx = all.reduce((sum, part) => sum + part.sxx, 0);
  const theta = all.reduce((sum, part) => sum + part.sxy, 0) / sxx;
  if (!(sxx > 0) || !Number.isFinite(theta)) return null;
  const sampled = parts.map(({ control, treatment }) => ({
    control: adjusted(control, theta),
    treatment: adjusted(treatment, theta),
  }));
  return { theta, strata: sampled, covariates: withX("control") + withX("treatment") };
}

interface Centred {
  readonly plain: Sample;
  /** Mean of x over all participants of the arm, from that of both arms. */
  readonly x: number;
  readonly sxx: number;
  readonly sxy: number;
}

function centred({ n, y, x, y0, product }: JointSums, centre: number): Centred {
  const sum = x.sum - x.n * centre;
  const squares = x.sumSquares - 2 * centre * x.sum + x.n * centre * centre;
  return {
    plain: sampleOf(n, y.sum, y.sumSquares),
    x: sum / n,
    sxx: Math.max(0, squares - (sum * sum) / n),
    sxy: product - centre * y0 - (sum * y.sum) / n,
  };
}

function adjusted({ plain, x, sxx, sxy }: Centred, theta: number): Sample {
  const { n, mean, variance } = plain;
  const taken = n > 1 ? (theta * theta * sxx - 2 * theta * sxy) / (n - 1) : 0;
  return { n, mean: mean - theta * x, variance: Math.max(0, variance + taken) };
}

const NO_COVARIATES: CovariateCell = { n: 0, sum: 0, sumSquares: 0 };
const NO_PRODUCTS = { conversions: 0, conversionsTimes: 0, sum: 0, sumTimes: 0 };

/** The sums of one arm and KPI in one epoch, of its conversions or of its values. */
export function jointSums(epoch: EpochCounts, kpi: number, arm: number, of: "rates" | "means"): JointSums {
  const cell = epoch.kpis[kpi]?.[arm] ?? { conversions: 0 };
  const { conversions, values = { sum: 0, sumSquares: 0 }, products = NO_PRODUCTS } = cell;
  const common = { n: epoch.participants[arm] ?? 0, x: epoch.covariates?.[arm] ?? NO_COVARIATES };
  // A conversion is 1, so that its square is 1, too.
  return of === "rates"
    ? {
        ...common,
        y: { sum: conversions, sumSquares: conversions },
        y0: products.conversions,
        product: products.conversionsTimes,
      }
    : { ...common, y: values, y0: products.sum, product: products.sumTimes };
}
