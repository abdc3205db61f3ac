/** Section B: how often something is found, and after how many participants. */
import { powerOf } from "../../server/src/stats/plan.ts";
import { seededRandom } from "../../server/src/stats/random.ts";
import { type SimulationResult, simulate } from "../../server/src/stats/simulate.ts";
import { atMost, finish, near, nearMean, type Target } from "./target.ts";

const PLANNED = 16_316;
const BASELINE = 0.05;
const RUNS = 6000;

/** Share of runs; two points, as the published table was itself simulated. */
const TOLERANCE = 0.02;

/**
 * Published for +30 %: fixed 99.3, always-valid 94.4. The exact power of the fixed test is 98.4 (`powerOf`), so that row
 * was drawn high; the fixed column is therefore held to the formula, and this row's always-valid figure to 4 points.
 */
const TOLERANCE_HIGH_DRAW = 0.04;

const PUBLISHED: readonly {
  readonly uplift: number;
  readonly power: readonly [av: number, hybrid: number];
}[] = [
  { uplift: 0.1, power: [0.132, 0.29] },
  { uplift: 0.2, power: [0.537, 0.771] },
  { uplift: 0.3, power: [0.944, 0.99] },
];

/** Rate .05, planned size 16,316, a look every 100 participants. */
export function power(): Target[] {
  const targets: Target[] = [];
  for (const { uplift, power: published } of PUBLISHED) {
    const study = played(uplift);
    const [alwaysValid, hybrid] = published;
    const exact = powerOf({ baseline: BASELINE, relativeMde: uplift, alpha: 0.05 }, PLANNED / 2);
    const where = `+${100 * uplift} %`;
    targets.push(
      near(`power ${where}, fixed`, study.fixed.power, exact, TOLERANCE),
      near(
        `power ${where}, always-valid`,
        study.alwaysValid.power,
        alwaysValid,
        uplift === 0.3 ? TOLERANCE_HIGH_DRAW : TOLERANCE,
      ),
      near(`power ${where}, hybrid`, study.hybrid.power, hybrid, TOLERANCE),
    );
    if (uplift === 0.3) {
      targets.push(
        nearMean("mean participants +30 %, hybrid", study.hybrid.expectedUsers, 10_600, 0.03),
        atMost("size of the hybrid rule", Math.round(study.hybrid.falsePositiveRate * RUNS), RUNS, 0.05),
      );
    }
  }
  return targets;
}

function played(uplift: number): SimulationResult {
  const input = { baseline: BASELINE, uplift, arms: 2, users: PLANNED, looks: 163, runs: RUNS };
  return finish(simulate(input, seededRandom(23)));
}
