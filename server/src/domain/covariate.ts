/**
 * A covariate: a number about a participant that was known before the test, such as the orders of the last 90 days. The
 * first exposure freezes it; one that comes later could be a result of the test, and is not taken.
 */
import { SixpackError } from "./errors.ts";
import { quote } from "./names.ts";

/** Largest size of a covariate. */
export const COVARIATE_MAX = 1e12;

/** Rounded to single precision, as records keep it: 7 digits. @throws SixpackError invalid-covariate */
export function parseCovariate(raw: string): number {
  const number = raw.trim() === "" ? Number.NaN : Number(raw);
  if (Math.abs(number) <= COVARIATE_MAX) return Math.fround(number);
  throw new SixpackError(
    "invalid-covariate",
    `Expected \`covariate\` as a number from -1e12 to 1e12, got ${quote(raw)}`,
  );
}
