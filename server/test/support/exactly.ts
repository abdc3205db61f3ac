/** Sums of doubles by whole numbers without a limit, to hold others to. */

/** What doubles are counted in: all from 1e-30 to 1e70 are whole numbers of it, and a double can hold that many. */
const UNITS = 2 ** 200;

function unitsOf(number: number): bigint {
  const units = number * UNITS;
  if (!Number.isInteger(units)) throw new RangeError(`Expected a multiple of 2^-200, got ${number}`);
  return BigInt(units);
}

export function sumInUnits(numbers: readonly number[]): bigint {
  return numbers.reduce((sum, number) => sum + unitsOf(number), 0n);
}

/** The double nearest to the sum. */
export function nearestSum(numbers: readonly number[]): number {
  return Number(sumInUnits(numbers)) / UNITS;
}
