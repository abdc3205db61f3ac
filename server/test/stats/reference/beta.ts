/** The beta distribution, to hold the incomplete beta function to golden cases and to draw test data. */
import { upperBeta } from "../../../src/stats/beta-function.ts";

export function betaCdf(x: number, a: number, b: number): number {
  return upperBeta(1 - x, x, b, a);
}

/** P(X > x) for Beta(a, b). */
export function betaSf(x: number, a: number, b: number): number {
  return upperBeta(x, 1 - x, a, b);
}

/** By halving, until no number lies between. */
export function betaQuantile(p: number, a: number, b: number): number {
  let [low, high] = [0, 1];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (betaCdf(middle, a, b) < p) low = middle;
    else high = middle;
  }
}
