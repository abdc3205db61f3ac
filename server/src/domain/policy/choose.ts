/** The alternative of a new client, by the policy and weights of the epoch in force. */
import { type Assignment, assigned } from "../assignment.ts";
import type { Digest } from "../digest.ts";
import { activeIndexes } from "../epochs.ts";
import { currentEpoch, type Experiment } from "../experiment.ts";
import { chooseThompson } from "./thompson.ts";
import { chooseUniform } from "./uniform.ts";
import { chooseWeighted } from "./weighted.ts";

export function choose(experiment: Experiment, digest: Digest): Assignment {
  const { policy, weights, floor } = currentEpoch(experiment);
  if (weights === null) {
    const active = activeIndexes(experiment);
    // A bandit's first batch is shared out evenly, so all of it explores.
    return assigned(active[chooseUniform(digest, active.length)] ?? 0, policy === "thompson");
  }
  return policy === "thompson" ? chooseThompson(digest, weights, floor) : assigned(chooseWeighted(digest, weights));
}
