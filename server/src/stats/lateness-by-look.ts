/** How late conversions come, as every look saw it: of all arms together, so it is the same whoever is in which. */
import { type Groups, NEVER } from "./crowd.ts";
import type { EpochCounts } from "./input.ts";
import { type Cohort, type Lateness, latenessOf } from "./lateness.ts";
import { changed } from "./pooling.ts";

interface Watched {
  readonly question: { readonly epochs: readonly EpochCounts[] };
  readonly days: readonly number[];
  readonly groups: Groups;
}

/** Per look, and in it per KPI. */
export function latenessByLook({ question: { epochs }, days, groups }: Watched): readonly (readonly Lateness[])[] {
  const looks = days.length;
  const stratified = changed(epochs);
  const cells = looks * looks * epochs.length;
  const joined = new Float64Array(looks * epochs.length);
  const sums = Array.from({ length: groups.kpis }, () => [0, 1, 2].map(() => new Float64Array(cells)));
  for (let group = 0; group < groups.length; group++) {
    const size = groups.size[group] ?? 0;
    const cohort = (groups.epoch[group] ?? 0) * looks + (groups.joined[group] ?? 0);
    joined[cohort] = (joined[cohort] ?? 0) + size;
    for (let kpi = 0; kpi < groups.kpis; kpi++) {
      const look = groups.reached[group * groups.kpis + kpi] ?? NEVER;
      if (look === NEVER) continue;
      const total = groups.totals[group * groups.kpis + kpi] ?? 0;
      for (const [power, column] of (sums[kpi] ?? []).entries()) {
        const at = cohort * looks + look;
        column[at] = (column[at] ?? 0) + size * total ** power;
      }
    }
  }
  return days.map((_, look) =>
    sums.map((columns) => {
      const cohorts = epochs.map((__, epoch) =>
        Array.from({ length: look + 1 }, (___, day): Cohort => {
          const cohort = epoch * looks + day;
          const [conversions = 0, sum = 0, sumSquares = 0] = columns.map((column) =>
            column.subarray(cohort * looks, cohort * looks + look + 1).reduce((all, one) => all + one, 0),
          );
          return { participants: joined[cohort] ?? 0, conversions, sum, sumSquares };
        }).filter(({ participants }) => participants > 0),
      );
      return latenessOf(stratified ? cohorts : [cohorts.flat()]);
    }),
  );
}
