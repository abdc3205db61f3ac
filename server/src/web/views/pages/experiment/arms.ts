/** The alternatives of one KPI as rows, whether it is decided on rates or on means. */
import type { AlternativeName } from "../../../../domain/names.ts";
import type { ArmCounts } from "../../../../service/report/kpi-counts.ts";
import { sixpackCompat, sixpackCompatControl } from "../../../../stats/compat.ts";
import type { ComparisonOutcome, Interval, KpiReport } from "../../../../stats/report.ts";
import { averageOf, type ShownEffect, shownEffect, wordOf } from "../../../../stats/shown.ts";
import type { Diff, ExperimentView } from "../../experiment-view.ts";
import { amount, decimal, type Limits, NOTHING, rate, rateRange, uplift, upliftRange } from "../../ui/format.ts";

/** Which figure of a KPI is written, and in which unit. */
export interface Figure {
  readonly isMean: boolean;
  readonly unit: string | null;
}

export interface Arm {
  readonly name: AlternativeName;
  readonly index: number;
  readonly participants: number;
  readonly share: number | null;
  readonly expectedShare: number | null;
  readonly conversions: number;
  /** Rate, or mean value per participant. */
  readonly value: number | null;
  /** Of participants who converted, whatever the KPI is decided by. */
  readonly rate: number | null;
  /** Of all conversions, beside a mean of values; `null` where it isn't known. */
  readonly average: number | null;
  /** Of a rate for every look; of a mean for one, and none under a bandit. */
  readonly interval: Interval | null;
  /** Whether `value` adds up days on which the alternatives had other shares, so that values don't compare. */
  readonly isPooled: boolean;
  readonly isRetired: boolean;
  readonly comparison: ComparisonOutcome;
  /** Which way is good. */
  readonly better: KpiReport["better"];
  /** What 2.7 would call it, against the control; `null` where that claims what is not there. */
  readonly sixpackLabel: string | null;
}

export function armsOf({ experiment, analysis, counts }: ExperimentView, outcome: KpiReport): readonly Arm[] {
  const means = outcome.decidesOn === "rates" ? null : outcome[outcome.decidesOn];
  const { adaptive } = analysis.report.settings;
  return experiment.alternatives.map(({ name, retiredInEpoch }, index) => {
    const rates = outcome.rates[index];
    const mean = means?.[index];
    const share = analysis.report.arms[index];
    const [own, control] = [counts.arms[index], counts.arms[0]];
    return {
      name,
      index,
      participants: rates?.participants ?? 0,
      share: share?.share ?? null,
      expectedShare: share?.expectedShare ?? null,
      conversions: rates?.conversions ?? 0,
      value: mean === undefined ? (rates?.rate ?? null) : mean.mean,
      rate: rates?.rate ?? null,
      average: averageOf(outcome, index),
      interval: mean === undefined ? (rates?.rateSequence ?? null) : adaptive ? null : mean.meanInterval,
      isPooled: analysis.hidden !== null,
      isRetired: retiredInEpoch !== null,
      comparison: mean?.comparison ?? rates?.comparison ?? { kind: "baseline" },
      better: outcome.better,
      sixpackLabel:
        analysis.hidden === null && analysis.verdict !== null
          ? sixpackLabel(index === 0 ? undefined : own, control)
          : null,
    };
  });
}

export function figureOf({ figure, kpi }: Pick<ExperimentView, "figure" | "kpi">): Figure {
  return { isMean: figure === "means", unit: kpi.unit };
}

/** The effect to show; `undefined` where there is none, or too few data to speak of one. */
export function effectOf({ comparison }: Arm, diff: Diff): ShownEffect | undefined {
  if (comparison.kind !== "compared") return undefined;
  return shownEffect(comparison, diff === "relative" ? "uplift" : "difference") ?? undefined;
}

export function valueText(value: number | null, { isMean, unit }: Figure): string {
  return isMean ? amount(value, unit) : rate(value);
}

/** `rate 19.2%`, which stands beside a mean; empty beside a rate. */
export function besideText(rateOf: number | null, { isMean }: Figure): string {
  return isMean ? `rate ${rate(rateOf)}` : "";
}

export function valueRange(interval: Interval, { isMean }: Figure): string {
  if (!isMean) return rateRange(interval);
  return `${decimal(interval.lower)} to ${decimal(interval.upper)}`;
}

/**
 * @param within its range, of an estimate. Uplifts are percent of the baseline; differences of rates are percentage
 * points, and of means plain numbers.
 */
export function effectText(value: number | null, diff: Diff, { isMean, unit }: Figure, within?: Limits): string {
  if (value === null) return NOTHING;
  if (diff === "relative") return uplift(value, within);
  const sign = value > 0 ? "+" : "";
  return isMean ? `${sign}${amount(value, unit)}` : `${sign}${decimal(value * 100)} pt`;
}

/** What an effect is called, in every head and on a phone in every row. */
export function effectHead(diff: Diff): string {
  return diff === "relative" ? "Uplift" : "Difference";
}

export function effectRange(limits: Limits, diff: Diff, figure: Figure): string {
  if (diff === "relative") return upliftRange(limits);
  return `${effectText(limits.lower, diff, figure)} to ${effectText(limits.upper, diff, figure)}`;
}

/** What 2.7 would call an alternative; `undefined` is the control itself. */
function sixpackLabel(own: ArmCounts | undefined, control: ArmCounts | undefined): string {
  const armOf = (counts: ArmCounts | undefined) => ({ n: counts?.participants ?? 0, x: counts?.conversions ?? 0 });
  const figures = own === undefined ? sixpackCompatControl(armOf(control)) : sixpackCompat(armOf(control), armOf(own));
  return figures.confidence_level;
}

/**
 * The one signal of an alternative; empty for the one that others are compared with.
 * @param isDescribed days or a baseline were chosen after looking
 */
export function conclusionText({ comparison }: Arm, isDescribed: boolean): string {
  if (comparison.kind !== "compared") return "";
  const word = wordOf(comparison, isDescribed);
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}
