/**
 * Thompson sampling in batches: the original's *whiplash*, done right. Allocation = floor + (1 − k·floor) · chance to be
 * best, recomputed as participants arrive, each recomputation an epoch with known probabilities. The clients that the
 * floors make up are drawn evenly over all alternatives and marked, so that they stay a clean test whatever the bandit does.
 */
import { type BanditGoal, floorFor, thompsonWeights } from "../../stats/bandit.ts";
import { type Assignment, assigned } from "../assignment.ts";
import { type Digest, weightPosition } from "../digest.ts";
import { posteriorsOf } from "./evidence.ts";
import type { PolicyRule } from "./policy-rule.ts";
import { chooseUniform } from "./uniform.ts";

type Thompson = {
  readonly kind: "thompson";
  /** Send traffic to the best, or also to its rivals to tell them apart sooner. */
  readonly goal: BanditGoal;
  /** The least share of each alternative, in (0, 1/k]; these clients explore. 0 while shares are even: all explore. */
  readonly floor: number;
};

export const thompson: PolicyRule<Thompson> = {
  kind: "thompson",
  label: "bandit",
  about:
    "A bandit (Thompson sampling) sends ever more new visitors to what does best so far, and keeps at least 10% for an " +
    "even comparison. It goes by the rate of the KPI; where a mean decides, shares stay equal. It has no planned look.",
  weightsByPeople: false,
  choices: {
    goal: {
      label: "Goal of the bandit",
      options: {
        earn: "earn: most visitors to the best",
        learn: "learn: also to its rivals, to tell them apart",
      },
    },
  },
  begin: (chosen) => ({
    kind: "thompson",
    goal: "goal" in chosen && chosen.goal === "learn" ? "learn" : "earn",
    floor: 0,
  }),
  describe: ({ goal }) => `thompson, to ${goal}`,
  choose: ({ floor }, digest, weights, active) =>
    weights === null
      ? assigned(active[chooseUniform(digest, active.length)] ?? 0, true)
      : chooseThompson(digest, weights, floor),
  rebalance: (settings, evidence) => {
    const posteriors = posteriorsOf(evidence);
    const floor = floorFor(posteriors.length);
    const { goal } = settings;
    return {
      settings: { ...settings, floor },
      weights: thompsonWeights(posteriors, { goal, floor, better: evidence.better }),
    };
  },
};

/**
 * Allocates no memory, since it runs for every request.
 * @param weights overall shares in stored order: floor + (1 − k·floor) · chance to be best, 0 for retired ones alone
 * @param floor least share of each active alternative, above 0
 */
function chooseThompson(digest: Digest, weights: readonly number[], floor: number): Assignment {
  const position = weightPosition(digest);
  let exploring = 0;
  let last = 0;
  // [0, 1) begins with the exploring share: a stretch as wide as the floor for each alternative.
  for (let index = 0; index < weights.length; index += 1) {
    if ((weights[index] ?? 0) <= 0) continue;
    exploring += floor;
    if (position < exploring) return assigned(index, true);
    last = index;
  }
  // The rest is shared by what each weight has above the floor.
  let cumulative = exploring;
  for (let index = 0; index < weights.length; index += 1) {
    const favour = (weights[index] ?? 0) - floor;
    if (favour <= 0) continue;
    cumulative += favour;
    if (position < cumulative) return assigned(index);
    last = index;
  }
  return assigned(last);
}
