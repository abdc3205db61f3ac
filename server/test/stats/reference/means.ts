/**
 * Tests of two means in one piece, as the golden cases ask for them. The engine makes the same figures from
 * `pairs.ts` and `compare.ts`.
 * References: Welch (1947); Fieller (1954).
 */
import { alwaysValidCritical, alwaysValidP, type Tuning } from "../../../src/stats/always-valid.ts";
import { studentCritical, studentTwoSidedP } from "../../../src/stats/distributions.ts";
import { estimateOf, fieller, type Sample } from "../../../src/stats/mean.ts";
import type { Limits } from "../../../src/stats/score.ts";
import { logDelta } from "./closed-form.ts";

interface WelchTest {
  readonly t: number;
  readonly df: number;
  readonly p: number;
  readonly diff: number;
  readonly difference: Limits;
  readonly uplift: number;
  /** Fieller with the same critical value: excludes 0 exactly when the test rejects, wherever it is bounded. */
  readonly upliftFieller: Limits;
  /** Simpler, for positive means only. */
  readonly upliftLogDelta: Limits;
}

/** Welch's t test and its intervals; n >= 2 in both arms and some spread. */
export function welch(control: Sample, treatment: Sample, alpha: number): WelchTest {
  const c = estimateOf(control);
  const t = estimateOf(treatment);
  const variance = c.variance + t.variance;
  const df =
    (variance * variance) /
    ((c.variance * c.variance) / (control.n - 1) + (t.variance * t.variance) / (treatment.n - 1));
  const diff = t.mean - c.mean;
  const statistic = diff / Math.sqrt(variance);
  const critical = studentCritical(alpha, df);
  const half = critical * Math.sqrt(variance);
  return {
    t: statistic,
    df,
    p: studentTwoSidedP(statistic, df),
    diff,
    difference: { lower: diff - half, upper: diff + half },
    uplift: t.mean / c.mean - 1,
    upliftFieller: fieller(c, t, critical),
    upliftLogDelta: logDelta(
      t.mean / c.mean,
      t.variance / (t.mean * t.mean) + c.variance / (c.mean * c.mean),
      critical,
    ),
  };
}

interface AlwaysValidMeans {
  readonly z: number;
  readonly p: number;
  readonly radius: number;
  readonly difference: Limits;
  readonly upliftFieller: Limits;
}

/** Means that may be looked at continuously: radius z_AV(n) times the standard error. */
export function alwaysValidMean(control: Sample, treatment: Sample, tuning: Tuning): AlwaysValidMeans {
  const [c, t] = [estimateOf(control), estimateOf(treatment)];
  const n = control.n + treatment.n;
  const deviation = Math.sqrt(c.variance + t.variance);
  const diff = t.mean - c.mean;
  const z = diff / deviation;
  const critical = alwaysValidCritical(n, tuning);
  const radius = critical * deviation;
  return {
    z,
    p: alwaysValidP(z, n, tuning),
    radius,
    difference: { lower: diff - radius, upper: diff + radius },
    upliftFieller: fieller(c, t, critical),
  };
}
