/** What the figures of every alternative say, as a table: a row per KPI, figure and alternative. */
import type { Kpi } from "../../domain/kpi.ts";
import type { Interval, KpiReport, MeanArm, RateArm } from "../../stats/report.ts";
import { type ShownEffect, sectionsOf, shownEffect } from "../../stats/shown.ts";
import type { Analysis } from "../analysis/analysis.ts";
import { csv } from "./csv.ts";

export const RESULT_COLUMNS = [
  "experiment",
  "kpi",
  "figure",
  "unit",
  "decides",
  "alternative",
  "participants",
  "conversions",
  "value",
  "value_lower",
  "value_upper",
  "difference",
  "difference_lower",
  "difference_upper",
  "uplift",
  "uplift_lower",
  "uplift_upper",
  "p_always_valid",
  "p_adjusted",
  "conclusion",
] as const;

/**
 * The figure by which a KPI is judged comes first (`decides` is true), the other one, where it has values, after it. What is
 * not known, and a limit that is infinite, is an empty cell.
 * @returns pieces, each the rows of one KPI
 */
export function* resultsCsvPieces({ experiment, report, kpis }: Analysis): Generator<string, void, void> {
  yield csv([[...RESULT_COLUMNS]]);
  for (const [at, outcome] of report.kpis.entries()) {
    if (outcome.kind !== "analysed") continue;
    yield csv(
      sectionsOf(outcome).flatMap((section) =>
        (outcome[section] ?? []).map((arm, index) => [
          experiment.name,
          ...termsOf(outcome, section, kpis[at]),
          arm.name,
          arm.participants,
          outcome.rates[index]?.conversions ?? 0,
          ...figureCells(arm),
          ...comparedOf(arm),
        ]),
      ),
    );
  }
}

function termsOf(outcome: KpiReport, section: KpiReport["decidesOn"], kpi: Kpi | undefined): readonly string[] {
  const isMean = section === "means";
  return [
    kpi?.name ?? "",
    isMean ? "mean" : "rate",
    isMean ? (kpi?.unit ?? "") : "",
    String(section === outcome.decidesOn),
  ];
}

type Cell = string | number | null;

/** The range of a rate holds at every look, that of a mean at one. */
function figureCells(arm: RateArm | MeanArm): readonly Cell[] {
  const [value, range] = "rate" in arm ? [arm.rate, arm.rateSequence] : [arm.mean, arm.meanInterval];
  return [value, ...limitsOf(range)];
}

function limitsOf(range: Interval | null | undefined): readonly Cell[] {
  return [range?.lower ?? null, range?.upper ?? null];
}

function comparedOf({ comparison }: RateArm | MeanArm): readonly Cell[] {
  if (comparison.kind !== "compared") return new Array<null>(9).fill(null);
  const { pAlwaysValid, pHolm, pBenjaminiHochberg, conclusion } = comparison;
  return [
    ...effectOf(shownEffect(comparison, "difference")),
    ...effectOf(shownEffect(comparison, "uplift")),
    pAlwaysValid,
    pHolm ?? pBenjaminiHochberg,
    comparison.gate.kind === "open" ? conclusion : "too early",
  ];
}

function effectOf(effect: ShownEffect | null): readonly Cell[] {
  return [effect?.estimate ?? null, ...limitsOf(effect?.range)];
}
