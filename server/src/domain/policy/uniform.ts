/** Every alternative alike, by Sixpack 2.7's modulo rule. */
import { assigned } from "../assignment.ts";
import { choiceNumber, type Digest } from "../digest.ts";
import type { PolicyRule } from "./policy-rule.ts";

type Uniform = { readonly kind: "uniform" };

export const UNIFORM: Uniform = { kind: "uniform" };

export const uniform: PolicyRule<Uniform> = {
  kind: "uniform",
  label: "equal shares",
  about: "Equal shares find out soonest and most reliably.",
  weightsByPeople: false,
  choices: {},
  begin: () => UNIFORM,
  describe: () => "equal shares",
  choose: (_, digest, _weights, active) => assigned(active[chooseUniform(digest, active.length)] ?? 0),
};

/** Position of the chosen alternative among `count` in stored order. Bit-exact with Sixpack 2.7. */
export function chooseUniform(digest: Digest, count: number): number {
  return choiceNumber(digest) % count;
}
