/** The z score of Sixpack 2.7, which it computed and showed nowhere. Source: sixpack/models.py at 2.7.0. */
import type { Arm } from "../../../src/stats/score.ts";

/** Wald z of the uplift by the delta method; 0 wherever Python would have divided by zero. */
export function zScore(control: Arm, alternative: Arm): number {
  const { n: c, x: xc } = control;
  const { n: e, x: xe } = alternative;
  if (c === 0 || e === 0 || xc === 0) return 0;
  const pc = xc / c;
  const pe = xe / e;
  const variance = ((pe / pc ** 3) * (e * pe + c * pc - pc * pe * (c + e))) / (c * e);
  return variance > 0 ? (pe / pc - 1) / Math.sqrt(variance) : 0;
}
