/** Sample sizes by other conventions than the engine's. */
import type { SizeQuestion } from "../../../src/stats/size.ts";
import { normalCritical, normalQuantile } from "../../../src/stats/special.ts";

/** The arcsine convention (Cohen's h) that some tools use. */
export function sampleSizeArcsine({ baseline, relativeMde, alpha, power }: SizeQuestion): number {
  const h = 2 * Math.asin(Math.sqrt(baseline * (1 + relativeMde))) - 2 * Math.asin(Math.sqrt(baseline));
  const sum = normalCritical(alpha) + normalQuantile(power);
  return 2 * (sum / h) ** 2;
}

/** Participants per arm for a difference of means. */
export function sampleSizeMean(sd: number, absoluteMde: number, alpha: number, power: number): number {
  const sum = normalCritical(alpha) + normalQuantile(power);
  return (2 * sd * sd * sum * sum) / (absoluteMde * absoluteMde);
}
