/**
 * Is there any difference among k arms? Asked before arms are compared in pairs.
 * References: Wilks (1938) for G; Pearson (1900) for chi-square; both have k - 1 degrees of freedom.
 *
 * @example
 * const { g, gP, df } = omnibus([{ n: 1000, x: 50 }, { n: 1000, x: 60 }, { n: 1000, x: 80 }]);
 * [g, gP, df]; // [7.751, 0.02075, 2]
 */
import { chiSquareSf } from "./distributions.ts";
import type { NoInference } from "./no-inference.ts";
import type { Arm } from "./score.ts";

/** The test of any difference at all in a report. */
export type Omnibus =
  | NoInference
  | {
      readonly kind: "tested";
      readonly g: number;
      readonly gP: number;
      readonly chiSquare: number;
      readonly chiSquareP: number;
      readonly df: number;
    };

interface OmnibusTest {
  readonly g: number;
  readonly gP: number;
  readonly chi2: number;
  readonly chi2P: number;
  readonly df: number;
}

/**
 * G = 2 sum O ln(O/E), with 0 ln 0 = 0, and Pearson's chi-square. At least two arms, each with participants. No
 * conversions at all, or all: no evidence, 0.
 */
export function omnibus(arms: readonly Arm[]): OmnibusTest {
  const n = arms.reduce((sum, arm) => sum + arm.n, 0);
  const x = arms.reduce((sum, arm) => sum + arm.x, 0);
  let g = 0;
  let chi2 = 0;
  for (const arm of arms) {
    for (const [observed, share] of [
      [arm.x, x / n],
      [arm.n - arm.x, (n - x) / n],
    ] as const) {
      const expected = arm.n * share;
      if (expected === 0) continue;
      const off = observed - expected;
      g += 2 * deviance(observed, expected);
      chi2 += (off * off) / expected;
    }
  }
  const df = arms.length - 1;
  return { g, gP: chiSquareSf(g, df), chi2, chi2P: chiSquareSf(chi2, df), df };
}

/**
 * O ln(O/E) - (O - E), a term that is never negative. The (O - E) cancel over a table, and subtracting them here keeps
 * a small G of large counts from drowning in rounding.
 */
function deviance(observed: number, expected: number): number {
  if (observed === 0) return expected;
  const off = observed - expected;
  const r = off / expected;
  return Math.abs(r) < 1e-3 ? expected * smallDeviance(r) : observed * Math.log(observed / expected) - off;
}

/** (1+r) ln(1+r) - r by its series, for |r| < 1e-3. */
function smallDeviance(r: number): number {
  return r * r * (1 / 2 - r * (1 / 6 - r * (1 / 12 - r * (1 / 20 - r * (1 / 30)))));
}
