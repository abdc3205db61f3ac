/** The policies there are, and what may be asked of any. */
import type { PolicyRule } from "./policy-rule.ts";
import { thompson } from "./thompson.ts";
import { UNIFORM, uniform } from "./uniform.ts";
import { weighted } from "./weighted.ts";

/** A new policy is a file in this folder and a name here. */
const RULES = { uniform, weighted, thompson };

/** The settings that an epoch keeps. */
export type Policy = ReturnType<(typeof RULES)[keyof typeof RULES]["begin"]>;

/** Those that people choose by name, in the order of the form. */
export const CHOSEN_BY_NAME = Object.values<PolicyRule<Policy>>(RULES).filter(
  ({ weightsByPeople }) => !weightsByPeople,
);

export function ruleOf({ kind }: Pick<Policy, "kind">): PolicyRule<Policy> {
  return RULES[kind];
}

/** Whether shares follow the results. */
export function isLearning(policy: Policy): boolean {
  return ruleOf(policy).rebalance !== undefined;
}

/** The policy after going back to equal shares: a bandit forgets what it learned, and weights set by people end. */
export function evenly(policy: Policy): Policy {
  const rule = ruleOf(policy);
  return rule.weightsByPeople ? UNIFORM : rule.begin(policy);
}

/** The policy as answers and files tell it, in fields of their own beside `policy`; see docs/http-api.md. */
export function policyFields({ kind, ...settings }: Policy): PolicyFields {
  return { policy: kind, goal: null, floor: 0, ...settings };
}

export interface PolicyFields {
  readonly policy: string;
  /** Of a bandit; `null` under other policies. */
  readonly goal: string | null;
  /** Least share of each alternative under a bandit with weights, else 0. */
  readonly floor: number;
}
