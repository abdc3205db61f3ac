/**
 * Figures that stay true however often one looks: the normal mixture sequential test on the score statistic. With n
 * participants in both arms together and g = n rho^2, the chance that |z| ever reaches z_AV(n), at any n, is at most alpha.
 * References: Robbins (1970); Howard et al. (2021); Waudby-Smith et al. (2021) for the choice of rho; mSPRT of
 * Johari et al. (2017) with tau^2 = V n rho^2.
 *
 * @example
 * const tuning = { plannedN: 10_000, alpha: 0.05 };
 * alwaysValidCritical(10_000, tuning); // 3.035, where a test for one look has 1.96
 * alwaysValidP(2.5, 10_000, tuning); // 0.1863
 */

/** How the test was tuned before the first participant: `alpha` and the pair size N* at which it is sharpest. */
export interface Tuning {
  readonly plannedN: number;
  readonly alpha: number;
  /** Factor on the critical value, at least 1, that late conversions ask for: see `lateness.ts`. @default 1 */
  readonly widening?: number;
}

/** Information per participant: the mixture's variance in units of the statistic's. */
export function mixtureRho2({ plannedN, alpha }: Tuning): number {
  const twice = -2 * Math.log(alpha);
  return (twice + Math.log1p(twice)) / plannedN;
}

/**
 * Critical value for |z| at n participants of both arms, n > 0, at `level` (the tuned alpha if not given). 1.55 times the
 * fixed one at N*, 2 times at a tenth of it.
 */
export function alwaysValidCritical(n: number, tuning: Tuning, level: number = tuning.alpha): number {
  const g = n * mixtureRho2(tuning);
  return (tuning.widening ?? 1) * Math.sqrt((1 + 1 / g) * (Math.log1p(g) - 2 * Math.log(level)));
}

/** Always-valid p-value, in [0, 1]; below alpha exactly when |z| exceeds the critical value of that alpha. */
export function alwaysValidP(z: number, n: number, tuning: Tuning): number {
  const g = n * mixtureRho2(tuning);
  const narrowed = z / (tuning.widening ?? 1);
  return Math.min(1, Math.exp(0.5 * Math.log1p(g) - (narrowed * narrowed * g) / (2 * (1 + g))));
}
