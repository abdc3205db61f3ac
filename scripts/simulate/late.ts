/**
 * What conversions that come late do. The always-valid test takes those who have not converted for those who never will: where
 * few convert that hardly matters, where most do it is most of what it sees, and a known fault.
 */
import { seededRandom } from "../../server/src/stats/random.ts";
import { play } from "./hostile-run.ts";
import { screenOf } from "./hostile-screen.ts";
import type { Setting } from "./hostile-setting.ts";
import { atLeast, atMost, percent, type Target } from "./target.ts";

const RUNS = 1500;
const ALPHA = 0.05;

/** Everybody's conversion comes 700 participants later, of 20,000 with a look every hundred: after a day of four weeks. */
export function late(): Target[] {
  const few = [0.01, 0.05, 0.2].map((rate) => atMost(nameOf(rate), claims(rate), RUNS, ALPHA));
  return [...few, atLeast(nameOf(0.95), claims(0.95), RUNS, 2 * ALPHA)];
}

function nameOf(rate: number): string {
  return `two equal arms, rate ${percent(rate, 0)}, every conversion 700 participants late`;
}

function claims(rate: number): number {
  const setting: Setting = {
    seed: 0,
    rate,
    values: null,
    weights: [[0.5, 0.5]],
    drift: "none",
    late: 1,
    lateLooks: 7,
    better: "higher",
    users: 20_000,
    planned: null,
    guardrails: [],
    rollBack: "experiment",
    uplift: 0,
    stray: false,
  };
  const random = seededRandom(37);
  const mayClaim = screenOf(setting);
  let count = 0;
  for (let run = 0; run < RUNS; run++) if (play(setting, mayClaim, new Float64Array(), random) !== null) count++;
  return count;
}
