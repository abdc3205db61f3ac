/** Alternatives by weight: a position in [0, 1) from the digest, against the cumulative weights of the epoch. */
import { assigned } from "../assignment.ts";
import { type Digest, weightPosition } from "../digest.ts";
import { SixpackError } from "../errors.ts";
import { quote } from "../names.ts";
import type { PolicyRule } from "./policy-rule.ts";
import { chooseUniform } from "./uniform.ts";

type Weighted = { readonly kind: "weighted" };

export const WEIGHTED: Weighted = { kind: "weighted" };

export const weighted: PolicyRule<Weighted> = {
  kind: "weighted",
  label: "weights",
  about: "Weights that people set, by the form below.",
  weightsByPeople: true,
  choices: {},
  begin: () => WEIGHTED,
  describe: () => "weights",
  choose: (_, digest, weights, active) =>
    assigned(weights === null ? (active[chooseUniform(digest, active.length)] ?? 0) : chooseWeighted(digest, weights)),
};

/**
 * The alternative into whose stretch of [0, 1) the client falls, when the weights lie one after the other.
 * @param weights sum to 1; an alternative of weight 0 is never chosen
 */
export function chooseWeighted(digest: Digest, weights: readonly number[]): number {
  const position = weightPosition(digest);
  let cumulative = 0;
  let last = 0;
  for (const [index, weight] of weights.entries()) {
    if (weight <= 0) continue;
    cumulative += weight;
    last = index;
    if (position < cumulative) return index;
  }
  // Rounding can leave the sum a hair below 1; that hair belongs to the last alternative with a share.
  return last;
}

/**
 * Weights as callers send them, one per alternative, scaled to sum to 1. Equal weights become `null`: they must
 * not change anyone's uniform assignment.
 * @throws SixpackError invalid-weights
 */
export function parseWeights(raw: readonly string[], alternatives: number): readonly number[] | null {
  const weights = raw.map((text) => (text.trim() === "" ? Number.NaN : Number(text)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (
    weights.length !== alternatives ||
    !weights.every((weight) => weight >= 0 && Number.isFinite(weight)) ||
    !(sum > 0 && Number.isFinite(sum))
  ) {
    throw new SixpackError(
      "invalid-weights",
      `Expected \`weights\` as ${alternatives} numbers, none negative, with a positive sum, got ${quote(raw.join(", "))}`,
    );
  }
  return weights.every((weight) => weight === weights[0]) ? null : weights.map((weight) => weight / sum);
}
