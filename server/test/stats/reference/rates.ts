/** The always-valid test of two rates in one piece, as the golden cases ask for it; the engine's way is `pairs.ts`. */
import { alwaysValidCritical, alwaysValidP, type Tuning } from "../../../src/stats/always-valid.ts";
import { type Arm, differenceScore, type Limits, twoProportionZ, upliftScore } from "../../../src/stats/score.ts";

interface AlwaysValidRates {
  readonly z: number;
  readonly p: number;
  readonly zAv: number;
  readonly difference: Limits;
  readonly uplift: Limits;
}

/** Two rates: the score statistic and the score intervals of score.ts at the larger critical value. */
export function alwaysValidBinary(control: Arm, treatment: Arm, tuning: Tuning): AlwaysValidRates {
  const n = control.n + treatment.n;
  const { z } = twoProportionZ(control, treatment);
  const zAv = alwaysValidCritical(n, tuning);
  return {
    z,
    p: alwaysValidP(z, n, tuning),
    zAv,
    difference: differenceScore(control, treatment, zAv),
    uplift: upliftScore(control, treatment, zAv),
  };
}
