/**
 * Draws for simulations, from a source that is passed in: the same seed gives the same study.
 * References: Blackman & Vigna (2018) xoshiro128**; Kachitvichyanukul & Schmeiser (1988) for small binomials;
 * Hörmann (1993) BTRS for large ones; Marsaglia & Tsang (2000) for gamma.
 */

/** Uniform in [0, 1). */
export type Random = () => number;

/**
 * xoshiro128**, its state filled by splitmix32 from any integers; their order matters, so that
 * `seededRandom(study, run, visitor)` is a sequence of its own for each of the three.
 */
export function seededRandom(...seeds: readonly [number, ...number[]]): Random {
  let filler = seeds.reduce((stirred, seed) => mixed(stirred) ^ (seed | 0), 0);
  const next = (): number => {
    filler = (filler + 0x9e3779b9) | 0;
    return mixed(filler);
  };
  let [a, b, c, d] = [next(), next(), next(), next()];
  return () => {
    const five = Math.imul(b, 5);
    const result = Math.imul((five << 7) | (five >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result / 4_294_967_296;
  };
}

/** The finalizer of MurmurHash3: every input bit changes about half of the output bits; 0 stays 0. */
function mixed(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

/** Standard normal, by the polar method. */
export function normalFrom(random: Random): number {
  for (;;) {
    const u = 2 * random() - 1;
    const v = 2 * random() - 1;
    const s = u * u + v * v;
    if (s > 0 && s < 1) return u * Math.sqrt((-2 * Math.log(s)) / s);
  }
}

/** Below this mean the distribution is walked from zero; above it rejection is faster. */
const WALK_MEAN_MAX = 12;

/** Successes among n trials with chance p. */
export function binomialFrom(n: number, p: number, random: Random): number {
  if (n <= 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomialFrom(n, 1 - p, random);
  return n * p < WALK_MEAN_MAX ? walk(n, p, random) : transformedRejection(n, p, random);
}

function walk(n: number, p: number, random: Random): number {
  const odds = p / (1 - p);
  let mass = Math.exp(n * Math.log1p(-p));
  let left = random();
  for (let k = 0; k < n; k++) {
    if (left < mass) return k;
    left -= mass;
    mass *= (odds * (n - k)) / (k + 1);
  }
  return n;
}

function transformedRejection(n: number, p: number, random: Random): number {
  const deviation = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const c = n * p + 0.5;
  const vr = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * deviation;
  const logOdds = Math.log(p / (1 - p));
  const mode = Math.floor((n + 1) * p);
  const atMode = logFactorial(mode) + logFactorial(n - mode);
  for (;;) {
    const u = random() - 0.5;
    const v = random();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + c);
    if (k < 0 || k > n) continue;
    if (us >= 0.07 && v <= vr) return k;
    const height = Math.log((v * alpha) / (a / (us * us) + b));
    if (height <= atMode - logFactorial(k) - logFactorial(n - k) + (k - mode) * logOdds) return k;
  }
}

const LOG_FACTORIALS = new Float64Array(128);
for (let k = 2; k < LOG_FACTORIALS.length; k++) LOG_FACTORIALS[k] = (LOG_FACTORIALS[k - 1] ?? 0) + Math.log(k);

function logFactorial(k: number): number {
  const known = LOG_FACTORIALS[k];
  if (known !== undefined) return known;
  const r = 1 / (k + 1);
  return (k + 0.5) * Math.log(k + 1) - (k + 1) + 0.5 * Math.log(2 * Math.PI) + r * (1 / 12 - (r * r) / 360);
}
