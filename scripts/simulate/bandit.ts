/** Section C: policies that learn. */
import { batchSizes } from "../../server/src/domain/policy/batches.ts";
import { normalQuantile } from "../../server/src/stats/distributions.ts";
import { seededRandom } from "../../server/src/stats/random.ts";
import {
  type BanditSimulationInput,
  type BanditSimulationResult,
  simulateBandit,
} from "../../server/src/stats/simulate-bandit.ts";
import { atMost, below, finish, notAbove, percent, type Target } from "./target.ts";

const USERS = 20_000;
const BASE = { users: USERS, batches: 20, runs: 400, goal: "earn", floor: 0.05, adjusted: true } as const;
/** Enough for an error of what is saved to show, and for lock-ins of 2 %. */
const RUNS_DRIFTING = 800;
/** The mean of 1,500 runs is known to 0.5, a third of what lies between it and its limit. */
const RUNS_REGRET = 1500;

/** Base rate over time, in [0.1, 1.9] of its mean. */
const DRIFTS: Readonly<Record<string, (time: number) => number>> = {
  rising: (time) => 0.1 + 1.8 * time,
  falling: (time) => 1.9 - 1.8 * time,
  "drop at half": (time) => (time < 0.5 ? 1.9 : 0.1),
  wave: (time) => 1 + 0.9 * Math.cos(2 * Math.PI * time),
};

export function bandit(): Target[] {
  const studies = Object.entries({ steady: () => 1, ...DRIFTS }).map(([name, drift]): Study => {
    return { name, drift, result: played({ rates: [0.05, 0.06], drift, runs: RUNS_DRIFTING }) };
  });
  return [...regret(), ...studies.slice(1).map(lockIn), ...readings(), ...studies.flatMap(savings)];
}

/** The same runs answer for lock-in and for conversions saved. */
interface Study {
  readonly name: string;
  readonly drift: (time: number) => number;
  readonly result: BanditSimulationResult;
}

/** Conversions lost on (.05, .06) at 20,000 clients; equal shares lose 100. */
function regret(): Target[] {
  const rates = [0.05, 0.06];
  const textbook = played({ rates, floor: 0, adjusted: false });
  const shipped = played({ rates, batches: batchSizes(USERS), runs: RUNS_REGRET });
  return [
    meanBelow("regret, Thompson sampling (uniform 100)", textbook),
    meanBelow("regret, as shipped: floor, epochs, batches", shipped),
  ];
}

/** A third of what equal shares lose is above the mean with 99 % confidence. */
function meanBelow(name: string, { regret: mean, regretError, regretUniform }: BanditSimulationResult): Target {
  const show = (value: number): string => `${value.toFixed(1)} (mean ${mean.toFixed(1)} ± ${regretError.toFixed(1)})`;
  const { expected, ...rest } = below(name, mean + normalQuantile(0.99) * regretError, regretUniform / 3, show);
  return { ...rest, expected: `99 % limit <= ${(regretUniform / 3).toFixed(1)}` };
}

/** On the wrong arm at the end although the other is 20 % better, while the base rate moves by ±90 %. */
function lockIn({ name, drift, result }: Study): Target {
  const textbook = played({ rates: [0.05, 0.06], drift, adjusted: false, runs: 200 });
  const label = `lock-in, ${name} base rate (textbook ${percent(textbook.lockIn)})`;
  return atMost(label, Math.round(result.lockIn * RUNS_DRIFTING), RUNS_DRIFTING, 0.02);
}

/** Claims of a difference between equal arms by the evenly drawn clients alone. */
function readings(): Target[] {
  return Object.entries(DRIFTS).map(([name, drift]) => {
    const { claims } = played({ rates: [0.05, 0.05], drift, runs: RUNS_DRIFTING });
    const others = `pooled ${percent(claims.pooled, 0)}, within epochs ${percent(claims.stratified)}`;
    const claimed = Math.round(claims.explore * RUNS_DRIFTING);
    return notAbove(`evenly drawn clients, ${name} (${others})`, claimed, RUNS_DRIFTING, 0.05);
  });
}

/** What the report says the shares brought beyond equal ones: right on average, and its interval holds the truth. */
function savings({ name, result: { saved } }: Study): Target[] {
  const lost = (value: number): string => value.toFixed(1);
  const missed = Math.round((1 - saved.covered) * RUNS_DRIFTING);
  const off = Math.abs(saved.estimate - saved.truth);
  return [
    // A run is off by about 35 conversions: five are four standard errors of the mean of 800.
    below(`bias of conversions saved (truth ${lost(saved.truth)}), ${name} base rate`, off, 5, lost),
    notAbove(`interval of conversions saved misses, ${name} base rate`, missed, RUNS_DRIFTING, 0.05),
  ];
}

function played(more: Partial<BanditSimulationInput> & { readonly rates: readonly number[] }): BanditSimulationResult {
  return finish(simulateBandit({ ...BASE, ...more }, seededRandom(29)));
}
