/** Spreading the clients of an experiment over shards, before there are any. */
import type { Experiment } from "../../domain/experiment.ts";
import type { ExperimentName } from "../../domain/names.ts";
import { parseShards, refuseShards, shardsOf, withShards } from "../../domain/shards.ts";
import { type Act, type AdministerContext, change, notFound } from "./act.ts";

/**
 * Nothing is counted differently; on a Redis Cluster the experiment's work is done by as many servers. Engines of one
 * server keep the number, for an export to one that has more.
 * @throws SixpackError invalid-shards, experiment-not-found, experiment-has-clients, edit-conflict
 */
export async function setShards(context: AdministerContext, act: Act, raw: string): Promise<Experiment> {
  const shards = parseShards(raw);
  const stored = await context.store.readExperiment(act.name as ExperimentName);
  if (stored === undefined) throw notFound(act.name);
  if (shardsOf(stored) === shards) return stored;
  if ((await context.store.readTallies(stored)).length > 0) refuseShards(stored.name);
  return change(context, act, (experiment) => {
    const before = shardsOf(experiment);
    if (before === shards) return undefined;
    return {
      next: withShards(experiment, shards),
      action: "set-shards",
      before: String(before),
      after: String(shards),
    };
  });
}
