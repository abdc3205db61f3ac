/** Section C: policies that learn. */
import { seededRandom } from "../../server/src/stats/random.ts";
import {
  type BanditSimulationInput,
  type BanditSimulationResult,
  simulateBandit,
} from "../../server/src/stats/simulate-bandit.ts";
import { below, finish, notAbove, percent, type Target } from "./target.ts";

const BASE = { users: 20_000, batches: 20, runs: 400, goal: "earn", floor: 0.05, adjusted: true } as const;

/** Base rate over time, in [0.1, 1.9] of its mean. */
const DRIFTS: Readonly<Record<string, (time: number) => number>> = {
  rising: (time) => 0.1 + 1.8 * time,
  falling: (time) => 1.9 - 1.8 * time,
  "drop at half": (time) => (time < 0.5 ? 1.9 : 0.1),
  wave: (time) => 1 + 0.9 * Math.cos(2 * Math.PI * time),
};

export function bandit(): Target[] {
  return [...regret(), ...lockIn(), ...readings(), ...savings()];
}

/** Conversions lost on (.05, .06) at 20,000 clients; equal shares lose 100. */
function regret(): Target[] {
  const rates = [0.05, 0.06];
  const lost = (value: number): string => value.toFixed(1);
  const plain = played({ rates, floor: 0, adjusted: false });
  const shipped = played({ rates });
  return [
    below("regret, Thompson sampling (uniform 100)", plain.regret, plain.regretUniform / 3, lost),
    below("regret, with floor and epoch adjustment", shipped.regret, shipped.regretUniform / 3, lost),
  ];
}

/** On the wrong arm at the end although the other is 20 % better, while the base rate moves by ±90 %. */
function lockIn(): Target[] {
  return Object.entries(DRIFTS).map(([name, drift]) => {
    const study = played({ rates: [0.05, 0.06], drift });
    const textbook = played({ rates: [0.05, 0.06], drift, adjusted: false, runs: 200 });
    const label = `lock-in, ${name} base rate (textbook ${percent(textbook.lockIn)})`;
    return below(label, study.lockIn, 0.02, (value) => percent(value));
  });
}

/** Claims of a difference between equal arms by the exploring slice alone. */
function readings(): Target[] {
  return Object.entries(DRIFTS).map(([name, drift]) => {
    const runs = 800;
    const { claims } = played({ rates: [0.05, 0.05], drift, runs });
    const others = `pooled ${percent(claims.pooled, 0)}, within epochs ${percent(claims.stratified)}`;
    return notAbove(`exploring slice, ${name} (${others})`, Math.round(claims.explore * runs), runs, 0.05);
  });
}

/** What the report says the shares brought beyond equal ones: right on average, and its interval holds the truth. */
function savings(): Target[] {
  const lost = (value: number): string => value.toFixed(1);
  return Object.entries({ steady: () => 1, ...DRIFTS }).flatMap(([name, drift]) => {
    const runs = 800;
    const { saved } = played({ rates: [0.05, 0.06], drift, runs });
    const missed = Math.round((1 - saved.covered) * runs);
    const off = Math.abs(saved.estimate - saved.truth);
    return [
      // A run is off by about 35 conversions: five are four standard errors of the mean of 800.
      below(`bias of conversions saved (truth ${lost(saved.truth)}), ${name} base rate`, off, 5, lost),
      notAbove(`interval of conversions saved misses, ${name} base rate`, missed, runs, 0.05),
    ];
  });
}

function played(more: Partial<BanditSimulationInput> & { readonly rates: readonly number[] }): BanditSimulationResult {
  return finish(simulateBandit({ ...BASE, ...more }, seededRandom(29)));
}
