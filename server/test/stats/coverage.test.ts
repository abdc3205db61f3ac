/**
 * 400 experiments whose weights change while the base rate drifts. The interval within epochs holds the true uplift in
 * 95 % of them: a count that is binomial(400, .95) under that promise, with a standard deviation of 4.36, so that
 * 380 ± 3.3 of them, 366 to 394, leave out 1 run of this test in 1,000. Added up over epochs, the arm that got its
 * clients in good times wins without being better, and the interval holds the truth hardly ever.
 */
import { expect, test } from "vitest";
import { normalCritical } from "../../src/stats/distributions.ts";
import { binomialFrom, seededRandom } from "../../src/stats/random.ts";
import { upliftScore } from "../../src/stats/score.ts";
import { stratifiedUplift } from "../../src/stats/stratified.ts";

const RUNS = 400;
const UPLIFT = 0.1;
const CLIENTS = 4_000;
/** Share of the alternative and rate of the control, epoch by epoch: more of it as times get better. */
const EPOCHS = [
  { share: 0.2, rate: 0.04 },
  { share: 0.35, rate: 0.06 },
  { share: 0.5, rate: 0.08 },
  { share: 0.7, rate: 0.11 },
  { share: 0.85, rate: 0.14 },
] as const;
const SPREADS = 3.3;

test("the interval within epochs holds the true uplift in 95 % of runs, the pooled one does not", () => {
  const random = seededRandom(5);
  const critical = normalCritical(0.05);
  let [within, pooled] = [0, 0];
  const holds = ({ lower, upper }: { readonly lower: number; readonly upper: number }) =>
    lower <= UPLIFT && UPLIFT <= upper ? 1 : 0;
  for (let run = 0; run < RUNS; run += 1) {
    const strata = EPOCHS.map(({ share, rate }) => {
      const n = binomialFrom(CLIENTS, share, random);
      return {
        control: { n: CLIENTS - n, x: binomialFrom(CLIENTS - n, rate, random) },
        treatment: { n, x: binomialFrom(n, rate * (1 + UPLIFT), random) },
      };
    });
    const sum = (side: "control" | "treatment") =>
      strata.reduce((all, stratum) => ({ n: all.n + stratum[side].n, x: all.x + stratum[side].x }), { n: 0, x: 0 });
    within += holds(stratifiedUplift(strata, critical));
    pooled += holds(upliftScore(sum("control"), sum("treatment"), critical));
  }
  const tolerance = SPREADS * Math.sqrt(RUNS * 0.95 * 0.05);
  expect(Math.abs(within - 0.95 * RUNS)).toBeLessThan(tolerance);
  expect(pooled).toBeLessThan(0.1 * RUNS);
});
