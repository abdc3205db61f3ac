/** The beta function: its logarithm, and the tail of the distribution named after it. */

/** From here up the terms of Stirling's series below are exact to double precision. */
const STIRLING_MIN = 10;

/**
 * Natural logarithm of the beta function of two positive numbers. For large ones the leading terms of Stirling's series
 * are cancelled on paper, not in floating point: at 5e7 a difference of log-gammas would lose seven digits.
 */
export function logBeta(a: number, b: number): number {
  const small = Math.min(a, b);
  const large = Math.max(a, b);
  if (large < STIRLING_MIN) return logGamma(a) + logGamma(b) - logGamma(a + b);
  const tail = stirlingTail(large) - stirlingTail(a + b) - (large - 0.5) * Math.log1p(small / large);
  if (small < STIRLING_MIN) return logGamma(small) + tail + small - small * Math.log(a + b);
  const half = 0.5 * Math.log((2 * Math.PI) / (a + b));
  return half + stirlingTail(small) + tail + (small - 0.5) * Math.log(small / (a + b));
}

/** Natural logarithm of the gamma function of a positive number, carried up to where Stirling's series holds. */
export function logGamma(z: number): number {
  let above = z;
  let product = 1;
  for (; above < STIRLING_MIN; above += 1) product *= above;
  return (
    (above - 0.5) * Math.log(above) - above + 0.5 * Math.log(2 * Math.PI) + stirlingTail(above) - Math.log(product)
  );
}

function stirlingTail(z: number): number {
  const s = 1 / (z * z);
  const far = 1 / 1680 - s * (1 / 1188 - s * (691 / 360360 - s / 156));
  return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * far))) / z;
}

/** Far more terms than any call needs: tens as a rule, hundreds with 5e7 degrees of freedom. */
const TERMS_MAX = 100_000;

/**
 * P(X > x) for Beta(a, b). `y` is 1 - x, given by the caller, who knows it exactly also where it is small.
 * What is computed is the tail on the side of x, so that a small chance is accurate relatively.
 */
export function upperBeta(x: number, y: number, a: number, b: number): number {
  const isUpperTail = x > (a + 1) / (a + b + 2);
  return isUpperTail ? betaTail(y, x, b, a) : 1 - betaTail(x, y, a, b);
}

/** P(X < x) for Beta(a, b) and an x below its middle; y = 1 - x. */
function betaTail(x: number, y: number, a: number, b: number): number {
  return x === 0 ? 0 : Math.exp(logPowers(x, y, a, b)) / betaFraction(x, y, a, b);
}

/** log(x^a y^b / B(a, b)). For large a and b it is written about the middle, where the three large terms cancel. */
function logPowers(x: number, y: number, a: number, b: number): number {
  if (Math.min(a, b) < STIRLING_MIN) return a * logOf(x, y) + b * logOf(y, x) - logBeta(a, b);
  const off = b * x - a * y;
  const height = 0.5 * Math.log(((a / (a + b)) * b) / (2 * Math.PI)) - stirlingTail(a) - stirlingTail(b);
  return a * Math.log1p(off / a) + b * Math.log1p(-off / b) + height + stirlingTail(a + b);
}

/** log(x) where 1 - x is known as well. */
function logOf(x: number, complement: number): number {
  return x < complement ? Math.log(x) : Math.log1p(-complement);
}

/**
 * The continued fraction of Didonato and Morris (ACM Transactions on Mathematical Software 18 (1992), 360–373, equation 9),
 * by the method of Lentz. It takes 1 - x as a number of its own, and keeps its digits where x is all but 1.
 */
function betaFraction(x: number, y: number, a: number, b: number): number {
  let fraction = (a * (a * y - b * x + 1)) / (a + 1);
  let [c, d] = [fraction, 0];
  for (let m = 1; m < TERMS_MAX; m += 1) {
    const middle = a + 2 * m - 1;
    const numerator = ((a + m - 1) * (a + b + m - 1) * m * (b - m) * x * x) / (middle * middle);
    const left = m + (m * (b - m) * x) / middle;
    const denominator = left + ((a + m) * (a * y - b * x + 1 + m * (1 + y))) / (middle + 2);
    d = 1 / (denominator + numerator * d);
    c = denominator + numerator / c;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < Number.EPSILON) break;
  }
  return fraction;
}
