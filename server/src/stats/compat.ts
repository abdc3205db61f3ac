/**
 * The figures Sixpack 2.7 shows, to the digit, for its JSON and its labels. They are compatibility, not advice: the
 * labels read one step low ("95% Confidence" means p in (.01, .05]) and are wrong when looked at repeatedly.
 * Source: sixpack/models.py at 2.7.0, Alternative.g_stat, g_stat confidence levels, confidence_interval.
 * This is the one file where a number may also be the word `N/A`.
 */
import type { Arm } from "./score.ts";

export interface SixpackFigures {
  readonly test_statistic: number | "N/A";
  readonly confidence_level: string;
  /** Percent, two decimals. */
  readonly conversion_rate: number;
  /** Half width in percentage points, 80 %. */
  readonly confidence_interval: number;
}

/** Conversions of both arms below which 2.7 shows no test. */
const CONVERSIONS_MIN = 20;

/** What 2.7 shows for an alternative that is not the control. */
export function sixpackCompat(control: Arm, alternative: Arm): SixpackFigures {
  const statistic = gStatistic(control, alternative);
  return {
    test_statistic: statistic,
    confidence_level: confidenceLevel(statistic),
    ...ownFigures(alternative),
  };
}

/** What 2.7 shows for the control: it is not compared with itself. */
export function sixpackCompatControl(control: Arm): SixpackFigures {
  return { test_statistic: "N/A", confidence_level: "N/A", ...ownFigures(control) };
}

function ownFigures({ n, x }: Arm): Pick<SixpackFigures, "conversion_rate" | "confidence_interval"> {
  if (n === 0) return { conversion_rate: 0, confidence_interval: 0 };
  const rate = x / n;
  return {
    conversion_rate: roundHalfEven(rate * 100),
    // In this order: 128 * sqrt(…) differs in the last digit.
    confidence_interval: ((rate * (1 - rate)) / n) ** 0.5 * 1.28 * 100,
  };
}

function gStatistic(control: Arm, alternative: Arm): number | "N/A" {
  const conversions = control.x + alternative.x;
  if (conversions < CONVERSIONS_MIN) return "N/A";
  const participants = control.n + alternative.n;
  const cells: (readonly [number, number])[] = [];
  // The alternative first, as 2.7 added up: another order may round to another hundredth.
  for (const { n, x } of [alternative, control]) {
    cells.push([x, (n * conversions) / participants], [n - x, (n * (participants - conversions)) / participants]);
  }
  // Python raised on log(0) and on division by zero, and 2.7 turned both into 0.
  if (cells.some(([observed, expected]) => observed <= 0 || expected === 0)) return 0;
  return round2(2 * cells.reduce((sum, [observed, expected]) => sum + observed * Math.log(observed / expected), 0));
}

/** Critical values of chi-square with one degree of freedom, as 2.7 wrote them. The rounded statistic is compared. */
export function confidenceLevel(statistic: number | "N/A"): string {
  if (statistic === "N/A") return "N/A";
  if (statistic === 0) return "No Change";
  if (statistic < 3.841) return "No Confidence";
  if (statistic < 6.635) return "95% Confidence";
  if (statistic < 10.83) return "99% Confidence";
  return "99.9% Confidence";
}

/** C's printf("%.2f"), with which 2.7 wrote rates: a tie goes to the even digit, as `toFixed` doesn't. */
function roundHalfEven(value: number): number {
  // Only odd multiples of 1/8 lie exactly between two decimals: 200 x is odd, and a double has no factor 1/25.
  const eighths = value * 8;
  if (!Number.isInteger(eighths) || eighths % 2 === 0) return Number(value.toFixed(2));
  const hundredths = Math.floor(value * 100);
  return (hundredths + (hundredths % 2)) / 100;
}

/** Python 2.7's round(value, 2): correctly rounded, ties away from zero. */
function round2(value: number): number {
  const rounded = Number(value.toFixed(2));
  return rounded === 0 ? 0 : rounded;
}
