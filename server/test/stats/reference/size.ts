/** Sample sizes by other conventions than the engine's. */
import { normalCritical, normalQuantile } from "../../../src/stats/distributions.ts";
import type { SizeQuestion } from "../../../src/stats/size.ts";

/** The arcsine convention (Cohen's h) that some tools use. */
export function sampleSizeArcsine(rate: number, { relativeMde, alpha, power }: Omit<SizeQuestion, "baseline">): number {
  const h = 2 * Math.asin(Math.sqrt(rate * (1 + relativeMde))) - 2 * Math.asin(Math.sqrt(rate));
  const sum = normalCritical(alpha) + normalQuantile(power);
  return 2 * (sum / h) ** 2;
}
