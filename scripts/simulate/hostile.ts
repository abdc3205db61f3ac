/**
 * How often the product claims what is not there, over settings drawn at random: rates, shares, numbers of arms, values, plans
 * and guardrails. Nothing differs between the arms in any of them, so each claim of the product's own `summarize` is an error.
 */

import type { EpochCounts, KpiCell, KpiSpec, PlanInput, ReportInput } from "../../server/src/stats/input.ts";
import { sampleOf } from "../../server/src/stats/mean.ts";
import { binomialFrom, normalFrom, type Random, seededRandom } from "../../server/src/stats/random.ts";
import { twoProportionZ } from "../../server/src/stats/score.ts";
import { summarize } from "../../server/src/stats/summarize.ts";
import { atMost, percent, type Target } from "./target.ts";

const ALPHA = 0.05;
const SETTINGS = 200;
/** A look every hundred participants. */
const LOOK_EVERY = 100;
const LOOKS_MAX = 200;
/** Runs of a setting: more where the first ones leave it open. */
const RUNS_FIRST = 150;
const RUNS_MAX = 1200;
/** No rule in force claims anything below: the always-valid limit is never under 3 at 5 %. */
const CLAIM_MIN = 3;

interface Setting {
  readonly seed: number;
  readonly rate: number;
  readonly weights: readonly number[];
  /** `null` decides on the rate. */
  readonly values: { readonly sigma: number; readonly shift: number; readonly carried: number } | null;
  readonly better: "higher" | "lower";
  readonly users: number;
  readonly planned: boolean;
  readonly guarded: boolean;
}

const RATES = [0.0005, 0.002, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.998, 0.9995];
const SHARES = [0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98, 0.99];
const ARMS = [2, 2, 2, 3, 5, 10];
const CARRIED = [0.005, 0.01, 0.03, 0.1, 0.3, 1];
const SHIFTS = [0, 0, -3, -12];
const USERS = [2_000, 8_000, 20_000];

function drawn(seed: number): Setting {
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const arms = pick(ARMS);
  const share = pick(SHARES);
  const weights = Array.from({ length: arms }, (_, arm) => (arm === 1 ? share : (1 - share) / (arms - 1)));
  const isMean = random() < 0.4;
  const rate = pick(RATES);
  return {
    seed,
    rate,
    weights,
    values: isMean ? { sigma: pick([0.5, 1, 1.5]), shift: pick(SHIFTS), carried: pick(CARRIED) } : null,
    better: pick(["higher", "lower"] as const),
    users: pick(USERS),
    planned: random() < 0.4,
    guarded: random() < 0.3,
  };
}

interface Sums {
  n: number;
  x: number;
  guard: number;
  sum: number;
  squares: number;
}

/** Adds clients to the arms as the setting shares them out. */
function add({ weights, rate, values, guarded }: Setting, count: number, arms: readonly Sums[], random: Random): void {
  let [left, weightLeft] = [count, weights.reduce((sum, weight) => sum + weight, 0)];
  for (const [index, arm] of arms.entries()) {
    const weight = weights[index] ?? 0;
    const here = index === arms.length - 1 ? left : binomialFrom(left, Math.min(1, weight / weightLeft), random);
    left -= here;
    weightLeft -= weight;
    arm.n += here;
    if (guarded) arm.guard += binomialFrom(here, 0.01, random);
    if (values === null) arm.x += binomialFrom(here, rate, random);
    else {
      // Everybody converts, few carry a value.
      arm.x += here;
      for (let carriers = binomialFrom(here, values.carried, random); carriers > 0; carriers--) {
        const value = Math.exp(values.sigma * normalFrom(random)) + values.shift;
        arm.sum += value;
        arm.squares += value * value;
      }
    }
  }
}

function inputOf(
  setting: Setting,
  arms: readonly Sums[],
  day: number,
  look: readonly EpochCounts[] | null,
): ReportInput {
  const { values, better, guarded, weights, users, planned } = setting;
  const goal: KpiSpec = { name: "goal", role: "primary", better, decidesOn: values === null ? "rate" : "mean" };
  const kpis: KpiSpec[] = guarded ? [goal, { name: "guard", role: "guardrail", better: "lower" }] : [goal];
  const plan: PlanInput = { participants: users, baseline: { rate: 0.05 }, minimumUplift: 0.2 };
  return {
    arms: arms.map((_, index) => ({ name: `arm${index}` })),
    kpis,
    epochs: [epochOf(setting, arms)],
    ...(planned ? { plan } : {}),
    ...(look === null ? {} : { finalLook: look }),
    settings: { daysComplete: day, ...(planned ? { tuningSize: pairSize(weights, users) } : {}) },
  };
}

function epochOf({ weights, values, guarded }: Setting, arms: readonly Sums[]): EpochCounts {
  const goal: KpiCell[] = arms.map(({ x, sum, squares }) =>
    values === null ? { conversions: x } : { conversions: x, values: { sum, sumSquares: squares } },
  );
  const guard: KpiCell[] = arms.map((arm) => ({ conversions: arm.guard }));
  return { weights, participants: arms.map(({ n }) => n), kpis: guarded ? [goal, guard] : [goal] };
}

function pairSize(weights: readonly number[], users: number): number {
  return Math.max(1, Math.round(users * ((weights[0] ?? 0) + Math.min(...weights.slice(1)))));
}

/** Whether any figure of the pairs is large enough for a claim to be possible. */
function isSuspicious({ values }: Setting, arms: readonly Sums[]): boolean {
  const [control, ...others] = arms;
  if (control === undefined || control.n < 2) return false;
  return others.some((arm) => {
    if (arm.n < 2) return false;
    const guard = twoProportionZ({ n: control.n, x: control.guard }, { n: arm.n, x: arm.guard }).z;
    if (Math.abs(guard) > CLAIM_MIN) return true;
    if (values === null) return Math.abs(twoProportionZ(control, arm).z) > CLAIM_MIN;
    const [c, t] = [control, arm].map(({ n, sum, squares }) => sampleOf(n, sum, squares));
    if (c === undefined || t === undefined) return false;
    const deviation = Math.sqrt(c.variance / c.n + t.variance / t.n);
    return Math.abs(t.mean - c.mean) > CLAIM_MIN * deviation;
  });
}

const CLAIMS: ReadonlySet<string> = new Set(["ship", "roll-back", "hold"]);

/** One experiment of four weeks; what was claimed at any look, if anything. */
function play(setting: Setting, random: Random): string | null {
  const { users, planned } = setting;
  const arms = setting.weights.map(() => ({ n: 0, x: 0, guard: 0, sum: 0, squares: 0 }));
  const looks = Math.min(LOOKS_MAX, Math.ceil(users / LOOK_EVERY));
  let done = 0;
  for (let look = 1; look <= looks; look++) {
    const until = Math.round((users * look) / looks);
    add(setting, until - done, arms, random);
    done = until;
    const last = planned && look === looks;
    if (!(last || isSuspicious(setting, arms))) continue;
    const report = summarize(inputOf(setting, arms, Math.floor((28 * look) / looks), null));
    const { verdict } = report.plan.freezeNow
      ? summarize(inputOf(setting, arms, 28, [epochOf(setting, arms)]))
      : report;
    if (CLAIMS.has(verdict.kind)) return verdict.sentence;
  }
  return null;
}

interface Outcome {
  readonly setting: Setting;
  readonly runs: number;
  readonly errors: number;
  readonly target: Target;
  readonly example: string;
}

/** Runs until the error is shown to be at most alpha, or until there were enough to see that it is not. */
function measured(setting: Setting): Outcome {
  const random = seededRandom(1_000_003 * (setting.seed + 1));
  const name = describe(setting);
  let [runs, errors, example] = [0, 0, ""];
  for (let until = RUNS_FIRST; ; until *= 2) {
    for (; runs < until; runs++) {
      const claim = play(setting, random);
      if (claim === null) continue;
      errors++;
      example = claim;
    }
    const target = atMost(name, errors, runs, ALPHA);
    if (target.met || until >= RUNS_MAX) return { setting, runs, errors, target, example };
  }
}

function describe({ rate, values, weights, better, users, planned, guarded }: Setting): string {
  const what =
    values === null
      ? `rate ${rate}`
      : `values on ${percent(values.carried)}, sigma ${values.sigma}${values.shift === 0 ? "" : `, ${values.shift}`}`;
  const options = [planned ? "plan" : "", guarded ? "guardrail" : "", better === "lower" ? "lower" : ""];
  return [what, `${weights.length} arms`, `share ${weights[1]}`, `${users}`, ...options.filter(Boolean)].join(", ");
}

/** Most lines of the table: the worst settings; all others are counted. */
const SHOWN = 12;

export function hostile(): Target[] {
  const outcomes = Array.from({ length: SETTINGS }, (_, seed) => measured(drawn(seed)));
  outcomes.sort((a, b) => b.errors / b.runs - a.errors / a.runs);
  const missed = outcomes.filter(({ target }) => !target.met);
  const [worst] = outcomes;
  const all: Target = {
    name: `hostile, ${SETTINGS} settings, error of any claim (worst: ${worst?.target.name})`,
    expected: `99 % limit <= ${percent(ALPHA, 2)} in each`,
    measured: `${SETTINGS - missed.length} of ${SETTINGS}, worst ${percent((worst?.errors ?? 0) / (worst?.runs ?? 1), 2)}`,
    met: missed.length === 0,
  };
  return [all, ...outcomes.slice(0, SHOWN).map(({ target }) => target)];
}
