/**
 * A pipeline that asks for the verdict every hour for 28 days, and takes the first claim it hears: `sixpack verdict --wait`.
 * Alternatives don't differ, so every claim is a false one. What one look said stands, so that the first one is the answer.
 */
import { seededRandom } from "../../server/src/stats/random.ts";
import { play } from "./hostile-run.ts";
import { screenOf } from "./hostile-screen.ts";
import type { Setting } from "./hostile-setting.ts";
import { notAbove, percent, type Target } from "./target.ts";

const RUNS = 1_000;
const ALPHA = 0.05;
/** A look every hundred participants, and a hundred in an hour. */
const USERS = 28 * 24 * 100;

export function gate(): Target[] {
  return [0.05, 0.3].flatMap((rate) =>
    [2, 4].map((arms) => {
      const name = `${arms} equal arms, rate ${percent(rate, 0)}, a verdict every hour for 28 days`;
      return notAbove(name, claims(rate, arms), RUNS, ALPHA);
    }),
  );
}

function claims(rate: number, arms: number): number {
  const setting: Setting = {
    seed: 0,
    rate,
    values: null,
    weights: [Array.from({ length: arms }, () => 1 / arms)],
    drift: "none",
    late: 0,
    lateLooks: 0,
    better: "higher",
    users: USERS,
    planned: null,
    guardrails: [],
    rollBack: "experiment",
    uplift: 0,
    stray: false,
  };
  const random = seededRandom(41);
  const mayClaim = screenOf(setting);
  let count = 0;
  for (let run = 0; run < RUNS; run++) if (play(setting, mayClaim, new Float64Array(), random) !== null) count++;
  return count;
}
