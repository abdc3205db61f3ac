/** What is heard through every door of an experiment: what claims, and what only looks or seems. */
import { claimsOf } from "../../server/src/stats/claims.ts";
import { type Comparison, type KpiOutcome, type Report, SECTIONS } from "../../server/src/stats/report.ts";

export const DOORS = ["verdict", "row", "margin", "program", "webhook", "split", "ids"] as const;
export type Door = (typeof DOORS)[number];

export interface Heard {
  readonly claims: Set<Door>;
  /** What "looks" or "seems": explored KPIs, segments, a bandit's evenly drawn, and the verdict without some people. */
  readonly hints: Set<string>;
}

export function nothingHeard(): Heard {
  return { claims: new Set(), hints: new Set() };
}

/** The doors of a report. */
export function listenTo(report: Report, { claims, hints }: Heard): void {
  const hear = (door: Door, is: boolean): void => {
    if (is) claims.add(door);
  };
  const comparisons = report.kpis.flatMap(comparisonsOf);
  const { sampleRatio } = report;
  hear("verdict", isClaim(report));
  hear(
    "row",
    comparisons.some(({ conclusion }) => conclusion !== "undecided"),
  );
  hear(
    "margin",
    comparisons.some(({ nonInferiority }) => nonInferiority?.conclusion === "inferior"),
  );
  hear(
    "program",
    claimsOf(report).some(({ arms }) => arms.some(({ says }) => says === "better" || says === "worse")),
  );
  hear("split", sampleRatio.kind === "tested" && sampleRatio.latched);
  if (comparisons.some(({ hint }) => hint !== "undecided")) hints.add("explored");
}

const CLAIMS: ReadonlySet<string> = new Set(["ship", "roll-back", "hold", "contradiction", "sample-ratio-mismatch"]);

export function isClaim({ verdict }: Pick<Report, "verdict">): boolean {
  return CLAIMS.has(verdict.kind);
}

export function comparisonsOf(kpi: KpiOutcome): readonly Comparison[] {
  if (kpi.kind !== "analysed") return [];
  return SECTIONS.flatMap((section) =>
    (kpi[section] ?? []).flatMap(({ comparison }) => (comparison.kind === "compared" ? [comparison] : [])),
  );
}
