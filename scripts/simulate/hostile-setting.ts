/**
 * Settings in which nothing differs between the arms, drawn at random over all that makes normal theory wrong: rates, shares,
 * numbers of arms, values, what is missing or late, drift, weights that change, plans, guardrails and stray KPIs.
 */
import { type KpiSpec, type ReportInput, type RollBack, TUNING_SIZE_DEFAULT } from "../../server/src/stats/input.ts";
import { normalFrom, type Random, seededRandom } from "../../server/src/stats/random.ts";
import { percent } from "./target.ts";

/** What the KPI that decides is made of. */
export interface Values {
  /** Share of those who convert that carry a value. */
  readonly carried: number;
  /** Values are exp(sigma Z) + shift, turned round with a chance of `negative`. */
  readonly sigma: number;
  readonly shift: number;
  readonly negative: number;
}

export interface Setting {
  readonly seed: number;
  /** Of participants, on average over the drift. */
  readonly rate: number;
  /** `null` decides on the rate. */
  readonly values: Values | null;
  /** Weights per arm from the first day on, and from the middle on where they changed. */
  readonly weights: readonly (readonly number[])[];
  /** Factor of the rarer outcome on each of the four weeks' days. */
  readonly drift: Drift;
  /** Share of what participants do that comes some looks after they joined. */
  readonly late: number;
  readonly lateLooks: number;
  readonly better: "higher" | "lower";
  readonly users: number;
  /** Participants at which the look is planned; `null` without a plan. */
  readonly planned: number | null;
  /** Rates of the guardrails. */
  readonly guardrails: readonly number[];
  readonly rollBack: RollBack;
  /** Of the last arm: of its rate, or of its values. 0 where nothing differs. */
  readonly uplift: number;
  /** Whether a call now and then names no KPI, and the KPI that decides has to be found out. */
  readonly stray: boolean;
}

type Drift = "none" | "rising" | "falling" | "weekly" | "jump";

const RATES = [0.0005, 0.002, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.998, 0.9995];
const SHARES = [0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.5, 0.75, 0.9, 0.98, 0.99];
const ARMS = [2, 2, 2, 3, 5, 10];
/** Of those who convert; with the rates below, values on 0.5 to 100 % of participants. */
const CARRIED = [0.1, 0.3, 1];
const VALUE_RATES = [0.05, 0.2, 1];
const SHIFTS = [0, 0, -3, -12];
const DRIFTS: readonly Drift[] = ["none", "none", "rising", "falling", "weekly", "jump"];
const USERS = [2_000, 8_000, 20_000, 20_000, 60_000];
/** The rarest outcomes need that many to be seen at all. */
const USERS_RARE = 60_000;
/** A planned look comes at the end, or somewhere on the way. */
const PLANNED = [1, 0.7, 0.4];

export function drawn(seed: number): Setting {
  const random = seededRandom(13, seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const chance = (share: number): boolean => random() < share;
  const arms = pick(ARMS);
  const values = chance(0.4)
    ? { carried: pick(CARRIED), sigma: pick([0.5, 1, 1.5]), shift: pick(SHIFTS), negative: pick([0, 0, 0.5, 1]) }
    : null;
  const rate = values === null ? pick(RATES) : pick(VALUE_RATES);
  const first = weightsOf(arms, pick(SHARES), chance(0.7) ? 1 : 0);
  const users = Math.min(rate, 1 - rate) < 0.01 && values === null ? USERS_RARE : pick(USERS);
  const setting = {
    seed,
    rate,
    values,
    weights: chance(0.35) ? [first, ...changedWeights(first, pick(SHARES), pick(["turned", "ramped"]))] : [first],
    drift: pick(DRIFTS),
    late: pick([0, 0, 0.5, 1]),
    lateLooks: pick([1, 5, 20]),
    better: pick(["higher", "lower"] as const),
    users,
    planned: chance(0.4) ? Math.round(users * pick(PLANNED)) : null,
    guardrails: chance(0.3) ? Array.from({ length: pick([1, 2, 5]) }, () => pick([0.01, 0.2])) : [],
    rollBack: "experiment",
    uplift: 0,
    stray: chance(0.5),
  } as const;
  // Which KPI decides is open only where nobody planned one, and a mean or a guardrail is planned.
  const isOpen = setting.planned === null && values === null && setting.guardrails.length === 0;
  return { ...setting, stray: setting.stray && isOpen };
}

/** One arm has the share, the others the rest evenly. */
function weightsOf(arms: number, share: number, odd: number): number[] {
  return Array.from({ length: arms }, (_, arm) => (arm === odd ? share : (1 - share) / (arms - 1)));
}

/** The weights from the middle on, if they are others. */
function changedWeights(first: readonly number[], share: number, how: "turned" | "ramped"): readonly number[][] {
  const next = how === "turned" ? [...first].reverse() : weightsOf(first.length, share, 1);
  return next.every((weight, arm) => Math.abs(weight - (first[arm] ?? 0)) < 1e-9) ? [] : [next];
}

/** What a report is asked; of a plan on a rate the rate only says how strong the strict test believes in no effect. */
export function askedOf({ values, better, guardrails, planned }: Setting): Pick<ReportInput, "kpis" | "plan"> {
  const goal: KpiSpec = { name: "goal", role: "primary", better, decidesOn: values === null ? "rate" : "mean" };
  const guards = guardrails.map((_, index): KpiSpec => ({ name: `guard${index}`, role: "guardrail", better: "lower" }));
  const kpis = [goal, ...guards];
  return planned === null
    ? { kpis }
    : { kpis, plan: { participants: planned, baseline: { rate: 0.05 }, minimumUplift: 0.2 } };
}

/** As `domain/plan.ts` does: the control with the smallest alternative. */
export function tuningSizeOf({ planned, weights }: Setting): number {
  if (planned === null) return TUNING_SIZE_DEFAULT;
  const [control = 0, ...others] = weights[0] ?? [];
  return Math.max(1, Math.round(planned * (control + Math.min(...others))));
}

export const DAYS = 28;

/** Factor of the rarer outcome at a moment in [0, 1) of the four weeks. */
function driftAt(drift: Drift, moment: number): number {
  switch (drift) {
    case "none":
      return 1;
    case "rising":
      return 0.3 + 1.4 * moment;
    case "falling":
      return 1.7 - 1.4 * moment;
    case "weekly":
      return Math.floor(moment * DAYS) % 7 < 5 ? 1.3 : 0.25;
    case "jump":
      return moment < 0.5 ? 0.4 : 1.6;
  }
}

/** The drift moves what is rarer, so that no rate leaves [0, 1]. */
export function rateAt({ rate, drift }: Setting, moment: number): number {
  const factor = driftAt(drift, moment);
  if (rate === 1) return drift === "none" ? 1 : Math.min(1, 0.6 * factor);
  return rate <= 0.5 ? Math.min(1, rate * factor) : 1 - Math.min(1, (1 - rate) * factor);
}

/** Values of a setting; every one of them is as likely in each arm. */
const TABLE_SIZE = 1 << 16;

/** Drawn once: taken from a table, they cost what a random number costs. */
export function valuesOf({ sigma, shift, negative }: Values, random: Random): Float64Array {
  return Float64Array.from({ length: TABLE_SIZE }, () => {
    const value = Math.exp(sigma * normalFrom(random)) + shift;
    return random() < negative ? -value : value;
  });
}

export function describe(setting: Setting): string {
  const { seed, rate, values, weights, drift, late, lateLooks, better, users, planned, guardrails, stray } = setting;
  const [first = [], second] = weights;
  const shares = (list: readonly number[]): string =>
    list
      .slice(0, 2)
      .map((share) => percent(share, 0))
      .join(":");
  const what =
    values === null
      ? `rate ${percent(rate, rate > 0.001 && rate < 0.999 ? 1 : 2)}`
      : `values on ${percent(rate * values.carried)}, sigma ${values.sigma}, shift ${values.shift}, ${percent(values.negative, 0)} turned`;
  return [
    `#${seed}`,
    what,
    `${first.length} arms ${shares(first)}${second === undefined ? "" : ` then ${shares(second)}`}`,
    `${users} participants`,
    ...(drift === "none" ? [] : [drift]),
    ...(late === 0 ? [] : [`${percent(late, 0)} late by ${lateLooks} looks`]),
    ...(planned === null ? [] : [`look at ${planned}`]),
    ...(guardrails.length === 0 ? [] : [`guardrails ${guardrails.map((share) => percent(share, 0)).join(" ")}`]),
    ...(stray ? ["stray calls"] : []),
    ...(better === "lower" ? ["lower"] : []),
  ].join(", ");
}
