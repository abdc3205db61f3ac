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
type CohortTables = Readonly<Record<keyof Cohort, Float64Array>>;

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
  const ring = late === 0 ? [] : Array.from({ length: lateLooks }, (): Waiting => waitingFor(arms));
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
    if (waiting !== undefined) {
      settle(waiting, tables);
      waiting.epoch = epoch;
      waiting.cohort = cohort;
    }
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
      if (waiting !== undefined && later > 0) {
        convert(waiting.clients, arm, 0, later, factor);
        waiting.converted += later;
      }
      for (let g = 0; g < guardrails.length; g++) {
        plus(tables.reached[1 + g], cell, binomialFrom(here, guardrails[g] ?? 0, random));
      }
      if (stray) plus(tables.reached[1 + guardrails.length], cell, binomialFrom(here, STRAY_RATE, random));
    }
  }

  return { tables, add };
}

/** What the clients of one look do later: one epoch, one cohort. */
interface Waiting {
  readonly clients: Tables;
  epoch: number;
  cohort: number;
  /** Conversions that wait. */
  converted: number;
}

function waitingFor(arms: number): Waiting {
  return { clients: emptyTables(1, arms, 1, 1), epoch: 0, cohort: 0, converted: 0 };
}

function emptyTables(epochs: number, arms: number, metrics: number, days = DAYS): Tables {
  const cells = epochs * arms;
  const cohort = (): Float64Array => new Float64Array(epochs * days);
  return {
    cohorts: { participants: cohort(), conversions: cohort(), sum: cohort(), sumSquares: cohort() },
    participants: new Float64Array(cells),
    reached: Array.from({ length: metrics }, () => new Float64Array(cells)),
    sum: new Float64Array(cells),
    squares: new Float64Array(cells),
  };
}

/** What waited is counted, in the epoch and among the cohort in which its clients joined. */
function settle(waiting: Waiting, tables: Tables): void {
  const { clients, epoch, cohort, converted } = waiting;
  if (converted === 0) return;
  waiting.converted = 0;
  const arms = clients.participants.length;
  for (let arm = 0; arm < arms; arm++) {
    const cell = epoch * arms + arm;
    moveTo(tables.reached[0], cell, clients.reached[0], arm);
    moveTo(tables.sum, cell, clients.sum, arm);
    moveTo(tables.squares, cell, clients.squares, arm);
  }
  moveTo(tables.cohorts.conversions, cohort, clients.cohorts.conversions, 0);
  moveTo(tables.cohorts.sum, cohort, clients.cohorts.sum, 0);
  moveTo(tables.cohorts.sumSquares, cohort, clients.cohorts.sumSquares, 0);
}

function moveTo(into: Float64Array | undefined, cell: number, from: Float64Array | undefined, at: number): void {
  if (from === undefined) return;
  plus(into, cell, from[at] ?? 0);
  from[at] = 0;
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
