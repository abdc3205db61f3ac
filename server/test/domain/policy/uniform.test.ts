import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/domain/digest.ts";
import { parseClientId, parseExperimentName } from "../../../src/domain/names.ts";
import { chooseUniform } from "../../../src/domain/policy/uniform.ts";

describe("the uniform policy", () => {
  it.each([2, 3, 7, 100])("shares clients out evenly between %i alternatives", (count) => {
    const experiment = parseExperimentName("even");
    const clients = 10_000;
    const counts = new Array<number>(count).fill(0);
    for (let number = 0; number < clients; number += 1) {
      const index = chooseUniform(digestOf(experiment, parseClientId(`c${number}`)), count);
      counts[index] = (counts[index] ?? 0) + 1;
    }
    const expected = clients / count;
    // Each cell is Binomial(clients, 1 / count). Five standard deviations leave one in 1.7 million cells outside.
    const tolerance = 5 * Math.sqrt(expected * (1 - 1 / count));
    for (const counted of counts) expect(Math.abs(counted - expected)).toBeLessThan(tolerance);
  });
});
