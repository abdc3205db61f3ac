/** `/experiments/<name>`: the slim details of Sixpack 2.7, summed from the tallies. */
import { Type } from "typebox";
import { currentEpoch } from "../domain/experiment.ts";
import { defaultKpi } from "../domain/kpi.ts";
import type { ServiceContext } from "../service/context.ts";
import { findExperiment } from "../service/find-experiment.ts";
import { inTurns } from "../service/in-turns.ts";
import { createdAtText, layerJson } from "../service/report/json-2.7.ts";
import { countKpiSteps } from "../service/report/kpi-counts.ts";
import { type Answer, json, OK } from "./answer.ts";

const COUNT = Type.Integer({ minimum: 0 });

const SLICE = Type.Object({ name: Type.String(), slice: Type.Array(Type.Number(), { minItems: 2, maxItems: 2 }) });

export const DETAILS = Type.Object({
  status: OK,
  name: Type.String(),
  created_at: Type.String({ description: "UTC, to the minute: `2025-01-15 12:00`" }),
  alternatives: Type.Array(Type.String()),
  traffic_fraction: Type.Number({ exclusiveMinimum: 0, maximum: 1 }),
  layer: Type.Optional(SLICE),
  excluded_clients: COUNT,
  total_participants: COUNT,
  total_conversions: COUNT,
  description: Type.Union([Type.String(), Type.Null()]),
  winner: Type.String({ description: "Its name; empty while there is none" }),
  is_archived: Type.Boolean(),
  is_paused: Type.Boolean(),
});

/** @throws SixpackError experiment-not-found */
export async function slimDetails({ store }: ServiceContext, name: string): Promise<Answer> {
  const experiment = await findExperiment({ store }, name);
  const layer = layerJson(experiment);
  const { number } = defaultKpi(experiment);
  const { excluded, total } = await inTurns(countKpiSteps(experiment, await store.tallies.read(experiment), number));
  return json<typeof DETAILS>({
    status: "ok",
    name: experiment.name,
    created_at: createdAtText(experiment.createdAtMs),
    alternatives: experiment.alternatives.map((alternative) => alternative.name),
    traffic_fraction: currentEpoch(experiment).trafficFraction,
    ...(layer === null ? {} : { layer: { name: layer.name, slice: [...layer.slice] } }),
    excluded_clients: excluded,
    total_participants: total.participants,
    total_conversions: total.conversions,
    description: experiment.description,
    winner: experiment.winner ?? "",
    is_archived: experiment.archived,
    is_paused: experiment.paused,
  });
}
