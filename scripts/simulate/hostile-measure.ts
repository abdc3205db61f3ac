/**
 * How often one setting errs, with as many runs as it takes to tell. Run as a process of its own it measures the settings
 * that it is sent; each plays from its own seed, whichever process has it.
 */
import { seededRandom } from "../../server/src/stats/random.ts";
import { betaQuantile } from "../../server/test/stats/reference/beta.ts";
import { play } from "./hostile-run.ts";
import { screenOf } from "./hostile-screen.ts";
import { drawn, valuesOf } from "./hostile-setting.ts";

export const ALPHA = 0.05;
export const SETTINGS = 200;
/** Chance that even one setting of all of them passes although it errs more often than alpha. */
const FAMILY_LEVEL = 0.01;
/**
 * Runs after which the limit is taken; a setting is done with the first that lies at or below alpha. All limits of all settings
 * share the level: what passes is no harvest of many looks.
 */
const STAGES = [400, 800, 1_600, 3_200, 4_800, 6_400, 9_600, 12_800, 18_000, 25_600, 38_400, 51_200];
export const CONFIDENCE = 1 - FAMILY_LEVEL / (SETTINGS * STAGES.length);

export interface Outcome {
  readonly seed: number;
  readonly runs: number;
  readonly errors: number;
  /** Exact upper limit (Clopper and Pearson) at CONFIDENCE. */
  readonly limit: number;
  readonly example: string;
  readonly seconds: number;
}

export function measured(seed: number): Outcome {
  const startMs = performance.now();
  const setting = drawn(seed);
  const random = seededRandom(1_000_003, seed);
  const values = setting.values === null ? new Float64Array() : valuesOf(setting.values, random);
  const mayClaim = screenOf(setting);
  let [runs, errors, example, limit] = [0, 0, "", 1];
  for (const stage of STAGES) {
    for (; runs < stage; runs++) {
      const claim = play(setting, mayClaim, values, random);
      if (claim === null) continue;
      errors++;
      example = claim;
    }
    limit = betaQuantile(CONFIDENCE, errors + 1, runs - errors);
    const isBad = 1 - betaQuantile(CONFIDENCE, runs - errors + 1, errors) > ALPHA;
    if (limit <= ALPHA || isBad) break;
  }
  return { seed, runs, errors, limit, example, seconds: (performance.now() - startMs) / 1000 };
}

if (process.send !== undefined) process.on("message", (seed: number) => process.send?.(measured(seed)));
