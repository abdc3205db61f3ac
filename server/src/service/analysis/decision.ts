/** The part of an analysis that is stored when somebody sets a winner: about 300 bytes an alternative. Pure. */
import type { Decided, DecidedArm } from "../../domain/decided.ts";
import type { Day } from "../../domain/period.ts";
import { seenIn } from "../../stats/reached.ts";
import type { KpiOutcome } from "../../stats/report.ts";
import { averageOf, figureOf, isAdjusted } from "../../stats/shown.ts";
import type { Analysis } from "./analysis.ts";

export function decidedOf(
  { report, kpis }: Analysis,
  moment: { readonly atMs: number; readonly day: Day },
): Omit<Decided, "winner"> {
  const [outcome] = report.kpis;
  const [kpi] = kpis;
  const { kind, sentence } = report.verdict;
  return {
    ...moment,
    participants: report.plan.participants,
    verdict: { kind, sentence },
    kpi: kpi?.name ?? null,
    better: kpi?.better ?? "higher",
    decidesOn: outcome?.kind === "analysed" ? outcome.decidesOn : "rates",
    arms: armsOf(outcome),
  };
}

function armsOf(outcome: KpiOutcome | undefined): readonly DecidedArm[] {
  if (outcome?.kind !== "analysed") return [];
  const deciding = outcome[outcome.decidesOn] ?? outcome.rates;
  return deciding.map((arm, index) => {
    const { comparison, participants } = arm;
    const compared = comparison.kind === "compared" ? comparison : null;
    const seen = compared?.gate.kind === "open" ? seenIn(compared) : null;
    const average = averageOf(outcome, index);
    return {
      participants,
      conversions: outcome.rates[index]?.conversions ?? 0,
      figure: figureOf(arm),
      ...(average === null ? {} : { average }),
      ...(seen !== null && isAdjusted(comparison) ? { adjusted: true } : {}),
      difference: seen?.difference ?? null,
      uplift: seen?.uplift ?? null,
      chanceToBeatControl: compared?.chanceToBeatBaseline ?? null,
      conclusion: compared?.conclusion ?? null,
    };
  });
}
