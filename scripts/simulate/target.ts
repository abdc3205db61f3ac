import { betaQuantile } from "../../server/test/stats/reference/beta.ts";

/** One line of the table: what was promised, what was measured, and whether it holds. */
export interface Target {
  readonly name: string;
  readonly expected: string;
  readonly measured: string;
  readonly met: boolean;
}

export type Part = () => Target[] | Promise<Target[]>;

export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** Within `tolerance` of a published figure, both as shares. */
export function near(name: string, measured: number, published: number, tolerance: number): Target {
  return {
    name,
    expected: `${percent(published)} ± ${percent(tolerance)}`,
    measured: percent(measured),
    met: Math.abs(measured - published) <= tolerance,
  };
}

/** A mean within `share` of a published one. */
export function nearMean(name: string, measured: number, published: number, share: number): Target {
  return {
    name,
    expected: `${Math.round(published)} ± ${percent(share, 0)}`,
    measured: String(Math.round(measured)),
    met: Math.abs(measured / published - 1) <= share,
  };
}

/** Upper limit, at 99 % confidence, of a rate seen `count` times in `runs`, at most `limit`. */
export function atMost(name: string, count: number, runs: number, limit: number): Target {
  const upper = upperLimit(count, runs);
  return {
    name,
    expected: `99 % limit <= ${percent(limit, 2)}`,
    measured: `${percent(count / runs, 2)} (limit ${percent(upper, 2)})`,
    met: upper <= limit,
  };
}

/** Not shown to exceed `limit`: the lower 99 % limit is below it. For rules that are meant to spend all of it. */
export function notAbove(name: string, count: number, runs: number, limit: number): Target {
  const lower = lowerLimit(count, runs);
  return {
    name,
    expected: `not above ${percent(limit, 2)}`,
    measured: `${percent(count / runs, 2)} (from ${percent(lower, 2)})`,
    met: lower <= limit,
  };
}

/** Shown to exceed `limit`: the lower 99 % limit is above it. For what is known to be wrong. */
export function atLeast(name: string, count: number, runs: number, limit: number): Target {
  const lower = lowerLimit(count, runs);
  return {
    name,
    expected: `99 % limit >= ${percent(limit, 2)}`,
    measured: `${percent(count / runs, 2)} (limit ${percent(lower, 2)})`,
    met: lower >= limit,
  };
}

/** A figure below a bound. */
export function below(name: string, measured: number, limit: number, show: (value: number) => string): Target {
  return { name, expected: `<= ${show(limit)}`, measured: show(measured), met: measured <= limit };
}

/** Clopper–Pearson's one-sided 99 % limit. */
function upperLimit(count: number, runs: number): number {
  return count >= runs ? 1 : betaQuantile(0.99, count + 1, runs - count);
}

function lowerLimit(count: number, runs: number): number {
  return 1 - upperLimit(runs - count, runs);
}

/** Runs a generator to its end. */
export function finish<T>(steps: Generator<unknown, T, void>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
