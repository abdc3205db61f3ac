/** What the tables of `sixpack simulate` have in common: their heading, their columns, and how figures are written. */
import { grouped, inPercent } from "../lib/text.ts";
import type { BanditGoal } from "../stats/bandit.ts";

/** Simulated experiments under each policy that can be simulated; the bandit plays as many again without the uplift. */
export const RUNS_DEFAULT = { uniform: 2_000, thompson: 1_000 } as const;

export interface SimulateArguments {
  /** Rate of the control, in (0, 1). */
  readonly baseline: number;
  /** True uplift of one alternative, as a fraction. */
  readonly uplift: number;
  readonly arms: number;
  /** Participants of all arms; left out as many as a plan for 80 % power needs. */
  readonly users?: number;
  /** Left out LOOKS_DEFAULT; of the bandit, the batches that a server begins. */
  readonly looks?: number;
  /** Left out RUNS_DEFAULT. */
  readonly runs?: number;
  readonly seed: number;
  readonly policy: keyof typeof RUNS_DEFAULT;
  /** Of the bandit. */
  readonly goal?: BanditGoal;
  /** How far the rates of all arms rise over a run of the bandit, as a fraction: from 1 − drift to 1 + drift. */
  readonly drift?: number;
  readonly json?: boolean;
}

/** The arguments with what was left out filled in. */
export interface Study extends SimulateArguments {
  readonly users: number;
  readonly looks: number;
  readonly runs: number;
  /** Of the bandit: how many of equal size, or the size of each. */
  readonly batches: number | readonly number[];
}

export function heading({ arms, baseline, uplift, users, looks, runs, seed }: Study, cuts: string): string {
  const effect = `${uplift > 0 ? "+" : ""}${percent(uplift)}`;
  return `${arms} arms at ${percent(baseline)}, one of them with ${effect}; ${whole(users)} visitors in all, ${looks} ${cuts}, ${whole(runs)} runs, seed ${seed}`;
}

/** Largest half width of a 95 % interval of a share over these runs. */
export function margin({ runs }: Study): string {
  return `±${(98 / Math.sqrt(runs)).toFixed(1)} points`;
}

export function percent(share: number): string {
  return `${Number(inPercent(share).toFixed(2))}%`;
}

export function whole(value: number): string {
  return grouped(Math.round(value));
}
