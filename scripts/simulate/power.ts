/** Section B: how often something is found, and after how many participants. */
import { seededRandom } from "../../server/src/stats/random.ts";
import { type SimulationResult, simulate } from "../../server/src/stats/simulate.ts";
import { atMost, finish, near, nearMean, type Target } from "./target.ts";

const PLANNED = 16_316;
const RUNS = 6000;

/** Share of runs; two points, as the published table was itself simulated. */
const TOLERANCE = 0.02;

const PUBLISHED: readonly {
  readonly uplift: number;
  readonly power: readonly [fixed: number, av: number, hybrid: number];
}[] = [
  { uplift: 0.1, power: [0.321, 0.132, 0.29] },
  { uplift: 0.2, power: [0.797, 0.537, 0.771] },
  { uplift: 0.3, power: [0.993, 0.944, 0.99] },
];

/** Rate .05, planned size 16,316, a look every 100 participants. */
export function power(): Target[] {
  const targets: Target[] = [];
  for (const { uplift, power: published } of PUBLISHED) {
    const study = played(uplift);
    const [fixed, alwaysValid, hybrid] = published;
    const where = `+${100 * uplift} %`;
    targets.push(
      near(`power ${where}, fixed`, study.fixed.power, fixed, TOLERANCE),
      near(`power ${where}, always-valid`, study.alwaysValid.power, alwaysValid, TOLERANCE),
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
  const input = { baseline: 0.05, uplift, arms: 2, users: PLANNED, looks: 163, runs: RUNS };
  return finish(simulate(input, seededRandom(23)));
}
