/**
 * The figures of Sixpack 2.7, with its formulas and its rounding: for readers of its JSON, never for a decision.
 * docs/statistics.md says what is wrong with them.
 */
import type { Counts } from "./counts.ts";

/** Where 2.7 had nothing to say it put this text in the place of a number. */
export const NOT_AVAILABLE = "N/A";

/** Conversions of alternative and control together below which 2.7 gives no statistic. */
export const CONVERSIONS_MIN = 20;

/** Fraction of participants that converted; 0 without participants. */
export function conversionRate({ participants, conversions }: Counts): number {
  return participants === 0 ? 0 : conversions / participants;
}

/** `'%.2f' % (rate * 100)` of Python, as a number. */
export function conversionPercent(counts: Counts): number {
  return roundHalfEven(conversionRate(counts) * 100);
}

/** Half width of the 80 % interval of the rate, in percentage points. */
export function intervalHalfWidth(counts: Counts): number {
  if (counts.participants === 0) return 0;
  const rate = conversionRate(counts);
  return ((rate * (1 - rate)) / counts.participants) ** 0.5 * 1.28 * 100;
}

/** The G statistic of a two by two table, rounded to 2 decimals; 0 where a cell is empty. */
export function gStatistic(control: Counts, arm: Counts): number | typeof NOT_AVAILABLE {
  const conversions = arm.conversions + control.conversions;
  if (conversions < CONVERSIONS_MIN) return NOT_AVAILABLE;
  const participants = arm.participants + control.participants;
  let sum = 0;
  for (const counts of [arm, control]) {
    const expected = (counts.participants * conversions) / participants;
    const failures = counts.participants - counts.conversions;
    if (counts.conversions <= 0 || failures <= 0) return 0;
    sum += counts.conversions * Math.log(counts.conversions / expected);
    sum += failures * Math.log(failures / (counts.participants - expected));
  }
  // Rounding may leave a hair below zero, which would print as -0.
  return Math.max(0, Number((2 * sum).toFixed(2)));
}

/** The label that 2.7 chose from the rounded statistic. "95% Confidence" means p in (.01, .05]. */
export function confidenceLabel(g: number | typeof NOT_AVAILABLE): string {
  if (g === NOT_AVAILABLE) return NOT_AVAILABLE;
  if (g === 0) return "No Change";
  if (g < 3.841) return "No Confidence";
  if (g < 6.635) return "95% Confidence";
  if (g < 10.83) return "99% Confidence";
  return "99.9% Confidence";
}

/** Two decimals; a tie goes to the even digit, as C's printf does and `toFixed` doesn't. */
function roundHalfEven(value: number): number {
  // Only odd multiples of 1/8 lie exactly between two decimals: 200 x is odd, and a double has no factor 1/25.
  const eighths = value * 8;
  if (!Number.isInteger(eighths) || eighths % 2 === 0) return Number(value.toFixed(2));
  const hundredths = Math.floor(value * 100);
  return (hundredths + (hundredths % 2)) / 100;
}
