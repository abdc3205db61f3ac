/**
 * The figures of one experiment in the list: which alternative leads by how much, the progress, and whether to trust
 * it.
 */
import type { Counts } from "../../domain/counts.ts";
import { alternativeName, type Experiment } from "../../domain/experiment.ts";
import { type Kpi, meanOf } from "../../domain/kpi.ts";
import type { AlternativeName } from "../../domain/names.ts";
import type { Day } from "../../domain/period.ts";
import type { Comparison, KpiReport, PlanReport, Verdict } from "../../stats/report.ts";
import { averageOf, decidingArms, figureOf, type ShownEffect, shownEffect } from "../../stats/shown.ts";
import type { Analysis } from "./analysis.ts";
import type { Health } from "./health.ts";
import type { SegmentReport } from "./segment-report.ts";

/** Days in the sparkline, today included. */
export const SPARKLINE_DAYS = 30;

/** The alternative that is most likely the best one, the baseline left out. */
export interface Leader {
  readonly name: AlternativeName;
  /** Against the control, over its |figure|. `null` while there is nothing to compare, or too little. */
  readonly uplift: ShownEffect | null;
  /** Posterior chance to beat the control. */
  readonly chanceToBeatControl: number | null;
}

export interface ExperimentSummary {
  readonly experiment: Experiment;
  /** What it is called by its mean, and the unit of that; `null` where it is shown by its rate. */
  readonly mean: { readonly label: string; readonly unit: string | null } | null;
  readonly better: KpiReport["better"];
  /** Whether figures of alternatives add up days with other shares, so that they don't compare. */
  readonly isPooled: boolean;
  readonly participants: number;
  /** Participants who reached the KPI of these figures. */
  readonly conversions: number;
  readonly control: {
    readonly name: AlternativeName;
    /** Rate of participants who converted, or mean value per participant, as the KPI decides; `null` without any. */
    readonly figure: number | null;
    /** Of participants who converted, also where the figure is a mean. */
    readonly rate: number | null;
    /** Per conversion, beside a mean of values; `null` where it isn't known. */
    readonly average: number | null;
  };
  /** `null` without alternatives that can be compared. */
  readonly leader: Leader | null;
  /** On the KPI that decides, whichever is shown: what the data say now, in a word and in words. */
  readonly verdict: Pick<Verdict, "kind" | "sentence">;
  readonly progress: PlanReport;
  readonly health: Health["word"];
  readonly missing: Health["missing"];
  readonly conflicts: Health["conflicts"];
  /** For a mark where one is hurt; figures by segment are for the page of the experiment. */
  readonly segments: Pick<SegmentReport, "cause" | "hurt"> | null;
  /** Days without a new participant; `null` before the first. */
  readonly daysSilent: Health["daysSilent"];
  /** New participants per day, oldest first; the last one is today's. */
  readonly sparkline: readonly number[];
  /** First day with a participant; `null` before it. */
  readonly firstDay: Day | null;
  /** Last day with a new participant or a conversion; `null` before the first. */
  readonly lastActivityDay: Day | null;
}

/** @param counts what the analysis was made of */
export function summarized(
  { experiment, report, shown, ...analysis }: Analysis,
  counts: Counts,
  today: Day,
): ExperimentSummary {
  const kpi = report.kpis[shown];
  const analysed = kpi?.kind === "analysed" ? kpi : undefined;
  return {
    experiment,
    mean: analysed?.decidesOn === "means" ? meanOfShown(analysis.kpis[shown]) : null,
    better: analysed?.better ?? "higher",
    isPooled: analysis.hidden !== null,
    participants: counts.participants,
    conversions: analysed?.rates.reduce((sum, { conversions }) => sum + conversions, 0) ?? 0,
    control: {
      name: alternativeName(experiment, 0),
      figure: analysed === undefined ? null : controlFigure(analysed),
      rate: analysed?.rates[0]?.rate ?? null,
      average: analysed === undefined ? null : averageOf(analysed, 0),
    },
    leader: analysed === undefined ? null : leaderOf(experiment, analysed),
    verdict: report.verdict,
    progress: report.plan,
    health: analysis.health.word,
    missing: analysis.health.missing,
    conflicts: analysis.health.conflicts,
    segments: analysis.segments && { cause: analysis.segments.cause, hurt: analysis.segments.hurt },
    daysSilent: analysis.health.daysSilent,
    sparkline: sparklineOf(counts, today),
    firstDay: analysis.health.firstDay,
    lastActivityDay: analysis.days.lastActivity,
  };
}

function meanOfShown(kpi: Kpi | undefined): ExperimentSummary["mean"] {
  return kpi === undefined ? null : { label: meanOf(kpi), unit: kpi.unit };
}

function leaderOf(experiment: Experiment, kpi: KpiReport): Leader | null {
  let leader: { readonly index: number; readonly chance: number } | null = null;
  for (const [index, arm] of decidingArms(kpi).entries()) {
    if (index === 0) continue;
    const chance = arm.chanceToBeBest ?? -1;
    if (leader === null || chance > leader.chance) leader = { index, chance };
  }
  if (leader === null) return null;
  const { index } = leader;
  const comparison: Comparison | null = comparedAt(kpi, index);
  return {
    name: alternativeName(experiment, index),
    uplift: comparison === null ? null : shownEffect(comparison, "uplift"),
    chanceToBeatControl: comparison?.chanceToBeatBaseline ?? null,
  };
}

function controlFigure(kpi: KpiReport): number | null {
  const [control] = decidingArms(kpi);
  return control === undefined ? null : figureOf(control);
}

function comparedAt(kpi: KpiReport, index: number): Comparison | null {
  const comparison = decidingArms(kpi)[index]?.comparison;
  return comparison?.kind === "compared" ? comparison : null;
}

function sparklineOf({ participantsByDay }: Counts, today: Day): readonly number[] {
  return Array.from({ length: SPARKLINE_DAYS }, (_, index) => {
    const day = today - SPARKLINE_DAYS + 1 + index;
    return participantsByDay.get(day as Day) ?? 0;
  });
}
