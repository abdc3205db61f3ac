/** What guardrails cost: how often equal arms are rolled back, or anything else is claimed, by both bounds that a plan can choose. */
import type { RollBack } from "../../server/src/stats/input.ts";
import { seededRandom } from "../../server/src/stats/random.ts";
import { play } from "./hostile-run.ts";
import { screenOf } from "./hostile-screen.ts";
import type { Setting } from "./hostile-setting.ts";
import { atLeast, atMost, type Target } from "./target.ts";

const RUNS = 1500;
const ALPHA = 0.05;

/** Of 20,000 participants, with a look every hundred. */
export function guardrails(): Target[] {
  return [2, 10].flatMap((arms) => [
    atMost(nameOf(arms, "experiment"), claims(arms, "experiment"), RUNS, ALPHA),
    // The price of seeing harm sooner: known, said in the form, and chosen.
    atLeast(nameOf(arms, "each"), claims(arms, "each"), RUNS, arms === 2 ? 0.08 : 0.15),
  ]);
}

function nameOf(arms: number, rollBack: RollBack): string {
  return `${arms} equal arms, 5 guardrails, any claim; bound for ${rollBack === "each" ? "each guardrail" : "the experiment"}`;
}

function claims(arms: number, rollBack: RollBack): number {
  const setting: Setting = {
    seed: arms,
    rate: 0.1,
    values: null,
    weights: [new Array<number>(arms).fill(1 / arms)],
    drift: "none",
    late: 0,
    lateLooks: 0,
    better: "higher",
    users: 20_000,
    planned: null,
    guardrails: [0.1, 0.1, 0.1, 0.1, 0.1],
    rollBack,
    uplift: 0,
    stray: false,
  };
  const random = seededRandom(29, arms);
  const mayClaim = screenOf(setting);
  let count = 0;
  for (let run = 0; run < RUNS; run++) if (play(setting, mayClaim, new Float64Array(), random) !== null) count++;
  return count;
}
