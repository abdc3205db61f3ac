/** One KPI over all arms, as averages per conversion: what `sections.ts` is for rates and means. */
import { firstWeights, ratioIn, together, totalOf } from "./cells.ts";
import { intervalOf, type Terms } from "./compare.ts";
import { studentCritical } from "./distributions.ts";
import type { EpochCounts } from "./input.ts";
import { type PairTest, ratioPair } from "./pairs.ts";
import { ratioOf } from "./ratio.ts";
import type { AverageArm } from "./report.ts";
import { outcomeSteps, type PairContext, posteriorOfMeans, type SectionContext } from "./sections.ts";
import type { Steps } from "./steps.ts";
import { pooledFigure } from "./withheld.ts";

/** Fewer converting participants than this say too little of a ratio and its spread for a stretch to be compared by itself. */
const CONVERTED_MIN = 10;

export function* averageSection(context: SectionContext, kpi: number, terms: Terms): Steps<AverageArm[]> {
  const { names, epochs, settings } = context;
  const arms: AverageArm[] = [];
  for (const [arm, name] of names.entries()) {
    yield;
    const own = ratioIn(epochs, kpi, arm);
    arms.push({
      name,
      participants: totalOf(epochs, kpi, arm).n,
      events: own.events,
      average: own.events > 0 ? own.total / own.events : null,
      averageInterval: pooledFigure(context.sharing, () => {
        if (own.n < 2) return null;
        const { mean, variance } = ratioOf(own);
        const half = studentCritical(settings.alpha, own.n - 1) * Math.sqrt(variance);
        return intervalOf({ lower: mean - half, upper: mean + half });
      }),
      comparison: yield* outcomeSteps(context, kpi, arm, terms, {
        pair: (stretches) => ratioPairOf(context, stretches, kpi, arm),
        posterior: (test) => posteriorOfMeans(test, terms, settings),
        strict: () => null,
      }),
    });
  }
  return arms;
}

function ratioPairOf(
  { baseline }: PairContext,
  epochs: readonly EpochCounts[],
  kpi: number,
  arm: number,
): PairTest | null {
  const strata = together(epochs, baseline, arm).flatMap((epoch) => {
    const [control, treatment] = [ratioIn([epoch], kpi, baseline), ratioIn([epoch], kpi, arm)];
    if (control.n < CONVERTED_MIN || treatment.n < CONVERTED_MIN) return [];
    const participants = [epoch.participants[baseline] ?? 0, epoch.participants[arm] ?? 0] as const;
    return [{ control, treatment, participants }];
  });
  return strata.length === 0 ? null : ratioPair(strata, firstWeights(epochs, baseline, arm));
}
