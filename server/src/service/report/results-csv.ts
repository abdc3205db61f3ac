/** What the figures of every alternative say, as a table: a row per KPI, figure and alternative. */
import type { Kpi } from "../../domain/kpi.ts";
import type { Interval, KpiReport, Section, SectionArm } from "../../stats/report.ts";
import { figureOf, isAdjusted, type ShownEffect, sectionsOf, shownEffect, wordOf } from "../../stats/shown.ts";
import type { Analysis } from "../analysis/analysis.ts";
import { csv } from "./csv.ts";

const RESULT_COLUMNS = [
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
  "adjusted",
] as const;

/**
 * The figure by which a KPI is judged comes first (`decides` is true), the other ones, where it has values, after it. What is
 * not known, and a limit that is infinite, is an empty cell.
 * @returns pieces, each the rows of one KPI
 */
export function* resultsCsvPieces({ experiment, report, kpis, verdict }: Analysis): Generator<string, void, void> {
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
          ...comparedOf(arm, verdict === null),
        ]),
      ),
    );
  }
}

function termsOf(outcome: KpiReport, section: Section, kpi: Kpi | undefined): readonly string[] {
  return [
    kpi?.name ?? "",
    FIGURES[section],
    section === "rates" ? "" : (kpi?.unit ?? ""),
    String(section === outcome.decidesOn),
  ];
}

const FIGURES = { rates: "rate", means: "mean", averages: "average" } as const satisfies Record<Section, string>;

type Cell = string | number | null;

function figureCells(arm: SectionArm): readonly Cell[] {
  return [figureOf(arm), ...limitsOf(rangeOf(arm))];
}

/** That of a rate holds at every look, that of a mean or an average at one. */
function rangeOf(arm: SectionArm): Interval | null {
  if ("rate" in arm) return arm.rateSequence;
  return "mean" in arm ? arm.meanInterval : arm.averageInterval;
}

function limitsOf(range: Interval | null | undefined): readonly Cell[] {
  return [range?.lower ?? null, range?.upper ?? null];
}

/** From `difference` on. */
const COMPARED_COLUMNS = RESULT_COLUMNS.length - RESULT_COLUMNS.indexOf("difference");

function comparedOf({ comparison }: SectionArm, isDescribed: boolean): readonly Cell[] {
  if (comparison.kind !== "compared") return new Array<null>(COMPARED_COLUMNS).fill(null);
  const { pAlwaysValid, pHolm, pBenjaminiHochberg } = comparison;
  return [
    ...effectOf(shownEffect(comparison, "difference")),
    ...effectOf(shownEffect(comparison, "uplift")),
    pAlwaysValid,
    pHolm ?? pBenjaminiHochberg,
    wordOf(comparison, isDescribed),
    String(isAdjusted(comparison)),
  ];
}

function effectOf(effect: ShownEffect | null): readonly Cell[] {
  return [effect?.estimate ?? null, ...limitsOf(effect?.range)];
}
