/** The clients of one experiment, drawn batch by batch, with what they do at once and later. */

import type { Cohort } from "../../server/src/stats/lateness.ts";
import { binomialFrom, type Random } from "../../server/src/stats/random.ts";
import { DAYS, rateAt, type Setting } from "./hostile-setting.ts";

/** Chance that a client names no KPI by mistake. */
const STRAY_RATE = 0.0003;

/** Sums per epoch and arm, at `epoch * arms + arm`. */
export interface Tables {
  readonly participants: Float64Array;
  /** Converted: on the goal, on each guardrail, on the KPI without a name. */
  readonly reached: readonly Float64Array[];
  readonly sum: Float64Array;
  readonly squares: Float64Array;
  /** All arms together, on the KPI that decides, at `epoch * DAYS + day of joining`. */
  readonly cohorts: CohortTables;
}

/** Sums that a cohort of the product has, each of them by day. */
export type CohortTables = Readonly<Record<keyof Cohort, Float64Array>>;

export interface Traffic {
  readonly tables: Tables;
  /** Takes in so many clients; moments of the run lie in [0, 1). */
  readonly add: (clients: number, moment: number) => void;
}

export function trafficOf(setting: Setting, values: Float64Array, random: Random): Traffic {
  const { weights, guardrails, late, lateLooks, stray } = setting;
  const arms = weights[0]?.length ?? 0;
  const tables = emptyTables(weights.length, arms, 2 + guardrails.length);
  // What comes later waits in a ring of looks.
  const ring = late === 0 ? [] : Array.from({ length: lateLooks }, () => emptyTables(weights.length, arms, 1));
  const shares = weights.map(remainingShares);
  const carried = setting.values?.carried ?? 0;
  let look = 0;

  function convert(into: Tables, cell: number, cohort: number, converted: number, factor: number): void {
    plus(into.reached[0], cell, converted);
    plus(into.cohorts.conversions, cohort, converted);
    for (let carriers = binomialFrom(converted, carried, random); carriers > 0; carriers--) {
      const value = factor * (values[(random() * values.length) | 0] ?? 0);
      plus(into.sum, cell, value);
      plus(into.squares, cell, value * value);
      plus(into.cohorts.sum, cohort, value);
      plus(into.cohorts.sumSquares, cohort, value * value);
    }
  }

  function add(clients: number, moment: number): void {
    const epoch = weights.length > 1 && moment >= 0.5 ? 1 : 0;
    const rate = rateAt(setting, moment);
    const cohort = epoch * DAYS + Math.floor(moment * DAYS);
    const waiting = ring[look++ % Math.max(1, ring.length)];
    if (waiting !== undefined) settle(waiting, tables);
    let left = clients;
    for (let arm = 0; arm < arms && left > 0; arm++) {
      const here = binomialFrom(left, shares[epoch]?.[arm] ?? 0, random);
      if (here === 0) continue;
      left -= here;
      const cell = epoch * arms + arm;
      plus(tables.participants, cell, here);
      plus(tables.cohorts.participants, cohort, here);
      const lift = arm === arms - 1 ? 1 + setting.uplift : 1;
      const factor = setting.values === null ? 1 : lift;
      const converted = binomialFrom(here, setting.values === null ? rate * lift : rate, random);
      const later = waiting === undefined ? 0 : binomialFrom(converted, late, random);
      convert(tables, cell, cohort, converted - later, factor);
      if (waiting !== undefined && later > 0) convert(waiting, cell, cohort, later, factor);
      for (let g = 0; g < guardrails.length; g++) {
        plus(tables.reached[1 + g], cell, binomialFrom(here, guardrails[g] ?? 0, random));
      }
      if (stray) plus(tables.reached[1 + guardrails.length], cell, binomialFrom(here, STRAY_RATE, random));
    }
  }

  return { tables, add };
}

function emptyTables(epochs: number, arms: number, metrics: number): Tables {
  const cells = epochs * arms;
  const days = (): Float64Array => new Float64Array(epochs * DAYS);
  return {
    cohorts: { participants: days(), conversions: days(), sum: days(), sumSquares: days() },
    participants: new Float64Array(cells),
    reached: Array.from({ length: metrics }, () => new Float64Array(cells)),
    sum: new Float64Array(cells),
    squares: new Float64Array(cells),
  };
}

/** What waited is counted, in the epoch in which its client joined. */
function settle(waiting: Tables, tables: Tables): void {
  for (const [from, into] of [
    [waiting.reached[0], tables.reached[0]],
    [waiting.sum, tables.sum],
    [waiting.squares, tables.squares],
    [waiting.cohorts.conversions, tables.cohorts.conversions],
    [waiting.cohorts.sum, tables.cohorts.sum],
    [waiting.cohorts.sumSquares, tables.cohorts.sumSquares],
  ]) {
    for (let cell = 0; cell < (from?.length ?? 0); cell++) plus(into, cell, from?.[cell] ?? 0);
    from?.fill(0);
  }
}

function plus(table: Float64Array | undefined, cell: number, amount: number): void {
  if (table !== undefined) table[cell] = (table[cell] ?? 0) + amount;
}

/** Share of each arm among what the arms before it left. */
function remainingShares(weights: readonly number[]): number[] {
  let left = 1;
  return weights.map((weight, arm) => {
    const share = arm === weights.length - 1 ? 1 : Math.min(1, weight / left);
    left -= weight;
    return share;
  });
}
