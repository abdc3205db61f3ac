import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { propose } from "../../../src/domain/decide.ts";
import { type Digest, digestOf } from "../../../src/domain/digest.ts";
import { parseClientId, parseExperimentName } from "../../../src/domain/names.ts";
import { chooseWeighted, parseWeights } from "../../../src/domain/policy/weighted.ts";
import * as make from "../../support/make.ts";
import { codeOf } from "../../support/refusal.ts";

const EXPERIMENT = parseExperimentName("weighted");

function digest(client: number): Digest {
  return digestOf(EXPERIMENT, parseClientId(`client-${client}`));
}

describe("the weighted policy", () => {
  it.each([[[0.5, 0.5]], [[0.9, 0.1]], [[0.7, 0, 0.2, 0.1]], [[0.01, 0.99]]])(
    "gives each alternative its share: %j",
    (weights) => {
      const clients = 20_000;
      const counts = weights.map(() => 0);
      for (let client = 0; client < clients; client += 1) {
        const index = chooseWeighted(digest(client), weights);
        counts[index] = (counts[index] ?? 0) + 1;
      }
      for (const [index, weight] of weights.entries()) {
        // Binomial(clients, weight); five standard deviations leave one in 1.7 million cells outside. 0 for weight 0.
        const tolerance = 5 * Math.sqrt(clients * weight * (1 - weight));
        expect(Math.abs((counts[index] ?? 0) - clients * weight)).toBeLessThanOrEqual(tolerance);
      }
    },
  );

  it("never chooses an alternative of weight 0, not even at the ends of the interval", () => {
    const lowest = "\0".repeat(20) as Digest;
    const highest = "\xff".repeat(20) as Digest;
    expect(chooseWeighted(lowest, [0, 1, 0])).toBe(1);
    expect(chooseWeighted(highest, [0, 1, 0])).toBe(1);
    // A sum that rounding left below 1 by more than the highest position.
    expect(chooseWeighted(highest, [0.5, 0.4999, 0])).toBe(1);
  });

  it("moves only clients that cross the border when weights shift from the second to the first", () => {
    for (let client = 0; client < 2_000; client += 1) {
      if (chooseWeighted(digest(client), [0.3, 0.7]) === 0) expect(chooseWeighted(digest(client), [0.5, 0.5])).toBe(0);
    }
  });

  it("leaves everybody's uniform alternative alone where weights are equal", () => {
    for (const weights of [
      ["1", "1", "1"],
      ["0.2", "0.2", "0.2"],
      ["7", "7", "7"],
    ]) {
      const uniform = make.experiment({ name: EXPERIMENT });
      const weighted = make.experiment({ name: EXPERIMENT, weights: parseWeights(weights, 3) });
      for (let client = 0; client < 500; client += 1) {
        const id = parseClientId(`client-${client}`);
        expect(propose(weighted, id, digest(client))).toEqual(propose(uniform, id, digest(client)));
      }
    }
  });
});

describe("weights as callers send them", () => {
  it("are scaled to sum to 1", () => {
    expect(parseWeights(["1", "3"], 2)).toEqual([0.25, 0.75]);
    expect(parseWeights(["90", "0", " 10 "], 3)).toEqual([0.9, 0, 0.1]);
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 100 }),
        (raw) => {
          const weights = parseWeights(raw.map(String), raw.length);
          const sum = (weights ?? [1]).reduce((total, weight) => total + weight, 0);
          // A hundred additions of numbers below 1 err by at most 100 · 2^-53.
          expect(Math.abs(sum - 1)).toBeLessThan(100 * 2 ** -53);
        },
      ),
    );
  });

  it("are none where they are equal", () => {
    expect(parseWeights(["2", "2"], 2)).toBeNull();
    expect(parseWeights(["0.1", "1e-1", ".1"], 3)).toBeNull();
  });

  it.each([
    [[]],
    [["1"]],
    [["1", "2", "3"]],
    [["-1", "2"]],
    [["0", "0"]],
    [["NaN", "1"]],
    [["Infinity", "1"]],
    [["", "1"]],
    [["1e308", "1e308"]],
    [["one", "two"]],
    [["50%", "50%"]],
  ])("are refused for two alternatives: %j", (raw) => {
    expect(codeOf(() => parseWeights(raw, 2))).toBe("invalid-weights");
  });
});
