/** `/experiments/<name>`: the slim details of Sixpack 2.7, summed from the tallies. */
import { SixpackError } from "../domain/errors.ts";
import { currentEpoch, DEFAULT_KPI } from "../domain/experiment.ts";
import type { ServiceContext } from "../service/context.ts";
import { createdAtText } from "../service/report/compat.ts";
import { countKpi } from "../service/report/counts.ts";

/** @throws SixpackError experiment-not-found */
export async function slimDetails({ store }: ServiceContext, name: string): Promise<object> {
  const experiment = await store.readExperiment(name);
  if (experiment === undefined) throw new SixpackError("experiment-not-found");
  const { excluded, total } = countKpi(experiment, await store.readTallies(experiment), DEFAULT_KPI);
  return {
    status: "ok",
    name: experiment.name,
    created_at: createdAtText(experiment.createdAtMs),
    alternatives: experiment.alternatives.map((alternative) => alternative.name),
    traffic_fraction: currentEpoch(experiment).trafficFraction,
    excluded_clients: excluded,
    total_participants: total.participants,
    total_conversions: total.conversions,
    description: experiment.description,
    winner: experiment.winner ?? "",
    is_archived: experiment.archived,
    is_paused: experiment.paused,
  };
}
