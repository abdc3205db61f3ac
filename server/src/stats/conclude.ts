/**
 * Adjusts all comparisons of a report for being many, and draws the conclusion of each: Holm over arms × goal KPIs, on
 * the always-valid p at the continuous level and, separately, on the frozen p at the final level (a union bound);
 * Benjamini–Hochberg over the explored ones, which get a hint and no conclusion; for harm Holm over arms × guardrails,
 * or each by itself. Safety is shown at alpha by each guardrail, because all of them have to pass.
 */
import { directionOf } from "./direction.ts";
import type { ReportInput, RollBack } from "./input.ts";
import { benjaminiHochberg, holm } from "./multiplicity.ts";
import { type Comparison, type KpiOutcome, type KpiReport, type Levels, SECTIONS, type SectionArm } from "./report.ts";
import { decidingArms } from "./shown.ts";

export interface Planned {
  readonly goals: number;
  readonly guardrails: number;
  readonly rollBack: RollBack;
}

interface Place {
  readonly comparison: Comparison;
  readonly kpi: KpiReport;
  readonly family: KpiReport["family"];
}

/** @param planned comparisons of each family, with those that can't be made yet: the error is shared out to them as well */
export function adjustForMany(kpis: readonly KpiOutcome[], levels: Levels, planned: Planned): KpiOutcome[] {
  const places = kpis.flatMap((kpi) => (kpi.kind === "analysed" ? placesOf(kpi) : []));
  const goals = places.filter(({ family }) => family === "goal");
  const explored = places.filter(({ family }) => family === "exploratory");
  const guardrails = places.filter(({ family }) => family === "guardrail");
  const harms = guardrails.map(({ comparison }) => comparison.pAlwaysValid);
  const harm = planned.rollBack === "each" ? harms : padded(harms, planned.guardrails);
  const always = padded(
    goals.map(({ comparison }) => comparison.pAlwaysValid),
    planned.goals,
  );
  const final = padded(
    goals.map(({ comparison }) => comparison.finalLook?.pValue ?? 1),
    planned.goals,
  );
  const discovery = benjaminiHochberg(explored.map(({ comparison }) => comparison.pAlwaysValid));
  const adjusted = new Map<Comparison, Comparison>();
  for (const [rank, { comparison, kpi }] of goals.entries()) {
    const pHolm = always[rank] ?? 1;
    const look = comparison.finalLook;
    const finalLook = look === null ? null : { ...look, pHolm: final[rank] ?? 1 };
    const isFinal = finalLook !== null && finalLook.pHolm < levels.final;
    adjusted.set(comparison, concluded({ ...comparison, pHolm, finalLook }, kpi, pHolm < levels.continuous, isFinal));
  }
  for (const [rank, { comparison, kpi }] of explored.entries()) {
    const pBenjaminiHochberg = discovery[rank] ?? 1;
    const isLarge = pBenjaminiHochberg < levels.continuous && comparison.gate.kind === "open";
    const hint = isLarge ? directionOf(comparison.test.statistic, kpi.better) : "undecided";
    adjusted.set(comparison, { ...comparison, pBenjaminiHochberg, finalLook: null, hint });
  }
  for (const [rank, { comparison, kpi }] of guardrails.entries()) {
    const pHolm = harm[rank] ?? 1;
    adjusted.set(comparison, concluded({ ...comparison, pHolm }, kpi, pHolm < levels.harm));
  }
  return kpis.map((kpi) => (kpi.kind === "analysed" ? replaced(kpi, adjusted) : kpi));
}

/** Holm's p-values within a family of `size`. */
function padded(p: readonly number[], size: number): readonly number[] {
  return holm([...p, ...new Array<number>(Math.max(0, size - p.length)).fill(1)]);
}

/** The same comparisons without any claim: of days, or against a baseline, that were chosen after looking. */
export function withoutClaims(kpis: readonly KpiOutcome[]): KpiOutcome[] {
  return kpis.map((kpi) => {
    if (kpi.kind !== "analysed") return kpi;
    const plain = new Map(
      placesOf(kpi).map(({ comparison }): [Comparison, Comparison] => [
        comparison,
        { ...comparison, finalLook: null, nonInferiority: null },
      ]),
    );
    return replaced(kpi, plain);
  });
}

/** Nothing concluded but what was when a winner was set. @param said of the first KPI, by arm */
export function asDecided(kpis: readonly KpiOutcome[], said: NonNullable<ReportInput["decided"]>): KpiOutcome[] {
  return kpis.map((kpi, at) => {
    if (kpi.kind !== "analysed") return kpi;
    const kept = new Map<Comparison, Comparison>();
    for (const [arm, { comparison }] of decidingArms(kpi).entries()) {
      if (comparison.kind !== "compared") continue;
      const conclusion = (at === 0 ? said[arm] : null) ?? "undecided";
      const concludedBy = conclusion === comparison.conclusion ? comparison.concludedBy : null;
      kept.set(comparison, { ...comparison, conclusion, concludedBy, nonInferiority: withoutSafety(comparison) });
    }
    return replaced(kpi, kept);
  });
}

/**
 * The same with hints in place of conclusions: a second test of what decides has an error of its own, and so has one of
 * figures that are not yet those that were asked for.
 */
export function asHints(kpi: KpiOutcome): KpiOutcome {
  if (kpi.kind !== "analysed") return kpi;
  const hints = new Map(
    placesOf(kpi).map(({ comparison }): [Comparison, Comparison] => {
      const { conclusion, hint } = comparison;
      const open = { conclusion: "undecided", conclusionNow: "undecided", concludedBy: null } as const;
      const nonInferiority = withoutSafety(comparison);
      return [
        comparison,
        { ...comparison, ...open, nonInferiority, hint: conclusion === "undecided" ? hint : conclusion },
      ];
    }),
  );
  return replaced(kpi, hints);
}

/** Its test for safety, without what it shows. */
function withoutSafety({ nonInferiority }: Comparison): Comparison["nonInferiority"] {
  return nonInferiority === null ? null : { ...nonInferiority, conclusion: "undecided" };
}

function placesOf(kpi: KpiReport): Place[] {
  return SECTIONS.flatMap((section) => {
    const arms: readonly SectionArm[] = kpi[section] ?? [];
    const family = section === kpi.decidesOn ? kpi.family : "exploratory";
    return arms.flatMap(({ comparison }) => (comparison.kind === "compared" ? [{ comparison, kpi, family }] : []));
  });
}

/** @param isFinal whether the planned look shows a difference; goals only, since guardrails get none of its level */
function concluded(comparison: Comparison, kpi: KpiReport, claimed: boolean, isFinal = false): Comparison {
  const { gate, test, finalLook } = comparison;
  const draw = (statistic: number, concludedBy: Comparison["concludedBy"]): Comparison => {
    const conclusion = directionOf(statistic, kpi.better);
    return { ...comparison, conclusion, conclusionNow: conclusion, concludedBy };
  };
  if (claimed && gate.kind === "open") return draw(test.statistic, "always-valid");
  return isFinal && finalLook?.gate.kind === "open" ? draw(finalLook.statistic, "final-look") : comparison;
}

function replaced(kpi: KpiReport, adjusted: ReadonlyMap<Comparison, Comparison>): KpiReport {
  const update = <A extends SectionArm>(arm: A): A => {
    const next = arm.comparison.kind === "compared" ? adjusted.get(arm.comparison) : undefined;
    return next === undefined ? arm : { ...arm, comparison: next };
  };
  return {
    ...kpi,
    rates: kpi.rates.map(update),
    means: kpi.means?.map(update) ?? null,
    averages: kpi.averages?.map(update) ?? null,
  };
}
