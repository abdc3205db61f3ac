/**
 * Integrals over densities that are narrow, skewed, or both: panels that are short near every density's centre and grow
 * by a quarter of the distance to it, sixteen Gauss–Legendre nodes in each, and running integrals by the spectral
 * integration matrix, so that a distribution function costs no more than its density.
 */

export const NODES = 16;

/** Nodes in (-1, 1) and weights of the rule. */
const RULE = gaussLegendre(NODES);
const NODE = RULE.nodes;
const WEIGHT = RULE.weights;
/** INTEGRAL[i*16+j]: weight of the value at node j in the integral from -1 to node i. */
const INTEGRAL = integrationMatrix();
/** LEGENDRE[k*16+j]: weight of the value at node j in the k-th Legendre coefficient. */
const LEGENDRE = legendreMatrix();

/** Where a density or a step of a distribution function sits, and how wide it is there. */
export interface Feature {
  readonly centre: number;
  readonly sd: number;
}

/** Panel ends from `low` to `high`, short enough for every feature; `cuts` become ends too. */
export function panels(
  features: readonly Feature[],
  low: number,
  high: number,
  cuts: readonly number[] = [],
): number[] {
  const inner = cuts.filter((cut) => cut > low && cut < high).sort((a, b) => a - b);
  const ends = [low];
  let t = low;
  for (const stop of [...inner, high]) {
    while (t < stop) {
      const step = stride(features, t);
      // A last sliver is joined to its neighbour rather than made a panel of its own. A step that is lost in
      // rounding would never arrive.
      t = t + 1.2 * step >= stop || !(t + step > t) ? stop : t + step;
      ends.push(t);
    }
  }
  return ends;
}

function stride(features: readonly Feature[], t: number): number {
  let step = Infinity;
  for (const { centre, sd } of features) {
    const away = centre - t;
    const own = away <= 0 ? 0.5 * sd - 0.25 * away : Math.max(0.5 * sd, (0.5 * sd + 0.25 * away) / 1.25);
    if (own < step) step = own;
  }
  return step;
}

/** The nodes of all panels, and the weight of each in an integral over all. */
export interface Nodes {
  readonly ends: readonly number[];
  readonly at: Float64Array;
  readonly weight: Float64Array;
}

export function nodesOf(ends: readonly number[]): Nodes {
  const count = (ends.length - 1) * NODES;
  const at = new Float64Array(count);
  const weight = new Float64Array(count);
  for (let panel = 0; panel + 1 < ends.length; panel++) {
    const low = ends[panel] ?? 0;
    const half = ((ends[panel + 1] ?? 0) - low) / 2;
    for (let i = 0; i < NODES; i++) {
      at[panel * NODES + i] = low + half * (1 + (NODE[i] ?? 0));
      weight[panel * NODES + i] = half * (WEIGHT[i] ?? 0);
    }
  }
  return { ends, at, weight };
}

/** A density at the nodes with its integrals from the left and from the right, scaled to a total of 1. */
export interface Curves {
  readonly density: Float64Array;
  readonly below: Float64Array;
  readonly above: Float64Array;
}

/** `raw` is the unscaled density at the nodes. Each tail is summed from its own end, so small tails stay accurate. */
export function curvesOf({ ends, weight }: Nodes, raw: Float64Array): Curves {
  const count = ends.length - 1;
  const mass = panelMasses(raw, weight, count);
  let total = 0;
  for (let panel = 0; panel < count; panel++) total += mass[panel] ?? 0;
  const below = new Float64Array(raw.length);
  const above = new Float64Array(raw.length);
  const density = new Float64Array(raw.length);
  for (let i = 0; i < raw.length; i++) density[i] = (raw[i] ?? 0) / total;
  let left = 0;
  for (let panel = 0; panel < count; panel++) {
    if ((mass[panel] ?? 0) === 0) {
      below.fill(left, panel * NODES, (panel + 1) * NODES);
      continue;
    }
    const half = ((ends[panel + 1] ?? 0) - (ends[panel] ?? 0)) / 2;
    for (let i = 0; i < NODES; i++) {
      let part = 0;
      for (let j = 0; j < NODES; j++) part += (INTEGRAL[i * NODES + j] ?? 0) * (density[panel * NODES + j] ?? 0);
      const inside = Math.max(0, half * part);
      below[panel * NODES + i] = left + inside;
      above[panel * NODES + i] = Math.max(0, (mass[panel] ?? 0) / total - inside);
    }
    left += (mass[panel] ?? 0) / total;
  }
  let right = 0;
  for (let panel = count - 1; panel >= 0; panel--) {
    for (let i = 0; i < NODES; i++) above[panel * NODES + i] = (above[panel * NODES + i] ?? 0) + right;
    right += (mass[panel] ?? 0) / total;
  }
  return { density, below, above };
}

function panelMasses(raw: Float64Array, weight: Float64Array, count: number): Float64Array {
  const mass = new Float64Array(count);
  for (let panel = 0; panel < count; panel++) {
    let sum = 0;
    for (let i = panel * NODES; i < (panel + 1) * NODES; i++) sum += (raw[i] ?? 0) * (weight[i] ?? 0);
    mass[panel] = sum;
  }
  return mass;
}

/** A distribution function that can be asked anywhere: per panel the Legendre series of its running integral. */
export class DistributionTable {
  readonly #ends: Float64Array;
  readonly #series: Float64Array;
  readonly #belowPanel: Float64Array;

  constructor({ ends, weight }: Nodes, raw: Float64Array) {
    const count = ends.length - 1;
    const mass = panelMasses(raw, weight, count);
    const total = mass.reduce((sum, part) => sum + part, 0);
    this.#ends = Float64Array.from(ends);
    this.#series = new Float64Array(count * TERMS);
    this.#belowPanel = new Float64Array(count);
    let below = 0;
    for (let panel = 0; panel < count; panel++) {
      this.#belowPanel[panel] = below / total;
      below += mass[panel] ?? 0;
      const half = ((ends[panel + 1] ?? 0) - (ends[panel] ?? 0)) / 2;
      integrateSeries(raw, panel, half / total, this.#series);
    }
  }

  /** P(X <= t). */
  below(t: number): number {
    const ends = this.#ends;
    const last = ends.length - 1;
    if (!(t > (ends[0] ?? 0))) return 0;
    if (t >= (ends[last] ?? 0)) return 1;
    let low = 0;
    let high = last;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((ends[middle] ?? 0) <= t) low = middle;
      else high = middle;
    }
    const start = ends[low] ?? 0;
    const x = (2 * (t - start)) / ((ends[high] ?? 0) - start) - 1;
    return (this.#belowPanel[low] ?? 0) + clenshaw(this.#series, low * TERMS, x);
  }
}

const TERMS = NODES + 1;

/** Legendre coefficients of the integral from -1 of the interpolating polynomial, into `series`. */
function integrateSeries(raw: Float64Array, panel: number, scale: number, series: Float64Array): void {
  const at = panel * TERMS;
  for (let k = 0; k < NODES; k++) {
    let coefficient = 0;
    for (let j = 0; j < NODES; j++) coefficient += (LEGENDRE[k * NODES + j] ?? 0) * (raw[panel * NODES + j] ?? 0);
    const share = (scale * coefficient) / (2 * k + 1);
    series[at + k + 1] = (series[at + k + 1] ?? 0) + share;
    if (k === 0) series[at] = (series[at] ?? 0) + share;
    else series[at + k - 1] = (series[at + k - 1] ?? 0) - share;
  }
}

/** Sum of Legendre polynomials by the backward recurrence. */
function clenshaw(series: Float64Array, at: number, x: number): number {
  let next = 0;
  let afterNext = 0;
  for (let k = TERMS - 1; k >= 1; k--) {
    const value = (series[at + k] ?? 0) + (RISE[k] ?? 0) * x * next - (FALL[k] ?? 0) * afterNext;
    afterNext = next;
    next = value;
  }
  return (series[at] ?? 0) + x * next - 0.5 * afterNext;
}

/** (2k+1)/(k+1) and (k+1)/(k+2) of the recurrence. */
const RISE = Float64Array.from({ length: TERMS }, (_, k) => (2 * k + 1) / (k + 1));
const FALL = Float64Array.from({ length: TERMS }, (_, k) => (k + 1) / (k + 2));

/** Asked fifteen thousand times when the program starts, where exchanging two values by an array takes most of it. */
function legendre(degree: number, x: number): number {
  if (degree === 0) return 1;
  let before = 1;
  let value = x;
  for (let k = 1; k < degree; k++) {
    const next = ((2 * k + 1) * x * value - k * before) / (k + 1);
    before = value;
    value = next;
  }
  return value;
}

function gaussLegendre(n: number): { readonly nodes: Float64Array; readonly weights: Float64Array } {
  const nodes = new Float64Array(n);
  const weights = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let x = -Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    const slope = (at: number): number => (n * (at * legendre(n, at) - legendre(n - 1, at))) / (at * at - 1);
    for (let step = 0; step < 10; step++) x -= legendre(n, x) / slope(x);
    nodes[i] = x;
    weights[i] = 2 / ((1 - x * x) * slope(x) ** 2);
  }
  return { nodes, weights };
}

function legendreMatrix(): Float64Array {
  const matrix = new Float64Array(NODES * NODES);
  for (let k = 0; k < NODES; k++) {
    for (let j = 0; j < NODES; j++) {
      matrix[k * NODES + j] = ((2 * k + 1) / 2) * (WEIGHT[j] ?? 0) * legendre(k, NODE[j] ?? 0);
    }
  }
  return matrix;
}

function integrationMatrix(): Float64Array {
  const coefficients = legendreMatrix();
  const matrix = new Float64Array(NODES * NODES);
  for (let i = 0; i < NODES; i++) {
    const x = NODE[i] ?? 0;
    for (let k = 0; k < NODES; k++) {
      const integral = k === 0 ? x + 1 : (legendre(k + 1, x) - legendre(k - 1, x)) / (2 * k + 1);
      for (let j = 0; j < NODES; j++) {
        matrix[i * NODES + j] = (matrix[i * NODES + j] ?? 0) + integral * (coefficients[k * NODES + j] ?? 0);
      }
    }
  }
  return matrix;
}
