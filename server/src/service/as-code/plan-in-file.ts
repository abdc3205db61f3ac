/** A plan as a file in a repository has it. */
import type { Guardrail, Plan, PlannedKpi } from "../../domain/plan.ts";

export function planInFile({ primary, secondary, guardrails, size, rollBack }: Plan): object {
  return {
    primary: kpiInFile(primary),
    ...(secondary.length === 0 ? {} : { secondary: secondary.map(kpiInFile) }),
    ...(guardrails.length === 0 ? {} : { guardrails: guardrails.map(guardrailInFile) }),
    ...(rollBack === undefined ? {} : { roll_back: rollBack }),
    ...(size === null
      ? {}
      : {
          ...("baselineRate" in size
            ? { baseline_rate: fraction(size.baselineRate) }
            : { baseline_mean: size.baselineMean, baseline_deviation: size.baselineDeviation }),
          minimum_uplift: fraction(size.minimumUplift),
          power: fraction(size.power),
          participants: size.participants,
        }),
  };
}

function kpiInFile({ kpi, better, decidesOn }: PlannedKpi): object {
  return { ...(kpi === null ? {} : { kpi }), better, decides_on: decidesOn };
}

function guardrailInFile({ margin: { kind, value }, ...kpi }: Guardrail): object {
  const percent = `${fraction(100 * value)}%`;
  return { ...kpiInFile(kpi), margin: kind === "relative" ? percent : fraction(value) };
}

/** Digits behind the point that a plan reads. */
const DIGITS = 12;

function fraction(value: number): number {
  return Number(value.toFixed(DIGITS));
}
