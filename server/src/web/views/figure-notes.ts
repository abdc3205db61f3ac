/**
 * What has to be known to read the figures of a table: a reader who divides one mean by the other must find out why the
 * uplift is not that. The same sentences stand on the page, in the readout and in the summary.
 */
import type { Decided } from "../../domain/decided.ts";
import { isPlanned } from "../../domain/plan.ts";
import { plural } from "../../lib/text.ts";
import { isAdjusted } from "../../stats/shown.ts";
import { named } from "../../stats/verdict-words.ts";
import type { ExperimentView } from "./experiment-view.ts";
import { armsOf } from "./pages/experiment/arms.ts";
import { amount, count, rate } from "./ui/format.ts";

export function figureNotes(view: ExperimentView): readonly string[] {
  return [capNote(view), adjustmentNote(view), stretchNote(view)].filter((note) => note !== null);
}

/** What the cap of the KPI shown cut off, and the means without it. */
function capNote({ analysis, kpi, experiment, figure }: ExperimentView): string | null {
  const cap = analysis.caps[analysis.shown];
  if (cap === null || cap === undefined || figure !== "means") return null;
  if (cap.amount === null) {
    const waits = analysis.report.plan.lookAwaited && isPlanned(experiment, kpi.name);
    return `No cap yet: it will be the 99th percentile of the totals, taken once after the first week, when 100 visitors have converted. Until then nothing is concluded.${waits ? " The planned look waits for it." : ""}`;
  }
  const limit = amount(cap.amount, kpi.unit);
  const without = experiment.alternatives.map(
    ({ name }, index) => `${name} ${amount(cap.rawMeans[index] ?? null, kpi.unit)}`,
  );
  const counted = `${count(cap.above)} of ${count(cap.participants)} visitors above ${limit}${cap.p99 ? ", the 99th percentile," : ""} count as ${limit} each.`;
  return `${counted} As values came, the means are ${without.join(", ")}. Averages per conversion are of values as they came.${cap.late ? " The cap was chosen after the data were seen." : ""}`;
}

/** Differences are not those of the rates or means beside them where a covariate was taken out of them. */
function adjustmentNote(view: ExperimentView): string | null {
  const { outcome } = view;
  if (outcome?.kind !== "analysed") return null;
  const adjustments = armsOf(view, outcome).flatMap(({ name, comparison }) =>
    isAdjusted(comparison) ? [{ name, ...comparison.adjustment }] : [],
  );
  return adjustments.length === 0 ? null : adjustmentText(adjustments, figureWord(view.figure));
}

/** What stands beside the differences. */
export function figureWord(figure: ExperimentView["figure"]): string {
  return figure === "means" ? "the means" : "the rates";
}

interface Explained {
  readonly name: string;
  readonly varianceReduction: number;
  readonly covariates: number;
}

/** @param whose what stands beside the differences: "the rates" or "the means" */
export function adjustmentText(adjustments: readonly Explained[], whose: string): string {
  const each = adjustments.map(
    ({ name, varianceReduction, covariates }) =>
      `${rate(varianceReduction)} of the variance for ${named(name)} (known of ${plural(covariates, "visitor")})`,
  );
  return `Adjusted by what was known of visitors before the test, the covariate: it explains ${each.join(", ")}. ${notAsBeside(whose)}`;
}

/** Of a decision, which keeps that figures were adjusted, and not by how much. */
export function notesThen({ arms, decidesOn }: Pick<Decided, "arms" | "decidesOn">): readonly string[] {
  if (!arms.some(({ adjusted }) => adjusted)) return [];
  return [
    `Adjusted by what was known of visitors before the test, the covariate. ${notAsBeside(figureWord(decidesOn))}`,
  ];
}

function notAsBeside(whose: string): string {
  return `Differences and their ranges leave that out, so they are not exactly those of ${whose} beside them, which stay as counted.`;
}

function stretchNote({ analysis }: ExperimentView): string | null {
  return analysis.report.stratified
    ? "Weights or traffic changed during the test: alternatives are compared within each stretch, then put together."
    : null;
}
