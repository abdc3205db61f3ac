/**
 * `npm run late-plan`: the error of a planned look whose size was chosen by somebody who had seen z already. For each z
 * they take the size with the largest chance of a claim, without any effect; docs/decisions/0015 has the table.
 */
import { FINAL_ALPHA } from "../server/src/domain/plan.ts";
import { normalCdf, normalCritical, normalQuantile } from "../server/src/stats/distributions.ts";

const FACTORS = [2, 5, 10, 20];
const POINTS = 4_000;
const SIZES_MAX = 1e6;
const SIZE_STEP = 1.3;

/** Chance that |z| at `size` times the participants passes the critical value, given z now: they correlate by sqrt(1/size). */
function claims(seenZ: number, size: number, critical: number): number {
  const correlation = Math.sqrt(1 / size);
  const spread = Math.sqrt(1 - 1 / size);
  const mean = correlation * seenZ;
  return normalCdf((mean - critical) / spread) + normalCdf((-mean - critical) / spread);
}

process.stdout.write("factor  error of the look  with the continuous .01\n");
for (const factor of FACTORS) {
  let error = 0;
  for (let point = 0; point < POINTS; point += 1) {
    const seenZ = normalQuantile((point + 0.5) / POINTS);
    let worst = 0;
    for (let size = factor; size < SIZES_MAX; size *= SIZE_STEP) {
      worst = Math.max(worst, claims(seenZ, size, normalCritical(FINAL_ALPHA)));
    }
    error += worst / POINTS;
  }
  process.stdout.write(
    `${String(factor).padStart(6)}${error.toFixed(4).padStart(19)}${(error + 0.01).toFixed(4).padStart(25)}\n`,
  );
}
