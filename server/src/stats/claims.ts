/**
 * What a report claims, for a reader who takes any claim about any KPI: a program that looks every minute and reports the best
 * news it finds. The KPI that decides speaks by the verdict's own rules. Others are asked only once every arm has concluded
 * on it, and by Holm over all of them together, so that one false claim in an experiment stays as seldom as alpha
 * (serial gatekeeping: Maurer, Hothorn & Lehmacher 1995). Guardrails speak by their own share of the error.
 */
import { comparisons, decisionKpi } from "./deciding.ts";
import { holm } from "./multiplicity.ts";
import type { KpiReport, Report } from "./report.ts";
import { averageOf, figureOf } from "./shown.ts";
import { type Compared, decidingArms } from "./verdict-words.ts";

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
    /** Beside a mean of values, its average per conversion; nothing is claimed of it. */
    readonly average: number | null;
    /** Against the baseline; `null` of the baseline itself, and while this KPI may not speak yet. */
    readonly says: "better" | "worse" | "undecided" | null;
  }[];
}

export function claimsOf(report: Report): readonly KpiClaim[] {
  const deciding = decisionKpi(report);
  const analysed = report.kpis.filter((kpi) => kpi.kind === "analysed");
  const others = analysed.filter((kpi) => kpi !== deciding && kpi.role !== "guardrail");
  const concluded = deciding === null ? [] : comparisons(report, deciding);
  const isDecided = concluded.length > 0 && concluded.every(({ comparison }) => comparison.conclusion !== "undecided");
  const shown = isDecided ? shownAmong(report, others) : new Set<string>();
  return analysed.map((kpi) => ({
    kpi: kpi.name,
    label: kpi.label,
    role: kpi.role,
    decides: kpi === deciding,
    better: kpi.better,
    arms: decidingArms(kpi).map((arm, index) => {
      const { name, participants, comparison } = arm;
      const figure = figureOf(arm);
      const own = comparison.kind === "compared" ? comparison : null;
      const speaks = own !== null && (isDecided || !others.includes(kpi));
      const isShown = !others.includes(kpi) || shown.has(`${kpi.name} ${index}`);
      const direction = own === null || !others.includes(kpi) ? own?.conclusion : own.direction;
      const average = averageOf(kpi, index);
      return {
        name,
        participants,
        figure,
        average,
        says: speaks ? (isShown ? (direction ?? null) : "undecided") : null,
      };
    }),
  }));
}

/** The comparisons that Holm finds at alpha among all of them, by KPI and arm. */
function shownAmong(report: Report, kpis: readonly KpiReport[]): ReadonlySet<string> {
  const all = kpis
    .flatMap((kpi) => comparisons(report, kpi))
    .filter(({ comparison }) => comparison.gate.kind === "open");
  const adjusted = holm(all.map(({ comparison }) => comparison.pAlwaysValid));
  const key = ({ kpi, arm }: Compared): string => `${kpi.name} ${arm}`;
  return new Set(all.filter((_, index) => (adjusted[index] ?? 1) < report.levels.alpha).map(key));
}
