/** Whether the product finds, with the size that its plan asks for, what the plan was made for. */
import { FINAL_ALPHA } from "../../server/src/domain/plan.ts";
import type { Baseline } from "../../server/src/stats/input.ts";
import { seededRandom } from "../../server/src/stats/random.ts";
import { planSize } from "../../server/src/stats/size.ts";
import { play } from "./hostile-run.ts";
import { screenOf } from "./hostile-screen.ts";
import { type Setting, type Values, valuesOf } from "./hostile-setting.ts";
import { percent, type Target } from "./target.ts";

interface Planned {
  readonly what: string;
  readonly rate: number;
  readonly values: Values | null;
  readonly uplift: number;
  readonly weights: readonly number[];
}

const ORDERS: Values = { carried: 1, sigma: 1, shift: 0, negative: 0 };
const LOSSES: Values = { carried: 1, sigma: 0.5, shift: -12, negative: 0 };

const PLANS: readonly Planned[] = [
  { what: "rate 5 %", rate: 0.05, values: null, uplift: 0.2, weights: [0.5, 0.5] },
  { what: "rate 5 %, a tenth", rate: 0.05, values: null, uplift: 0.2, weights: [0.9, 0.1] },
  { what: "rate 50 %, three arms", rate: 0.5, values: null, uplift: 0.1, weights: [0.4, 0.3, 0.3] },
  { what: "rate 95 %", rate: 0.95, values: null, uplift: 0.01, weights: [0.5, 0.5] },
  { what: "orders of 5 %", rate: 0.05, values: ORDERS, uplift: 0.2, weights: [0.5, 0.5] },
  { what: "orders of 20 %, a quarter", rate: 0.2, values: ORDERS, uplift: 0.15, weights: [0.75, 0.25] },
  { what: "losses of everybody", rate: 1, values: LOSSES, uplift: 0.01, weights: [0.5, 0.5] },
];

const RUNS = 2000;
const POWER = 0.8;
/** Three points, and 2.3 standard errors of 2,000 runs. */
const TOLERANCE = 0.03 + 2.3 * Math.sqrt((POWER * (1 - POWER)) / RUNS);

export function plannedPower(): Target[] {
  return PLANS.map((planned) => {
    const found = foundBy(planned);
    return {
      name: `power of a plan as the product carries it out, ${planned.what}`,
      expected: `>= ${percent(POWER - TOLERANCE)}`,
      measured: percent(found),
      met: found >= POWER - TOLERANCE,
    };
  });
}

function foundBy({ rate, values, uplift, weights }: Planned): number {
  const random = seededRandom(31);
  const table = values === null ? new Float64Array() : valuesOf(values, random);
  const baseline = values === null ? { rate } : baselineOf(rate, table);
  const question = { baseline, relativeMde: uplift, alpha: FINAL_ALPHA, power: POWER };
  const { participants } = planSize(question, weights);
  const setting: Setting = {
    seed: 0,
    rate,
    values,
    weights: [weights],
    drift: "none",
    late: 0,
    lateLooks: 0,
    better: "higher",
    users: participants,
    planned: participants,
    guardrails: [],
    rollBack: "experiment",
    uplift: values !== null && "mean" in baseline && baseline.mean < 0 ? -uplift : uplift,
    stray: false,
  };
  const mayClaim = screenOf(setting);
  let found = 0;
  for (let run = 0; run < RUNS; run++) if (play(setting, mayClaim, table, random) !== null) found++;
  return found / RUNS;
}

/** Mean and deviation per participant of a table of values that so many carry. */
function baselineOf(rate: number, table: Float64Array): Baseline {
  const mean = (rate * table.reduce((sum, value) => sum + value, 0)) / table.length;
  const square = (rate * table.reduce((sum, value) => sum + value * value, 0)) / table.length;
  return { mean, deviation: Math.sqrt(square - mean * mean) };
}
