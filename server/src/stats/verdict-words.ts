/** The sentences of the verdict: what happened to a KPI, by how much, and what is missing, in words for a banner. */
import { gainOf, leastGain } from "./direction.ts";
import type { Comparison, Evidence, Interval, KpiReport, MeanArm, PlanReport, RateArm, Report } from "./report.ts";

export interface Compared {
  readonly arm: number;
  readonly name: string;
  readonly comparison: Comparison;
}

export function decidingArms(kpi: KpiReport): readonly (RateArm | MeanArm)[] {
  return kpi[kpi.decidesOn] ?? kpi.rates;
}

const SHARES_SHOWN_MAX = 4;

export function splitText(arms: Report["arms"], alarm: boolean): string {
  if (!alarm) return "the traffic split was wrong at an earlier time";
  if (arms.length > SHARES_SHOWN_MAX)
    return `the traffic split over ${arms.length} alternatives is not the expected one`;
  const text = (digits: number, shares: readonly (number | null)[]): string =>
    shares.map((share) => percent(share ?? 0, digits)).join(" / ");
  const observed = arms.map(({ share }) => share);
  const expected = arms.map(({ expectedShare }) => expectedShare);
  // Of many participants a difference is certain that one digit does not show.
  const digits = [1, 2, 3, 4].find((count) => text(count, observed) !== text(count, expected)) ?? 4;
  return `the traffic split is ${text(digits, observed)}, expected ${text(digits, expected)}`;
}

export function harmText({ baseline, sharesChanged }: Evidence, kpi: KpiReport, { arm, comparison }: Compared): string {
  const isUp = kpi.better === "lower";
  const { uplift, difference } = comparison;
  if (isRelative(kpi, baseline, uplift.alwaysValid)) {
    const { lower, upper } = excluding(comparison.upliftBonferroni, uplift.alwaysValid);
    return isUp ? `up ${range(lower, upper)}` : `down ${range(upper, lower)}`;
  }
  const { lower, upper } = excluding(comparison.differenceBonferroni, difference.alwaysValid);
  const [least, most] = isUp ? [lower, upper] : [upper, lower];
  const size = `${amount(Math.abs(least ?? 0))} to ${amount(Math.abs(most ?? 0))}`;
  const [from, to] = [levelOf(kpi, baseline), levelOf(kpi, arm)].map(amount);
  // Means of all days together may lie the other way round than the difference within stretches.
  return `${isUp ? "higher" : "lower"} by ${size}${sharesChanged ? "" : ` (${from} before, ${to} now)`}`;
}

function excluding(widened: Interval | null, own: Interval): Interval {
  const excludes = widened !== null && ((widened.lower ?? -1) > 0 || (widened.upper ?? 1) < 0);
  return excludes ? widened : own;
}

function isRelative(kpi: KpiReport, baseline: number, { lower, upper }: Interval): boolean {
  return levelOf(kpi, baseline) >= 0 && (lower !== null || upper !== null);
}

export function levelOf(kpi: KpiReport, index: number): number {
  const arm = decidingArms(kpi)[index];
  return (arm === undefined ? null : "rate" in arm ? arm.rate : arm.mean) ?? 0;
}

export function missingText(count: number, compared: readonly Compared[]): string {
  const [what = "conversions"] = compared.flatMap(({ comparison: { gate } }) =>
    gate.kind === "open" ? [] : gate.what,
  );
  const [one, many] = MISSING_WORDS[what];
  return `${count} more ${count === 1 ? one : many}`;
}

const MISSING_WORDS = {
  conversions: ["conversion", "conversions"],
  "non-conversions": ["participant without a conversion", "participants without a conversion"],
  values: ["value of equal size", "values of equal size"],
} as const;

export function shipSentence({ plan, baseline }: Evidence, kpi: KpiReport, { name, comparison }: Compared): string {
  const look = comparison.concludedBy === "final-look" ? comparison.finalLook : null;
  const early = comparison.concludedBy === "always-valid" && !plan.horizonReached;
  // Of many comparisons the one that won was also lucky: its limit is that of all of them together.
  const uplift = {
    estimate: (look ?? comparison).uplift.estimate,
    interval: (look ?? comparison).upliftBonferroni ?? comparison.uplift.alwaysValid,
  };
  const difference = {
    estimate: (look ?? comparison).difference.estimate,
    interval: (look ?? comparison).differenceBonferroni ?? comparison.difference.alwaysValid,
  };
  const relative = uplift.estimate !== null && levelOf(kpi, baseline) >= 0;
  const size = relative
    ? sizeText(uplift, kpi.better, signed)
    : sizeText(difference, kpi.better, (value) => differenceText(kpi, value));
  return `Ship ${name}${size}.${early ? " An estimate from an early stop tends to be too high." : ""}`;
}

function sizeText(
  { estimate, interval }: { readonly estimate: number | null; readonly interval: Interval },
  better: KpiReport["better"],
  text: (value: number) => string,
): string {
  if (estimate === null) return "";
  const least = leastGain(interval, better);
  // Holm may find what Bonferroni's slightly wider interval does not.
  const shown = least !== null && gainOf(least, better) > 0;
  return `: ${text(estimate)}${shown ? ` (at least ${text(least)})` : ""}`;
}

function differenceText({ decidesOn }: KpiReport, value: number): string {
  const sign = value > 0 ? "+" : "";
  return decidesOn === "rates" ? `${sign}${amount(100 * value)} points` : `${sign}${amount(value)}`;
}

export function runningSentence({ daysLeft }: PlanReport, adaptive: boolean): string {
  switch (daysLeft.kind) {
    case "estimated":
      return `Keep running: about ${daysLeft.days} ${daysLeft.days === 1 ? "day" : "days"} left.`;
    case "unlikely":
      return `Keep running, or raise the smallest uplift worth finding: ${daysLeft.days} days left is unlikely to finish.`;
    case "reached":
      return "Keep running until the final look is taken.";
    case "unknown":
      if (daysLeft.reason !== "no-plan") return "Keep running: no recent traffic to tell how long it takes.";
      // Weights that follow the results leave no look of a fixed size to plan for.
      return adaptive
        ? "Keep running: no difference shown yet. The bandit goes on moving clients to what does better."
        : "Keep running: no difference shown yet. Set a plan to know how long it takes.";
  }
}

export function percent(fraction: number, digits = 1): string {
  const value = 100 * fraction;
  const rounded = digits === 1 && Math.abs(value) < 1 ? value.toPrecision(2) : value.toFixed(digits);
  return `${Number(rounded)}%`;
}

function amount(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function signed(fraction: number): string {
  return `${fraction > 0 ? "+" : ""}${percent(fraction)}`;
}

function range(least: number | null, most: number | null): string {
  const from = percent(Math.abs(least ?? 0));
  return most === null ? `at least ${from}` : `${from} to ${percent(Math.abs(most))}`;
}
