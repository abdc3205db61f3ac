/**
 * Conclusions that were reached at an earlier look. A p-value that may be read at every look stays true for the smallest
 * of all looks, and so do intervals: what was once shown stays shown, whatever the figures of later days. Without that a
 * test with a true effect says "ship" on one day and takes it back on another.
 * Source: Johari and others (2017), the running minimum of an always-valid p-value.
 */
import type {
  Comparison,
  Effect,
  Evidence,
  Interval,
  KpiOutcome,
  KpiReport,
  Levels,
  MeanArm,
  NonInferiority,
  RateArm,
} from "./report.ts";
import { decidingArms } from "./shown.ts";
import type { Place, Reached, ReachedBefore, Standing } from "./standing.ts";

/** Whether a conclusion still counts: a plan made later may have tightened the level. */
function stands({ p, by, says }: Reached, family: KpiReport["family"], levels: Levels): boolean {
  if (p === null) return true;
  if (family === "guardrail") return p < (says === "safe" ? levels.alpha : levels.harm);
  return p < (by === "final-look" ? levels.final : levels.continuous);
}

/** The report's comparisons with what stands of earlier looks. */
export function withReached(
  kpis: readonly KpiOutcome[],
  before: readonly ReachedBefore[],
  levels: Levels,
): readonly KpiOutcome[] {
  if (before.length === 0) return kpis;
  return kpis.map((kpi, index) => {
    if (kpi.kind !== "analysed") return kpi;
    const standing = before.filter((item) => item.kpi === index && stands(item, kpi.family, levels));
    const update = <A extends RateArm | MeanArm>(arm: A, position: number): A =>
      arm.comparison.kind === "compared"
        ? {
            ...arm,
            comparison: standingIn(
              arm.comparison,
              standing.filter((item) => item.arm === position),
            ),
          }
        : arm;
    return kpi.decidesOn === "means"
      ? { ...kpi, means: kpi.means?.map(update) ?? null }
      : { ...kpi, rates: kpi.rates.map(update) };
  });
}

function standingIn(comparison: Comparison, reached: readonly ReachedBefore[]): Comparison {
  const [effect] = reached.filter(({ says }) => says !== "safe").map(standingOf);
  const [safe] = reached.filter(({ says }) => says === "safe").map(standingOf);
  const { nonInferiority } = comparison;
  return {
    ...comparison,
    ...(effect === undefined || effect.says === "safe"
      ? {}
      : { conclusion: effect.says, concludedBy: effect.by, reached: effect }),
    nonInferiority:
      nonInferiority === null || safe === undefined
        ? nonInferiority
        : {
            ...nonInferiority,
            reached: safe,
            conclusion: nonInferiority.conclusion === "undecided" ? "non-inferior" : nonInferiority.conclusion,
          },
  };
}

function standingOf({ kpi: _, arm: __, ...standing }: ReachedBefore): Standing {
  return standing;
}

/**
 * What this look shows for the first time, and is to be kept: of the KPI that decides and of guardrails. That an arm is
 * better counts once a verdict may say so.
 * @param mayShip whether there are enough whole days for that
 */
export function reachedNow(
  { kpis, sampleRatio, plan, levels }: Pick<Evidence, "kpis" | "sampleRatio" | "plan" | "levels">,
  deciding: KpiReport | null,
  mayShip: boolean,
): readonly (Reached & Place)[] {
  // After a sample ratio mismatch no figure can be trusted.
  if (sampleRatio.kind === "tested" && sampleRatio.latched) return [];
  return kpis.flatMap((kpi, index) => {
    if (kpi.kind !== "analysed" || (kpi !== deciding && kpi.role !== "guardrail")) return [];
    return decidingArms(kpi).flatMap(({ comparison }, arm): readonly (Reached & Place)[] => {
      if (comparison.kind !== "compared") return [];
      const place = { kpi: index, arm, participants: plan.participants };
      const found: (Reached & Place)[] = [];
      const { conclusionNow, concludedBy, nonInferiority } = comparison;
      if (comparison.reached === null && concludedBy !== null && isSaid(conclusionNow, mayShip)) {
        const p = concludedBy === "final-look" ? (comparison.finalLook?.pHolm ?? null) : comparison.pHolm;
        found.push({ ...place, says: conclusionNow, by: concludedBy, p, ...seenIn(comparison) });
      }
      if (mayShip && nonInferiority?.reached === null && nonInferiority.conclusion === "non-inferior") {
        found.push({ ...place, says: "safe", ...safeBy(nonInferiority, levels), ...seenIn(comparison) });
      }
      return found;
    });
  });
}

/** The planned look shows safe one-sided at half of alpha, so twice its p is one for alpha. */
function safeBy({ pAlwaysValid, pFinalLook }: NonInferiority, { alpha }: Levels): Pick<Reached, "by" | "p"> {
  return pAlwaysValid < alpha || pFinalLook === null
    ? { by: "always-valid", p: pAlwaysValid }
    : { by: "final-look", p: Math.min(1, 2 * pFinalLook) };
}

function isSaid(conclusion: Comparison["conclusion"], mayShip: boolean): conclusion is "better" | "worse" {
  return conclusion === "worse" || (conclusion === "better" && mayShip);
}

/**
 * Today's effects as a verdict speaks of them. The best of many comparisons was also lucky, so its limits are those that hold
 * for all of them together; harm that only its own limits show is told by those.
 */
export function seenIn(comparison: Comparison): Pick<Reached, "difference" | "uplift"> {
  const look = comparison.concludedBy === "final-look" ? comparison.finalLook : null;
  const { difference, uplift, differenceBonferroni, upliftBonferroni } = look ?? comparison;
  const isHarm = comparison.conclusionNow === "worse";
  const limits = limitsOf(differenceBonferroni, intervalIn(difference), isHarm);
  const shares = limitsOf(upliftBonferroni, intervalIn(uplift), isHarm);
  const isKnown = uplift.estimate !== null || shares.lower !== null || shares.upper !== null;
  return {
    difference: { estimate: difference.estimate, lower: limits.lower, upper: limits.upper },
    uplift: isKnown ? { estimate: uplift.estimate, lower: shares.lower, upper: shares.upper } : null,
  };
}

function intervalIn(effect: Effect | { readonly interval: Interval }): Interval {
  return "interval" in effect ? effect.interval : effect.alwaysValid;
}

/** Holm may find harm that Bonferroni's slightly wider interval does not. */
function limitsOf(widened: Interval | null, own: Interval, isHarm: boolean): Interval {
  if (widened === null) return own;
  const excludes = (widened.lower ?? -1) > 0 || (widened.upper ?? 1) < 0;
  return isHarm && !excludes ? own : widened;
}
