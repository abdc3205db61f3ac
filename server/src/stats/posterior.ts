/**
 * The Beta posterior of a rate, on the scale of its log odds t = ln(theta/(1-theta)): its density there is
 * proportional to theta^a (1-theta)^b, smooth and falling off exponentially on both sides at any count.
 */
import { DistributionTable, type Feature, type Nodes, nodesOf, panels } from "./quadrature.ts";
import type { Arm } from "./score.ts";

/** Beta(a, b), a and b > 0, not necessarily whole. */
export interface Beta {
  readonly a: number;
  readonly b: number;
}

export function posteriorOf({ n, x }: Arm, prior: readonly [number, number]): Beta {
  return { a: prior[0] + x, b: prior[1] + n - x };
}

/** theta = 1/(1+e^-t). */
export function rateOf(t: number): number {
  return 1 / (1 + Math.exp(-t));
}

/** The density's top and width, and where it has fallen to e^-52 of the top. `p` and `q` are the mean and 1 - mean. */
export interface Shape extends Beta, Feature {
  readonly p: number;
  readonly q: number;
  readonly low: number;
  readonly high: number;
}

/** e^-52 is 2.6e-23: what lies beyond cannot move any figure shown. */
const LOG_DENSITY_MIN = -52;

export function shapeOf({ a, b }: Beta): Shape {
  const top = { a, b, p: a / (a + b), q: b / (a + b), centre: Math.log(a / b), sd: Math.sqrt((a + b) / a / b) };
  const edge = (direction: 1 | -1): number => {
    let d = 0;
    while (logDensity(top, direction * d) > LOG_DENSITY_MIN) d += 0.5 * top.sd + 0.25 * d;
    return top.centre + direction * d;
  };
  return { ...top, low: edge(-1), high: edge(1) };
}

/** Log density at distance d from the top, relative to it; written so that nothing cancels at 5e7 participants. */
function logDensity({ a, b, p, q }: Beta & { readonly p: number; readonly q: number }, d: number): number {
  const rise = Math.expm1(d);
  // expm1(-d), where it comes from the other one without losing digits.
  const fall = Math.abs(d) < 1 ? -rise / (1 + rise) : Math.expm1(-d);
  return -(a * Math.log1p(q * fall) + b * Math.log1p(p * rise));
}

/** Density (unscaled) at the nodes; zero outside the shape's own reach. */
export function densityAt(shape: Shape, { at }: Nodes): Float64Array {
  const density = new Float64Array(at.length);
  const { low, high, centre } = shape;
  for (let i = 0; i < at.length; i++) {
    const t = at[i] ?? 0;
    if (t >= low && t <= high) density[i] = Math.exp(logDensity(shape, t - centre));
  }
  return density;
}

/** A posterior prepared for being asked often: nodes with their probabilities, and its distribution function. */
export interface PreparedPosterior {
  readonly shape: Shape;
  readonly ends: readonly number[];
  /** Rate and 1 - rate at each node, and the node's share of the probability; all panels in order. */
  readonly rate: Float64Array;
  readonly rest: Float64Array;
  readonly probability: Float64Array;
  /** Integral of the unscaled density. */
  readonly total: number;
  readonly table: DistributionTable;
}

export function prepare(beta: Beta): PreparedPosterior {
  const shape = shapeOf(beta);
  const nodes = nodesOf(panels([shape], shape.low, shape.high));
  const raw = densityAt(shape, nodes);
  const probability = raw.map((value, i) => value * (nodes.weight[i] ?? 0));
  const total = probability.reduce((sum, part) => sum + part, 0);
  return {
    shape,
    ends: nodes.ends,
    rate: nodes.at.map(rateOf),
    rest: nodes.at.map((t) => rateOf(-t)),
    probability: probability.map((part) => part / total),
    total,
    table: new DistributionTable(nodes, raw),
  };
}
