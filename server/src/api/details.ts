/** `/experiments/<name>`: the slim details of Sixpack 2.7, summed from the tallies. */
import { EXCLUDED_CODE } from "../domain/assignment.ts";
import { SixpackError } from "../domain/errors.ts";
import { currentEpoch, DEFAULT_KPI } from "../domain/experiment.ts";
import type { ExperimentName } from "../domain/names.ts";
import { PARTICIPATION } from "../domain/tally.ts";
import { createdAtText } from "../service/compat.ts";
import type { ServiceContext } from "../service/context.ts";

/** @throws SixpackError experiment-not-found */
export async function slimDetails({ store }: ServiceContext, name: string): Promise<object> {
  const experiment = await store.readExperiment(name as ExperimentName);
  if (experiment === undefined) throw new SixpackError("experiment-not-found");
  let participants = 0;
  let excluded = 0;
  let conversions = 0;
  for (const { metric, assignment, clients } of await store.readTallies(experiment)) {
    if (metric === DEFAULT_KPI) conversions += clients;
    else if (metric === PARTICIPATION && assignment === EXCLUDED_CODE) excluded += clients;
    else if (metric === PARTICIPATION) participants += clients;
  }
  return {
    status: "ok",
    name: experiment.name,
    created_at: createdAtText(experiment.createdAtMs),
    alternatives: experiment.alternatives.map((alternative) => alternative.name),
    traffic_fraction: currentEpoch(experiment).trafficFraction,
    excluded_clients: excluded,
    total_participants: participants,
    total_conversions: conversions,
    description: experiment.description,
    winner: experiment.winner ?? "",
    is_archived: experiment.archived,
    is_paused: experiment.paused,
  };
}
