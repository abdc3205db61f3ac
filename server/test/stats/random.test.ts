import { expect, it } from "vitest";
import { normalFrom, seededRandom } from "../../src/stats/random.ts";

const DRAWS = 100_000;

function sample(draw: () => number): { mean: number; variance: number } {
  const values = Array.from({ length: DRAWS }, draw);
  const mean = values.reduce((sum, value) => sum + value, 0) / DRAWS;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / DRAWS };
}

it("gives the same numbers for the same seeds, and others for their order or neighbours", () => {
  const first = (...seeds: readonly [number, ...number[]]) => seededRandom(...seeds)();
  expect(first(1, 2, 3)).toBe(first(1, 2, 3));
  const different = [first(1, 2), first(2, 1), first(1, 3), first(1), first(1, 2, 0), first(0)];
  expect(new Set(different).size).toBe(different.length);
});

it("spreads evenly over [0, 1)", () => {
  const random = seededRandom(7);
  const { mean, variance } = sample(random);
  // The mean of n uniform numbers has a standard deviation of sqrt(1/12/n) = 0.00091; five of them.
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.0046);
  // Their variance has one of sqrt((1/80 - 1/144)/n) = 0.00024.
  expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.0012);
});

it("spreads first numbers of neighbouring visitors evenly, too", () => {
  let visitor = 0;
  const { mean } = sample(() => seededRandom(1, 0, visitor++)());
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.0046);
});

it("makes normal numbers", () => {
  const random = seededRandom(11);
  const { mean, variance } = sample(() => normalFrom(random));
  // Standard deviations: sqrt(1/n) = 0.0032 of the mean, sqrt(2/n) = 0.0045 of the variance; five of each.
  expect(Math.abs(mean)).toBeLessThan(0.016);
  expect(Math.abs(variance - 1)).toBeLessThan(0.023);
});
