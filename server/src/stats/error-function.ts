/** The complementary error function and its inverse: what every normal tail and quantile is made of. */

/**
 * (1 + 2x) exp(x²) erfc(x) for all x >= 0, as a Chebyshev series in (x - 3.75) / (x + 3.75): Shepherd and Laframboise,
 * Mathematics of Computation 36 (1981), 249–253. `special.py` beside the tests computes the coefficients.
 */
// biome-ignore format: a table
const SCALED_ERFC = [
  1.1775789345674017, -0.004590054580646478, -0.08424913336651792, 0.05920993999819189, -0.026658668435305753,
  0.009074997670705265, -0.002413163540417608, 0.0004907758365258086, -6.916973302501207e-05, 4.13902798607301e-06,
  7.74038306619849e-07, -2.1886401049234397e-07, 1.076499946567091e-08, 4.521959811218287e-09, -7.754400208831351e-10,
  -6.318088340886684e-11, 2.86879501093067e-11, 1.9455868545777347e-13, -9.65469674843344e-13, 3.2525481481487395e-14,
  3.3478119482868056e-14, -1.864562880419313e-15, -1.2507950530688646e-15, 7.418235256624088e-17, 5.0681489047961776e-17,
];
const SCALED_ERFC_CENTRE = 3.75;

/** From here on the result is smaller than the smallest number. */
const ERFC_ZERO = 27.3;

/** 1 - erf(x); the relative error stays below 1e-15, however small the result. */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x > ERFC_ZERO) return 0;
  // exp(-x²) in two parts: rounding x² itself would cost digits where it is large.
  const head = Math.fround(x);
  const gauss = Math.exp(-head * head) * Math.exp((head - x) * (head + x));
  return (gauss * chebyshev(SCALED_ERFC, (x - SCALED_ERFC_CENTRE) / (x + SCALED_ERFC_CENTRE))) / (1 + 2 * x);
}

/** Clenshaw's recurrence. */
function chebyshev(coefficients: readonly number[], t: number): number {
  let [next, afterNext] = [0, 0];
  for (let index = coefficients.length - 1; index > 0; index -= 1) {
    [next, afterNext] = [(coefficients[index] ?? 0) + 2 * t * next - afterNext, next];
  }
  return (coefficients[0] ?? 0) + t * next - afterNext;
}

/** How often Halley's step is taken: each triples the number of right digits, and the first guess has three. */
const HALLEY_STEPS = 3;

/** x with erfc(x) = p; p in [0, 2], and ±Infinity at its ends. */
export function erfcInverse(p: number): number {
  if (p > 1) return -erfcInverse(2 - p);
  if (p === 0) return Number.POSITIVE_INFINITY;
  // Abramowitz and Stegun, 26.2.23.
  const t = Math.sqrt(-2 * Math.log(p / 2));
  const top = 2.515517 + t * (0.802853 + t * 0.010328);
  const bottom = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
  let x = (t - top / bottom) / Math.SQRT2;
  for (let step = 0; step < HALLEY_STEPS; step += 1) {
    const newton = ((erfc(x) - p) * Math.sqrt(Math.PI)) / (2 * Math.exp(-x * x));
    x += newton / (1 + x * newton);
  }
  return x;
}
