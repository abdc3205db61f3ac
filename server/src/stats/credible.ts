/**
 * Credible interval of the uplift between two rates, and the value remaining in going on: roots of
 * P(theta_t / theta_c <= 1 + u) and P(best other <= (1 + v) theta_best). The integral runs over the narrower of the two
 * posteriors, so the other's distribution function is smooth on every panel; where the other rate would pass 1 the
 * panel is split.
 * References: Scott (2015) for value remaining; the quadrature is quadrature.ts.
 *
 * @example
 * const [control, treatment] = [{ a: 51, b: 951 }, { a: 81, b: 921 }];
 * credibleUplift(prepare(control), prepare(treatment), 0.95); // { lower: 0.1377, upper: 1.250 }
 * finished(valueRemainingSteps([control, treatment], 0.95)).valueRemaining; // 0: nothing is left to be won
 */
import { chancesToBeBest, jointOfRatesSteps } from "./bayes.ts";
import type { Better } from "./direction.ts";
import { normalQuantile } from "./distributions.ts";
import { type Beta, densityAt, type PreparedPosterior, prepare, shapeOf } from "./posterior.ts";
import { type Feature, NODES, nodesOf, panels } from "./quadrature.ts";
import type { Limits } from "./score.ts";
import type { Steps } from "./steps.ts";

/** Equal-tailed interval of the uplift theta_t / theta_c - 1. */
export function credibleUplift(control: PreparedPosterior, treatment: PreparedPosterior, level: number): Limits {
  const width = ({ shape }: PreparedPosterior): number => shape.sd * shape.q;
  const narrowControl = width(control) < width(treatment);
  const cdf = (log: number): number =>
    narrowControl ? chanceBelow(control, treatment, scale(log)) : 1 - chanceBelow(treatment, control, scale(-log));
  const centre = Math.log(treatment.shape.p) - Math.log(control.shape.p);
  const spread = Math.hypot(width(control), width(treatment));
  const logs = quantiles(cdf, level, { centre, spread, low: -Infinity, high: Infinity });
  return { lower: Math.expm1(logs.lower), upper: Math.expm1(logs.upper) };
}

/** How one arm's rate is carried over to the other's axis: times e^log. */
interface Scale {
  readonly factor: number;
  /** factor - 1, computed without cancellation. */
  readonly growth: number;
  /** Log odds of the rate at which the carried one passes 1; `null` when it never does. */
  readonly edge: number | null;
}

function scale(log: number): Scale {
  const growth = Math.expm1(log);
  return { factor: Math.exp(log), growth, edge: log > 0 ? -Math.log(growth) : null };
}

/** P(Y <= scale(X)), integrated over X. */
function chanceBelow(x: PreparedPosterior, y: PreparedPosterior, scaled: Scale): number {
  const { edge } = scaled;
  let chance = 0;
  for (let panel = 0; panel + 1 < x.ends.length; panel++) {
    const low = x.ends[panel] ?? 0;
    const high = x.ends[panel + 1] ?? 0;
    if (edge !== null && edge > low && edge < high) {
      chance += splitPanel(x, y, scaled, [low, edge, high]);
      continue;
    }
    for (let i = panel * NODES; i < (panel + 1) * NODES; i++) {
      const probability = x.probability[i] ?? 0;
      if (probability < NEGLIGIBLE) continue;
      chance += probability * below(y, scaled, x.rate[i] ?? 0, x.rest[i] ?? 0);
    }
  }
  return chance;
}

/** Nodes this unlikely cannot move a quantile that anyone asks for. */
const NEGLIGIBLE = 1e-17;

function splitPanel(x: PreparedPosterior, y: PreparedPosterior, scaled: Scale, ends: readonly number[]): number {
  const nodes = nodesOf(ends);
  const density = densityAt(x.shape, nodes);
  let chance = 0;
  for (const [i, t] of nodes.at.entries()) {
    const probability = ((density[i] ?? 0) * (nodes.weight[i] ?? 0)) / x.total;
    chance += probability * below(y, scaled, 1 / (1 + Math.exp(-t)), 1 / (1 + Math.exp(t)));
  }
  return chance;
}

function below(y: PreparedPosterior, scaled: Scale, rate: number, rest: number): number {
  const carriedRest = rest - rate * scaled.growth;
  return carriedRest <= 0 ? 1 : y.table.below(Math.log((rate * scaled.factor) / carriedRest));
}

interface Search {
  readonly centre: number;
  readonly spread: number;
  readonly low: number;
  readonly high: number;
}

function quantiles(cdf: (at: number) => number, level: number, search: Search): Limits {
  const tail = (1 - level) / 2;
  return { lower: quantile(cdf, tail, search), upper: quantile(cdf, 1 - tail, search) };
}

const STEPS_MAX = 80;
const PROBIT_TOLERANCE = 1e-9;

function quantile(cdf: (at: number) => number, chance: number, search: Search): number {
  const asking = quantileSearch(chance, search);
  let step = asking.next(0);
  while (!step.done) step = asking.next(cdf(step.value));
  return step.value;
}

/**
 * Secant on the probit of the distribution function, which is nearly a straight line; kept inside its bracket. Yields a
 * point and is sent the chance below it.
 */
function* quantileSearch(chance: number, { centre, spread, low, high }: Search): Generator<number, number, number> {
  const target = normalQuantile(chance);
  let [left, right] = [low, high];
  let [before, offBefore] = [Number.NaN, Number.NaN];
  let at = Math.min(Math.max(centre + target * spread, low + spread / 1e6), high - spread / 1e6);
  if (!Number.isFinite(at)) at = centre + target * spread;
  for (let step = 0; step < STEPS_MAX; step++) {
    const below = yield at;
    const off = normalQuantile(Math.min(1, Math.max(0, below))) - target;
    if (Math.abs(off) < PROBIT_TOLERANCE) return at;
    if (off > 0) right = at;
    else left = at;
    const slope = (off - offBefore) / (at - before);
    let next = at - off / (slope > 0 && Number.isFinite(slope) ? slope : 1 / spread);
    const reach = 4 * spread * (1 + step);
    next = Math.min(at + reach, Math.max(at - reach, next));
    if (!(next > left && next < right)) next = left + (right - left) / 2;
    if (!Number.isFinite(next) || next === at) return at;
    [before, offBefore] = [at, off];
    at = next;
  }
  return at;
}

interface ValueRemaining {
  readonly bestArm: number;
  /** Of every arm to be the best one. */
  readonly chances: readonly number[];
  /** Share by which some other arm may still beat the best one, at the asked quantile; 0 when it is surely best. */
  readonly valueRemaining: number;
}

/**
 * Potential value remaining: the quantile of (best of the others / current best - 1), not below 0. At least two arms.
 * Where lower is better it is the share by which another arm's rate may still be lower, in [0, 1).
 * Pauses every millisecond or so: it takes ten with twenty arms.
 */
export function* valueRemainingSteps(
  posteriors: readonly Beta[],
  atQuantile: number,
  better: Better = "higher",
): Steps<ValueRemaining> {
  const chances = chancesToBeBest(yield* jointOfRatesSteps(posteriors, better));
  yield;
  const top = Math.max(...chances);
  const bestArm = chances.findIndex((chance) => chance >= top - 1e-12);
  if (top >= atQuantile) return { bestArm, chances, valueRemaining: 0 };
  const best = shapeOf(posteriors[bestArm] ?? { a: 1, b: 1 });
  const others: PreparedPosterior[] = [];
  for (const [arm, posterior] of posteriors.entries()) {
    if (arm === bestArm) continue;
    others.push(prepare(posterior));
    yield;
  }
  const sign = better === "higher" ? 1 : -1;
  const spread = Math.max(best.sd * best.q, ...others.map(({ shape }) => shape.sd * shape.q));
  const asking = quantileSearch(atQuantile, { centre: 0, spread, low: 0, high: Infinity });
  let step = asking.next(0);
  while (!step.done) step = asking.next(yield* chanceOthersWorse(best, others, sign * step.value, better));
  return { bestArm, chances, valueRemaining: sign * Math.expm1(sign * step.value) };
}

/** Nodes × arms between two pauses: about a millisecond. */
const CELLS_PER_STEP = 4_000;

/** P(no other rate is better than e^log times the best arm's), on panels that fit the best arm and all carried-back others. */
function* chanceOthersWorse(
  best: ReturnType<typeof shapeOf>,
  others: readonly PreparedPosterior[],
  log: number,
  better: Better,
): Steps<number> {
  const scaled = scale(log);
  const features: Feature[] = [best];
  for (const { shape } of others) {
    const carried = shape.p * Math.exp(-log);
    // No rate is above 1, so the other arm adds nothing here.
    if (carried >= 1) continue;
    const centre = Math.log(carried / (1 - carried));
    features.push({ centre, sd: (shape.sd * shape.q) / (1 - carried) });
  }
  const cut = scaled.edge === null ? [] : [scaled.edge];
  const nodes = nodesOf(panels(features, best.low, best.high, cut));
  const density = densityAt(best, nodes);
  const nodesPerStep = Math.ceil(CELLS_PER_STEP / others.length);
  let total = 0;
  let chance = 0;
  for (const [i, t] of nodes.at.entries()) {
    if (i % nodesPerStep === 0) yield;
    const probability = (density[i] ?? 0) * (nodes.weight[i] ?? 0);
    total += probability;
    if (probability < NEGLIGIBLE) continue;
    const [rate, rest] = [1 / (1 + Math.exp(-t)), 1 / (1 + Math.exp(t))];
    let product = probability;
    for (const other of others) {
      const lower = below(other, scaled, rate, rest);
      product *= better === "higher" ? lower : 1 - lower;
    }
    chance += product;
  }
  return chance / total;
}
