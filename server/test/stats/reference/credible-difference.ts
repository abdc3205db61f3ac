/**
 * Equal-tailed credible interval of the difference of two rates: reports show that of the uplift. It holds posteriors and
 * their distribution functions to golden cases.
 */
import { type Beta, densityAt, prepare } from "../../../src/stats/posterior.ts";
import { nodesOf, panels } from "../../../src/stats/quadrature.ts";
import type { Limits } from "../../../src/stats/score.ts";

/** Of theta_t - theta_c at `level` in (0, 1). */
export function credibleDifference(control: Beta, treatment: Beta, level: number): Limits {
  const chanceBelow = distributionOf(control, treatment);
  const tail = (1 - level) / 2;
  return { lower: quantile(chanceBelow, tail), upper: quantile(chanceBelow, 1 - tail) };
}

/** P(theta_t - theta_c <= d), over the narrower of the two: the other's distribution function is smooth there. */
function distributionOf(control: Beta, treatment: Beta): (d: number) => number {
  const [c, t] = [prepare(control), prepare(treatment)];
  const width = ({ shape }: typeof c) => shape.sd * shape.p * shape.q;
  const isControlNarrow = width(c) < width(t);
  const [{ shape }, { table }] = isControlNarrow ? [c, t] : [t, c];
  return (d) => {
    const shift = isControlNarrow ? d : -d;
    // Where the other rate would pass 0 or 1.
    const edge = shift < 0 ? -shift : 1 - shift;
    const nodes = nodesOf(panels([shape], shape.low, shape.high, [Math.log(edge / (1 - edge))]));
    const density = densityAt(shape, nodes);
    let [total, chance] = [0, 0];
    for (const [i, at] of nodes.at.entries()) {
      const mass = (density[i] ?? 0) * (nodes.weight[i] ?? 0);
      const [rate, rest] = [1 / (1 + Math.exp(-at)) + shift, 1 / (1 + Math.exp(at)) - shift];
      total += mass;
      if (rate > 0) chance += mass * (rest <= 0 ? 1 : table.below(Math.log(rate / rest)));
    }
    return isControlNarrow ? chance / total : 1 - chance / total;
  };
}

/** By halving, until no number lies between. */
function quantile(cdf: (at: number) => number, chance: number): number {
  let [low, high] = [-1, 1];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (cdf(middle) < chance) low = middle;
    else high = middle;
  }
}
