/**
 * Is the treatment at most a margin worse? One-sided, H0: p_t - p_c <= -margin (rates where higher is better).
 * References: Farrington & Manning (1990); Mee (1984); the Wald form is kept for comparison with other tools.
 */
import { normalSf } from "../../../src/stats/distributions.ts";
import { type Arm, differenceStatistic } from "../../../src/stats/score.ts";

interface NonInferiorityTest {
  readonly zScore: number;
  readonly pScore: number;
  readonly zWald: number;
  readonly pWald: number;
}

/** Margin in the unit of the rate, >= 0. */
export function nonInferiority(control: Arm, treatment: Arm, absoluteMargin: number): NonInferiorityTest {
  const zScore = differenceStatistic(control, treatment, -absoluteMargin);
  const pc = control.x / control.n;
  const pt = treatment.x / treatment.n;
  const deviation = Math.sqrt((pc * (1 - pc)) / control.n + (pt * (1 - pt)) / treatment.n);
  const zWald = (pt - pc + absoluteMargin) / deviation;
  return { zScore, pScore: normalSf(zScore), zWald, pWald: normalSf(zWald) };
}
