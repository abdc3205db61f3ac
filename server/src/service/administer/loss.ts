/** What a reset or delete would take away: the figures that the page asking for confirmation names. */
import type { Experiment } from "../../domain/experiment.ts";
import { type Kpi, kpisOf } from "../../domain/kpi.ts";
import { countKpi } from "../report/kpi-counts.ts";
import type { ReportContext } from "../report/kpi-view.ts";

export interface Loss {
  readonly participants: number;
  readonly excluded: number;
  /** Per KPI in stored order, the default one first. */
  readonly conversions: readonly { readonly kpi: Kpi; readonly count: number }[];
}

export async function lossOf({ store }: ReportContext, experiment: Experiment): Promise<Loss> {
  const tallies = await store.readTallies(experiment);
  const byKpi = kpisOf(experiment).map((kpi) => ({ kpi, counts: countKpi(experiment, tallies, kpi.number) }));
  const counts = byKpi[0]?.counts;
  return {
    participants: counts?.total.participants ?? 0,
    excluded: counts?.excluded ?? 0,
    conversions: byKpi.map(({ kpi, counts: { total } }) => ({ kpi, count: total.conversions })),
  };
}
