/**
 * Sums of doubles that lose nothing, so that they don't depend on an order, and a number that was added can be taken away
 * again: 3.09 + 1e12 - 1e12 is 3.09.
 *
 * A sum is the double nearest to it and what that leaves out, itself as the nearest double, and so on until nothing is left.
 * Equal sums have equal parts. Few have more than two.
 *
 * Sums of two doubles with their rounding error: Knuth, The Art of Computer Programming 2, 4.2.2. Of many: Shewchuk,
 * Adaptive Precision Floating-Point Arithmetic, 1997 (GROW-EXPANSION). `store/redis/lua/sums.lua` does the same.
 */

/** What the nearest double leaves out, from the largest part on; `undefined` where that is nothing. */
export type Rest = readonly number[] | undefined;

/** Doubles have 53 bits, of 2098 places that they may have in all. */
export const PARTS_MAX = 40;

export interface ExactSum {
  readonly nearest: number;
  readonly rest: Rest;
}

/** Adds one sum to another. */
export function exactSum(nearest: number, rest: Rest, more: number, moreRest: Rest): ExactSum {
  let sum = withOne(nearest, rest, more);
  if (moreRest !== undefined) for (const part of moreRest) sum = withOne(sum.nearest, sum.rest, part);
  return sum;
}

export function exactDifference(one: number, other: number): ExactSum {
  return withOne(one, undefined, -other);
}

export function negated(rest: Rest): Rest {
  return rest?.map((part) => -part);
}

function withOne(nearest: number, rest: Rest, number: number): ExactSum {
  const sum = nearest + number;
  const lost = lostBy(nearest, number, sum);
  if (rest === undefined) return { nearest: sum, rest: lost === 0 ? undefined : [lost] };
  const [low = 0] = rest;
  const lower = low + lost;
  if (rest.length > 1 || lostBy(low, lost, lower) !== 0) return partedAnew(nearest, rest, number);
  const top = sum + lower;
  const left = lostBy(sum, lower, top);
  return { nearest: top, rest: left === 0 ? undefined : [left] };
}

/** What the sum of two numbers, as a double, leaves out; a double itself. */
function lostBy(one: number, other: number, sum: number): number {
  const added = sum - one;
  return one - (sum - added) + (other - added);
}

function partedAnew(nearest: number, rest: readonly number[], number: number): ExactSum {
  const parts: number[] = [];
  for (let left = grown([nearest, ...rest].reverse(), number); left.length > 0; ) {
    const part = nearestTo(left);
    parts.push(part);
    // No sum of values: what was kept is damaged, and whoever reads it says so.
    if (!Number.isFinite(part)) break;
    left = grown(left, -part);
  }
  const [first = 0, ...others] = parts;
  return { nearest: first, rest: others.length === 0 ? undefined : others };
}

/** @param parts from the smallest on, no two with bits of the same place. So is what comes out. */
function grown(parts: readonly number[], number: number): readonly number[] {
  const sums: number[] = [];
  let carried = number;
  for (const part of parts) {
    const sum = carried + part;
    const lost = lostBy(carried, part, sum);
    if (lost !== 0) sums.push(lost);
    carried = sum;
  }
  if (carried !== 0) sums.push(carried);
  return sums;
}

/** The double nearest to the sum of parts as `grown` gives them. */
function nearestTo(parts: readonly number[]): number {
  let at = parts.length - 1;
  let nearest = parts[at] ?? 0;
  let lost = 0;
  while (at > 0 && lost === 0) {
    at -= 1;
    const [before, part] = [nearest, parts[at] ?? 0];
    nearest = before + part;
    lost = part - (nearest - before);
  }
  // Halfway between two doubles, what is below decides.
  const below = at > 0 ? (parts[at - 1] ?? 0) : 0;
  const next = nearest + 2 * lost;
  return lost * below > 0 && next - nearest === 2 * lost ? next : nearest;
}
