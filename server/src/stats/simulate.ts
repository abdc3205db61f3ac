/**
 * What would happen: false-positive rate, power and length of experiments on the operator's own numbers, for the usual
 * test looked at again and again, beside the two rules of this engine. Generators report progress, so that a command
 * can draw a bar; randomness is passed in, so that a seed repeats the study.
 *
 * @example
 * const study = simulate({ baseline: 0.05, uplift: 0.2, arms: 2, users: 20_000, looks: 100, runs: 1000 }, seededRandom(1));
 */
import { alwaysValidCritical, type Tuning } from "./always-valid.ts";
import { normalCritical } from "./distributions.ts";
import { enoughForRates } from "./enough.ts";
import { SETTINGS_DEFAULT } from "./input.ts";
import { binomialFrom, type Random } from "./random.ts";
import { twoProportionZ } from "./score.ts";

interface SimulationInput {
  /** Rate of the control, in (0, 1). */
  readonly baseline: number;
  /** True uplift of one alternative in the power study, as a fraction. */
  readonly uplift: number;
  /** Control included, at least 2; equal weights. */
  readonly arms: number;
  /** Participants of all arms at which an experiment ends; also the planned size of the hybrid rule. */
  readonly users: number;
  /** Equally spaced looks, the last one at the end. */
  readonly looks: number;
  readonly runs: number;
  /** @default 0.05 */
  readonly alpha?: number;
}

/** One rule's record over all runs. */
interface RuleRecord {
  /** Share of experiments without any effect in which a difference was claimed. */
  readonly falsePositiveRate: number;
  /** Share of experiments with the uplift in which a difference was claimed. */
  readonly power: number;
  /** Mean participants at the claim, or at the end, with the uplift. */
  readonly expectedUsers: number;
}

export interface SimulationResult {
  /** z test at every look, stopping at the first p < alpha. */
  readonly naive: RuleRecord;
  /** z test once, at the end. */
  readonly fixed: RuleRecord;
  /** Always-valid test at every look. */
  readonly alwaysValid: RuleRecord;
  /** Always-valid at a part of alpha at every look, the rest at the end. */
  readonly hybrid: RuleRecord;
}

export interface Progress {
  readonly done: number;
  readonly total: number;
}

export type RuleName = keyof SimulationResult;
const RULES: readonly RuleName[] = ["naive", "fixed", "alwaysValid", "hybrid"];

/** Every run is played without and with the uplift. Yields after every run. */
export function* simulate(input: SimulationInput, random: Random): Generator<Progress, SimulationResult, void> {
  const rules = rulesOf(input);
  const nulls = new Map<RuleName, number>();
  const claims = new Map<RuleName, number>();
  const users = new Map<RuleName, number>();
  const add = (to: Map<RuleName, number>, rule: RuleName, amount: number): void => {
    to.set(rule, (to.get(rule) ?? 0) + amount);
  };
  for (let run = 0; run < input.runs; run++) {
    for (const [rule, { claimed }] of play(input, 0, rules, random)) add(nulls, rule, claimed ? 1 : 0);
    for (const [rule, { claimed, at }] of play(input, input.uplift, rules, random)) {
      add(claims, rule, claimed ? 1 : 0);
      add(users, rule, at);
    }
    yield { done: run + 1, total: input.runs };
  }
  const record = (rule: RuleName): RuleRecord => ({
    falsePositiveRate: (nulls.get(rule) ?? 0) / input.runs,
    power: (claims.get(rule) ?? 0) / input.runs,
    expectedUsers: (users.get(rule) ?? 0) / input.runs,
  });
  return {
    naive: record("naive"),
    fixed: record("fixed"),
    alwaysValid: record("alwaysValid"),
    hybrid: record("hybrid"),
  };
}

/** |z| from which a rule claims at each look; Infinity where it does not look. */
type Boundaries = Readonly<Record<RuleName, Float64Array>>;

/** Alternatives share alpha by Bonferroni, which is Holm's first step; the naive tester does not know that. */
function rulesOf({ arms, users, looks, alpha = SETTINGS_DEFAULT.alpha }: SimulationInput): Boundaries {
  const { alphaContinuous } = SETTINGS_DEFAULT;
  const alternatives = arms - 1;
  const pairShare = 2 / arms;
  const boundary = (at: (pair: number, last: boolean) => number): Float64Array =>
    Float64Array.from({ length: looks }, (_, look) => at((pairShare * users * (look + 1)) / looks, look === looks - 1));
  const plannedN = pairShare * users;
  const tuned = (level: number): Tuning => ({ plannedN, alpha: level });
  const continuous = (pair: number, level: number): number =>
    alwaysValidCritical(pair, tuned(level), level / alternatives);
  const fixedCritical = normalCritical(alpha);
  const finalCritical = normalCritical((alpha - alphaContinuous) / alternatives);
  return {
    naive: boundary(() => fixedCritical),
    fixed: boundary((_, last) => (last ? normalCritical(alpha / alternatives) : Infinity)),
    alwaysValid: boundary((pair) => continuous(pair, alpha)),
    hybrid: boundary((pair, last) => {
      const anyTime = continuous(pair, alphaContinuous);
      return last ? Math.min(anyTime, finalCritical) : anyTime;
    }),
  };
}

interface Claim {
  readonly claimed: boolean;
  readonly at: number;
}

/** One experiment; the last alternative has the uplift. */
function play(
  { baseline, arms, users, looks }: SimulationInput,
  uplift: number,
  rules: Boundaries,
  random: Random,
): Map<RuleName, Claim> {
  const rates = Array.from({ length: arms }, (_, arm) => (arm === arms - 1 ? baseline * (1 + uplift) : baseline));
  const n = new Float64Array(arms);
  const x = new Float64Array(arms);
  const first = new Map<RuleName, Claim>();
  for (let look = 0; look < looks && first.size < RULES.length; look++) {
    const until = Math.round((users * (look + 1)) / looks);
    const size = until - Math.round((users * look) / looks);
    addBatch(size, rates, n, x, random);
    const z = largestZ(n, x);
    for (const rule of RULES) {
      if (!first.has(rule) && z > (rules[rule][look] ?? Infinity)) first.set(rule, { claimed: true, at: until });
    }
  }
  return new Map(RULES.map((rule) => [rule, first.get(rule) ?? { claimed: false, at: users }]));
}

/** `size` clients shared evenly over the arms at random. */
function addBatch(size: number, rates: readonly number[], n: Float64Array, x: Float64Array, random: Random): void {
  let left = size;
  for (const [arm, rate] of rates.entries()) {
    const others = rates.length - arm;
    const here = others === 1 ? left : binomialFrom(left, 1 / others, random);
    left -= here;
    n[arm] = (n[arm] ?? 0) + here;
    x[arm] = (x[arm] ?? 0) + binomialFrom(here, rate, random);
  }
}

function largestZ(n: Float64Array, x: Float64Array): number {
  let largest = 0;
  for (let arm = 1; arm < n.length; arm++) {
    largest = Math.max(largest, Math.abs(gatedZ(n[0] ?? 0, x[0] ?? 0, n[arm] ?? 0, x[arm] ?? 0)));
  }
  return largest;
}

/** No rule claims anything below the usual critical value; most looks end here, before more is asked. */
const CLAIMED_MIN = 1.9;

/** Pooled score z of a pair, 0 while there is not enough to claim anything by it. */
export function gatedZ(nc: number, xc: number, nt: number, xt: number): number {
  if (nc === 0 || nt === 0) return 0;
  const [control, treatment] = [
    { n: nc, x: xc },
    { n: nt, x: xt },
  ];
  const { z } = twoProportionZ(control, treatment);
  if (Math.abs(z) < CLAIMED_MIN) return z;
  return enoughForRates([{ control, treatment }], z).kind === "open" ? z : 0;
}
