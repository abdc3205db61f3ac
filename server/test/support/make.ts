/** What tests are made of, with defaults: a test writes down only what it is about. */
import type { Policy } from "../../src/domain/policy/policies.ts";

/** A bandit's policy in an epoch; `floor` once it has weights. */
export function banditPolicy(goal: "earn" | "learn" = "earn", floor = 0): Policy {
  return { kind: "thompson", goal, floor };
}
