/**
 * Roots of one-dimensional functions that are costly, monotone, and may be infinite at the ends.
 * Reference: Chandrupatla (1997), "A new hybrid quadratic/bisection algorithm", Advances in Engineering Software 28.
 */

export type Curve = (x: number) => number;

const STEPS_MAX = 200;

/** Width at which to stop, relative to the root. */
const RELATIVE_WIDTH = 1e-14;

/** A root between `a` and `b`, where `f` changes sign. */
export function findRoot(f: Curve, a: number, b: number, fa = f(a), fb = f(b)): number {
  let [x1, x2, x3, f1, f2, f3] = [b, a, b, fb, fa, fb];
  let t = 0.5;
  for (let step = 0; step < STEPS_MAX; step++) {
    const x = x1 + t * (x2 - x1);
    const fx = f(x);
    if (Math.sign(fx) === Math.sign(f1)) [x3, f3] = [x1, f1];
    else [x3, x2, f3, f2] = [x2, x1, f2, f1];
    [x1, f1] = [x, fx];
    const best = Math.abs(f2) < Math.abs(f1) ? x2 : x1;
    if (f1 === 0) return x1;
    const tolerance = RELATIVE_WIDTH * Math.abs(best) + Number.MIN_VALUE;
    const width = Math.abs(x2 - x1);
    if (width <= 2 * tolerance) return best;
    t = nextFraction(x1, x2, x3, f1, f2, f3);
    const edge = Math.min(0.5, tolerance / width);
    t = Math.min(1 - edge, Math.max(edge, t));
  }
  return x1;
}

/** Inverse quadratic interpolation where it is safe, else bisection. */
function nextFraction(x1: number, x2: number, x3: number, f1: number, f2: number, f3: number): number {
  const xi = (x1 - x2) / (x3 - x2);
  const phi = (f1 - f2) / (f3 - f2);
  const safe = phi * phi < xi && (1 - phi) * (1 - phi) < 1 - xi;
  if (!safe) return 0.5;
  const t = (f1 / (f2 - f1)) * (f3 / (f2 - f3)) + ((x3 - x1) / (x2 - x1)) * (f1 / (f3 - f1)) * (f2 / (f3 - f2));
  return Number.isFinite(t) ? t : 0.5;
}

/**
 * The point beyond `start`, towards `limit`, where a decreasing `f` crosses `target`; `limit` itself when it never does.
 * @param step first stride; doubled until the crossing is bracketed
 */
export function crossing(f: Curve, target: number, start: number, limit: number, step: number): number {
  const direction = Math.sign(limit - start);
  if (direction === 0) return limit;
  const g = (x: number): number => f(x) - target;
  let near = start;
  let fNear = g(near);
  // Towards the right a decreasing f comes from above the target, towards the left from below.
  const passed = (value: number): boolean => (direction > 0 ? value <= 0 : value >= 0);
  if (passed(fNear)) return start;
  for (let stride = step; ; stride *= 2) {
    const reach = near + direction * stride;
    const far = direction > 0 ? Math.min(reach, limit) : Math.max(reach, limit);
    const fFar = g(far);
    if (passed(fFar)) return findRoot(g, near, far, fNear, fFar);
    if (far === limit || !Number.isFinite(far)) return limit;
    near = far;
    fNear = fFar;
  }
}
