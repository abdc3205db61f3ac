/**
 * Posterior questions about rates and means, by quadrature instead of simulation: the same counts give the same digits.
 * Rates have Beta posteriors, integrated over the log odds t, where the density is theta^a (1-theta)^b and no prior is
 * singular. Not peek-proof: a chance to be best of 95 % is crossed sooner or later by most null experiments.
 * References: Miller (2014), Scott (2010, 2015), Stucchi (2015) for the questions; Trefethen (2008) for the rules.
 */
import type { Estimate } from "./mean.ts";
import { type Beta, densityAt, rateOf, shapeOf } from "./posterior.ts";
import { type Curves, curvesOf, nodesOf, panels } from "./quadrature.ts";
import { normalDensity } from "./special.ts";

/** All arms on one grid: every question about "best" is then a sum. */
export interface Joint {
  readonly weight: Float64Array;
  /** Turns a sum over nodes into value units; only losses ask for it. */
  readonly measure: () => Float64Array;
  /** Per arm; `below` counts worse values, `above` better ones. */
  readonly curves: readonly Curves[];
}

/** Joint posterior of rates; `better: "lower"` turns the order round. */
export function jointOfRates(posteriors: readonly Beta[], better: "higher" | "lower" = "higher"): Joint {
  const shapes = posteriors.map(shapeOf);
  const low = Math.min(...shapes.map((shape) => shape.low));
  const high = Math.max(...shapes.map((shape) => shape.high));
  const nodes = nodesOf(panels(shapes, low, high));
  const curves = shapes.map((shape) => oriented(curvesOf(nodes, densityAt(shape, nodes)), better));
  const measure = () => nodes.at.map((t, i) => (nodes.weight[i] ?? 0) * rateOf(t) * rateOf(-t));
  return { weight: nodes.weight, measure, curves };
}

/** Standard deviations beyond which a normal density is below the smallest weight that matters. */
const NORMAL_REACH = 10.2;

/** Joint posterior of means: normal with the standard error as deviation (flat prior). Every variance > 0. */
export function jointOfMeans(estimates: readonly Estimate[], better: "higher" | "lower" = "higher"): Joint {
  const features = estimates.map(({ mean, variance }) => ({ centre: mean, sd: Math.sqrt(variance) }));
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
  return curves.map(({ density }, arm) => {
    let chance = 0;
    for (let i = 0; i < weight.length; i++) {
      let product = (weight[i] ?? 0) * (density[i] ?? 0);
      if (product === 0) continue;
      for (let other = 0; other < curves.length; other++) {
        if (other !== arm) product *= curves[other]?.below[i] ?? 0;
      }
      chance += product;
    }
    return chance;
  });
}

/** Expected regret of choosing each arm: E[best - own], integral of F_i (1 - prod of the other F). */
export function expectedLosses({ measure: measureOf, curves }: Joint): number[] {
  const measure = measureOf();
  const logBelow = curves.map(({ above }) => above.map((value) => Math.log1p(-Math.min(1, value))));
  return curves.map(({ below }, arm) => {
    let loss = 0;
    for (let i = 0; i < measure.length; i++) {
      const own = below[i] ?? 0;
      if (own === 0) continue;
      let others = 0;
      for (let other = 0; other < curves.length; other++) {
        if (other !== arm) others += logBelow[other]?.[i] ?? 0;
      }
      loss -= (measure[i] ?? 0) * own * Math.expm1(others);
    }
    return loss;
  });
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

function oriented(curves: Curves, better: "higher" | "lower"): Curves {
  return better === "higher" ? curves : { density: curves.density, below: curves.above, above: curves.below };
}
