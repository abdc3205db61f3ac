import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ExactSum, exactDifference, exactSum, negated } from "../../src/lib/exact-sum.ts";
import { nearestSum, sumInUnits } from "../support/exactly.ts";

const NOTHING: ExactSum = { nearest: 0, rest: undefined };

function sumOf(numbers: readonly number[], start = NOTHING): ExactSum {
  return numbers.reduce((sum, number) => exactSum(sum.nearest, sum.rest, number, undefined), start);
}

function partsOf({ nearest, rest = [] }: ExactSum): readonly number[] {
  return [nearest, ...rest];
}

/** Of either sign, from 1e-9 to 1e21, many of them near one another or opposite. */
const number = fc
  .tuple(fc.double({ min: -10, max: 10, noNaN: true }), fc.integer({ min: -8, max: 20 }))
  .map(([mantissa, exponent]) => (Math.abs(mantissa) < 1e-2 ? 0 : mantissa * 10 ** exponent));
const numbers = fc
  .array(number, { maxLength: 60 })
  .chain((some) => fc.shuffledSubarray([...some, ...some.map((one) => -one), ...some.map((one) => one / 3)]));

describe("an exact sum", () => {
  it("has the double nearest to it, and leaves nothing out", () => {
    fc.assert(
      fc.property(numbers, (some) => {
        const sum = sumOf(some);
        expect(sum.nearest).toBe(nearestSum(some) + 0);
        expect(sumInUnits(partsOf(sum))).toBe(sumInUnits(some));
      }),
      { numRuns: 500 },
    );
  });

  it("has the same parts in every order", () => {
    fc.assert(
      fc.property(numbers, (some) => {
        const forwards = sumOf(some);
        expect(sumOf(some.toReversed())).toEqual(forwards);
        expect(sumOf(some.toSorted((a, b) => a - b))).toEqual(forwards);
      }),
    );
  });

  it("is nothing once all that was added is taken away again, one by one or together", () => {
    fc.assert(
      fc.property(numbers, (some) => {
        const sum = sumOf(some);
        expect(exactSum(sum.nearest, sum.rest, -sum.nearest, negated(sum.rest))).toEqual(NOTHING);
        expect(sumOf(some.map((one) => -one).toReversed(), sum)).toEqual(NOTHING);
      }),
    );
  });

  it("adds a difference without what its double leaves out", () => {
    const { nearest, rest } = exactDifference(3.09, -1e12);
    expect([nearest, rest]).toEqual([1e12 + 3.09, [3.09 - (1e12 + 3.09 - 1e12)]]);
    expect(exactSum(nearest, rest, -1e12, undefined)).toEqual({ nearest: 3.09, rest: undefined });
  });

  it("rounds what lies halfway by what is below it", () => {
    // 2^53 + 1 lies between two doubles; a little more is nearer to the upper one, a little less to the lower one.
    expect(partsOf(sumOf([2 ** 53, 1]))).toEqual([2 ** 53, 1]);
    expect(partsOf(sumOf([2 ** 53, 1, 2 ** -60]))).toEqual([2 ** 53 + 2, -1, 2 ** -60]);
    expect(partsOf(sumOf([2 ** 53, 1, -(2 ** -60)]))).toEqual([2 ** 53, 1, -(2 ** -60)]);
  });

  it("ends with sums that no double can hold", () => {
    expect(sumOf([1e308, 1e-300, 1e308, 1e308, -1e308]).nearest).not.toBe(0);
  });
});
