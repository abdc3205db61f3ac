/**
 * What a report tells a program that looks every minute and reports the best news it finds, in the words of the page. Such a
 * reader may take a hint for a result. So KPIs that don't decide are silent until every arm has concluded on the one that
 * does: one false word in an experiment stays as seldom as alpha (serial gatekeeping: Maurer, Hothorn & Lehmacher 1995).
 * Guardrails speak by their own share of the error.
 */
import { comparisons, decisionKpi } from "./deciding.ts";
import type { KpiReport, Report } from "./report.ts";
import { averageOf, decidingArms, figureOf, type Word, wordOf } from "./shown.ts";

interface KpiClaim {
  readonly kpi: string;
  /** What people call it; `null` where they don't. */
  readonly label: string | null;
  readonly role: KpiReport["role"];
  /** The verdict goes by this one. */
  readonly decides: boolean;
  readonly better: KpiReport["better"];
  readonly arms: readonly {
    readonly name: string;
    readonly participants: number;
    /** Rate, or mean value per participant. */
    readonly figure: number | null;
    /** Beside a mean of values, its average per conversion; nothing is said of it. */
    readonly average: number | null;
    /** Against the baseline; `null` of the baseline itself, and while this KPI may not speak yet. */
    readonly says: Word | null;
  }[];
}

export function claimsOf(report: Report): readonly KpiClaim[] {
  const deciding = decisionKpi(report);
  const concluded = deciding === null ? [] : comparisons(report, deciding);
  const isDecided = concluded.length > 0 && concluded.every(({ comparison }) => comparison.conclusion !== "undecided");
  return report.kpis.flatMap((kpi) => {
    if (kpi.kind !== "analysed") return [];
    const speaks = isDecided || kpi === deciding || kpi.role === "guardrail";
    const arms = decidingArms(kpi).map((arm, index) => ({
      name: arm.name,
      participants: arm.participants,
      figure: figureOf(arm),
      average: averageOf(kpi, index),
      says: speaks && arm.comparison.kind === "compared" ? wordOf(arm.comparison) : null,
    }));
    const { name, label, role, better } = kpi;
    return [{ kpi: name, label, role, decides: kpi === deciding, better, arms }];
  });
}
