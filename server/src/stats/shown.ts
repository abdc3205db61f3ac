/**
 * What a person is shown of a comparison: one rule for range and direction, so that a mark, a word and a bar never
 * contradict each other. Both are adjusted for the comparisons that decide: the range by Bonferroni's share, the direction
 * as it was concluded. What is only explored has its own range, and no more than a hint.
 */
import type { Direction } from "./direction.ts";
import type {
  Adjustment,
  Comparison,
  ComparisonOutcome,
  Interval,
  KpiReport,
  MeanArm,
  RateArm,
  Section,
  SectionArm,
} from "./report.ts";

export interface ShownEffect {
  /** `null` for an uplift over a baseline that may be 0. */
  readonly estimate: number | null;
  /** Holds however often one looks, and together with those of all comparisons that decide. */
  readonly range: Interval;
  readonly word: Exclude<Word, "too early" | "described only">;
}

export type Scale = "uplift" | "difference";

/** `null` where there is too little to say anything. */
export function shownEffect(comparison: Comparison, scale: Scale): ShownEffect | null {
  const { gate, conclusion, upliftBonferroni, differenceBonferroni } = comparison;
  if (gate.kind !== "open") return null;
  const { estimate, alwaysValid } = comparison[scale];
  const adjusted = scale === "uplift" ? upliftBonferroni : differenceBonferroni;
  // Holm claims a little more than Bonferroni's range can show; the comparison's own range shows it.
  const isHidden = conclusion !== "undecided" && adjusted !== null && holdsZero(adjusted);
  const range = estimate === null || adjusted === null || isHidden ? alwaysValid : adjusted;
  return { estimate, range, word: openWord(comparison) };
}

/** What may be said of a comparison. Every teller says it by `wordOf`, so that none says more than another. */
export type Word = Direction | "looks better" | "looks worse" | "too early" | "described only";

/**
 * Only what decides is said to be better or worse; what is explored looks so.
 * @param isDescribed days or a baseline were chosen after looking
 */
export function wordOf({ gate, reached, conclusion, hint }: Comparison, isDescribed = false): Word {
  if (isDescribed) return "described only";
  if (gate.kind !== "open" && reached === null) return "too early";
  return openWord({ conclusion, hint });
}

function openWord({ conclusion, hint }: Pick<Comparison, "conclusion" | "hint">): ShownEffect["word"] {
  return conclusion === "undecided" && hint !== "undecided" ? `looks ${hint}` : conclusion;
}

/** The arms of a KPI with the figures that carry its decision. */
export function decidingArms(kpi: Pick<KpiReport, "decidesOn" | "rates" | "means">): readonly (RateArm | MeanArm)[] {
  return kpi[kpi.decidesOn] ?? kpi.rates;
}

/** The figures that a KPI has, the one it decides on first. */
export function sectionsOf(kpi: KpiReport): readonly Section[] {
  const all: readonly Section[] =
    kpi.decidesOn === "means" ? ["means", "averages", "rates"] : ["rates", "means", "averages"];
  return all.filter((section) => kpi[section] !== null);
}

/** The figure itself. */
export function figureOf(arm: SectionArm): number | null {
  if ("rate" in arm) return arm.rate;
  return "mean" in arm ? arm.mean : arm.average;
}

/** The average per conversion that stands beside the mean of an arm; `null` where it isn't known, or no mean is shown first. */
export function averageOf({ decidesOn, averages }: KpiReport, arm: number): number | null {
  return decidesOn === "means" ? (averages?.[arm]?.average ?? null) : null;
}

/** Whether what was known of the participants from before was taken out. */
export function isAdjusted(
  comparison: ComparisonOutcome | undefined,
): comparison is Comparison & { readonly adjustment: Adjustment } {
  return comparison?.kind === "compared" && comparison.adjustment !== undefined;
}

function holdsZero({ lower, upper }: Interval): boolean {
  return (lower === null || lower <= 0) && (upper === null || upper >= 0);
}
