/**
 * Posterior questions about rates and means, by quadrature instead of simulation: the same counts give the same digits.
 * Rates have Beta posteriors, integrated over the log odds t, where the density is theta^a (1-theta)^b and no prior is
 * singular. Not peek-proof: a chance to be best of 95 % is crossed sooner or later by most null experiments.
 * References: Miller (2014), Scott (2010, 2015), Stucchi (2015) for the questions; Trefethen (2008) for the rules.
 *
 * @example
 * const joint = jointOfRates([{ a: 51, b: 951 }, { a: 81, b: 921 }]);
 * chancesToBeBest(joint); // [0.003254, 0.9967]
 * chancesToBeat(joint, 0); // [0.5, 0.9967]
 * finished(expectedLossesSteps(joint)); // [0.02995, 0.00001101]: a rate, as that of the arms
 */
import type { Better } from "./direction.ts";
import { normalDensity } from "./distributions.ts";
import type { Estimate } from "./mean.ts";
import { type Beta, densityAt, rateOf, shapeOf } from "./posterior.ts";
import { type Curves, curvesOf, nodesOf, panels } from "./quadrature.ts";
import { finished, type Steps } from "./steps.ts";

/** All arms on one grid: every question about "best" is then a sum. */
export interface Joint {
  readonly weight: Float64Array;
  /** Weights that turn a sum over nodes into the KPI's unit; only losses need them. */
  readonly measure: () => Float64Array;
  /** Per arm; `below` counts worse values, `above` better ones. */
  readonly curves: readonly Curves[];
}

/** Joint posterior of rates; `better: "lower"` turns the order round. */
export function jointOfRates(posteriors: readonly Beta[], better: Better = "higher"): Joint {
  return finished(jointOfRatesSteps(posteriors, better));
}

/** The same, pausing after each arm. */
export function* jointOfRatesSteps(posteriors: readonly Beta[], better: Better = "higher"): Steps<Joint> {
  const shapes = posteriors.map(shapeOf);
  const low = Math.min(...shapes.map((shape) => shape.low));
  const high = Math.max(...shapes.map((shape) => shape.high));
  const nodes = nodesOf(panels(shapes, low, high));
  const curves: Curves[] = [];
  for (const shape of shapes) {
    curves.push(oriented(curvesOf(nodes, densityAt(shape, nodes)), better));
    yield;
  }
  const measure = () => nodes.at.map((t, i) => (nodes.weight[i] ?? 0) * rateOf(t) * rateOf(-t));
  return { weight: nodes.weight, measure, curves };
}

/** Standard deviations beyond which a normal density is below the smallest weight that matters. */
const NORMAL_REACH = 10.2;

/**
 * Least standard deviation, relative to the mean. Where everybody has the same value there is hardly any, and a density
 * that is narrower than the gap between two doubles can't be integrated.
 */
const NORMAL_SD_MIN = 1e-12;

/** Joint posterior of means: normal with the standard error as deviation (flat prior). Every variance > 0. */
export function jointOfMeans(estimates: readonly Estimate[], better: Better = "higher"): Joint {
  const features = estimates.map(({ mean, variance }) => ({
    centre: mean,
    sd: Math.max(Math.sqrt(variance), NORMAL_SD_MIN * Math.abs(mean)),
  }));
  const low = Math.min(...features.map(({ centre, sd }) => centre - NORMAL_REACH * sd));
  const high = Math.max(...features.map(({ centre, sd }) => centre + NORMAL_REACH * sd));
  const nodes = nodesOf(panels(features, low, high));
  const curves = features.map(({ centre, sd }) =>
    oriented(
      curvesOf(
        nodes,
        nodes.at.map((value) => normalDensity((value - centre) / sd)),
      ),
      better,
    ),
  );
  return { weight: nodes.weight, measure: () => nodes.weight, curves };
}

/** Chance of each arm to be the best one; sums to 1. */
export function chancesToBeBest({ weight, curves }: Joint): number[] {
  const chances = new Float64Array(curves.length);
  const later = new Float64Array(curves.length);
  for (let i = 0; i < weight.length; i++) {
    // The product over all others, for every arm, in two passes: no division, which a zero would spoil.
    let product = 1;
    for (let arm = curves.length - 1; arm >= 0; arm--) {
      later[arm] = product;
      product *= curves[arm]?.below[i] ?? 0;
    }
    let earlier = weight[i] ?? 0;
    for (let arm = 0; arm < curves.length && earlier > 0; arm++) {
      const curve = curves[arm];
      chances[arm] = (chances[arm] ?? 0) + earlier * (curve?.density[i] ?? 0) * (later[arm] ?? 0);
      earlier *= curve?.below[i] ?? 0;
    }
  }
  return Array.from(chances);
}

/** Nodes × arms between two pauses: about a millisecond. */
const CELLS_PER_STEP = 20_000;

/** Expected regret of choosing each arm: E[best - own], integral of F_i (1 - prod of the other F). Pauses now and then. */
export function* expectedLossesSteps({ measure: measureOf, curves }: Joint): Steps<number[]> {
  const measure = measureOf();
  const losses = new Float64Array(curves.length);
  const own = new Float64Array(curves.length);
  const later = new Float64Array(curves.length);
  const nodesPerStep = Math.ceil(CELLS_PER_STEP / curves.length);
  for (let i = 0; i < measure.length; i++) {
    if (i % nodesPerStep === nodesPerStep - 1) yield;
    // Logarithms of the others' distribution functions, added up in two passes as above.
    let sum = 0;
    for (let arm = curves.length - 1; arm >= 0; arm--) {
      later[arm] = sum;
      const log = Math.log1p(-Math.min(1, curves[arm]?.above[i] ?? 0));
      own[arm] = log;
      sum += log;
    }
    let earlier = 0;
    for (let arm = 0; arm < curves.length; arm++) {
      const below = curves[arm]?.below[i] ?? 0;
      if (below > 0) {
        losses[arm] = (losses[arm] ?? 0) - (measure[i] ?? 0) * below * Math.expm1(earlier + (later[arm] ?? 0));
      }
      earlier += own[arm] ?? 0;
    }
  }
  return Array.from(losses);
}

/** Chance of each arm to be better than `baseline`; 0.5 for the baseline itself. */
export function chancesToBeat({ weight, curves }: Joint, baseline: number): number[] {
  const reference = curves[baseline]?.below ?? new Float64Array(0);
  return curves.map(({ density }, arm) => {
    if (arm === baseline) return 0.5;
    let chance = 0;
    for (let i = 0; i < weight.length; i++) chance += (weight[i] ?? 0) * (density[i] ?? 0) * (reference[i] ?? 0);
    return Math.min(1, chance);
  });
}

function oriented(curves: Curves, better: Better): Curves {
  return better === "higher" ? curves : { density: curves.density, below: curves.above, above: curves.below };
}
