/**
 * What the statistics engine is given: arms with counts, and nothing of experiments, stores or HTTP.
 *
 * @example
 * const input: ReportInput = {
 *   arms: [{ name: "control" }, { name: "blue" }],
 *   kpis: [{ name: "signup", role: "primary" }],
 *   epochs: [{ weights: [1, 1], participants: [5000, 5100], kpis: [[{ conversions: 250 }, { conversions: 310 }]] }],
 * };
 */
import type { Better, Direction } from "./direction.ts";
import type { Lateness } from "./lateness.ts";
import type { RatioSums } from "./ratio.ts";
import type { ReachedBefore } from "./standing.ts";

/** One compared thing. The position in the list is its index everywhere else. */
interface ArmLabel {
  readonly name: string;
  /** Takes no new clients any more. @default false */
  readonly retired?: boolean;
}

/**
 * `primary`: the KPI the decision is made on. `secondary`: explored when a primary exists, otherwise a goal like a
 * primary one. `guardrail`: must not get worse than its margin.
 */
export type KpiRole = "primary" | "secondary" | "guardrail";

/** How much worse a guardrail may get: `relative` 0.05 is 5 % of the baseline's rate, `absolute` is in the KPI's unit. */
export type Margin = { readonly kind: "relative" | "absolute"; readonly value: number };

/** The figure of a KPI that a decision is made on: how many reach it, or what each participant brings. */
export type DecidesOn = "rate" | "mean";

export interface KpiSpec {
  readonly name: string;
  /** What people call it, for sentences. @default none: the name */
  readonly label?: string;
  readonly role: KpiRole;
  /** @default "higher" */
  readonly better?: Better;
  /** Which figure the decision is made on; `mean` needs sums. @default "rate" */
  readonly decidesOn?: DecidesOn;
  /**
   * Its values are to be capped by an amount that is still to be taken from them. Until then its figures are not those that
   * were asked for: nothing is concluded on it. @default false
   */
  readonly capAwaited?: boolean;
  /** Guardrails only. @default GUARDRAIL_MARGIN_DEFAULT */
  readonly margin?: Margin;
  /** Of its values, to be written behind them: `€`. @default none */
  readonly unit?: string;
}

/** Sums over per-participant totals (a participant's events added up first), in any fixed unit. */
export interface Moments {
  readonly sum: number;
  readonly sumSquares: number;
}

/** The covariates of those participants of an arm who have one. */
export interface CovariateCell {
  readonly n: number;
  readonly sum: number;
  readonly sumSquares: number;
}

/** How a KPI goes with the covariate x, over those who have one; y is a participant's total. */
export interface CovariateProducts {
  readonly conversions: number;
  /** Sum of x over those who converted. */
  readonly conversionsTimes: number;
  /** Sum of y. */
  readonly sum: number;
  /** Sum of x·y. */
  readonly sumTimes: number;
}

/** What one arm did on one KPI in one epoch. */
export interface KpiCell {
  /** Participants who reached the KPI at least once, in [0, participants]. */
  readonly conversions: number;
  readonly values?: Moments;
  /** Values as they came, and how they go with the number of conversions; its `n` is `conversions`. */
  readonly ratio?: RatioSums;
  /** Where participants have covariates. */
  readonly products?: CovariateProducts;
}

/** A stretch in which weights, traffic and arms did not change. */
export interface EpochCounts {
  /** Intended share per arm, any positive scale; 0 for an arm that took no clients. */
  readonly weights: readonly number[];
  /** In (0, 1]. @default 1 */
  readonly trafficFraction?: number;
  /** Analysed participants per arm (after exclusions). */
  readonly participants: readonly number[];
  /** Per arm. @default none have any */
  readonly covariates?: readonly CovariateCell[];
  /** One row per KPI, in it one cell per arm. */
  readonly kpis: readonly (readonly KpiCell[])[];
}

/**
 * What a KPI is without the change. Of a rate the share that converts, in (0, 1). Of a mean the value per participant, any
 * number but 0, and its standard deviation > 0 over all participants, also those without a value.
 */
export type Baseline = { readonly rate: number } | { readonly mean: number; readonly deviation: number };

/** What was decided before the data came. */
export interface PlanInput {
  /** Participants of all arms together at which the experiment is decided. */
  readonly participants: number;
  /** The primary KPI without the change, as a rate or a mean, whichever decides: the other kind gives no size and no power. */
  readonly baseline: Baseline;
  /** Smallest uplift worth finding, as a fraction of the baseline's size: 0.1 is +10 %, -0.1 is 10 % less. */
  readonly minimumUplift: number;
  /** In (0, 1). @default POWER_DEFAULT */
  readonly power?: number;
  /**
   * False for a plan made when much of the data was there already: it has no look of its own, and all of alpha is for
   * looking at any time. @default true
   */
  readonly finalLook?: boolean;
}

export type RollBack = "experiment" | "each";

export interface Settings {
  /** Two-sided error level of all claims together, in (0, 1). @default 0.05 */
  readonly alpha: number;
  /** Part of `alpha` spent on looking at any time when a plan exists; the rest is for the final look. @default 0.0075 */
  readonly alphaContinuous: number;
  /**
   * Participants of baseline and alternative together for which the always-valid test is tuned; fixed before the first
   * participant. @default 10000
   */
  readonly tuningSize: number;
  /**
   * For what the chance of a needless roll-back by guardrails is bounded: the `experiment` with all its arms and guardrails,
   * at half of `alphaContinuous`, or `each` arm and guardrail by itself at `alpha`, which sees harm sooner.
   * @default "experiment"
   */
  readonly rollBack: RollBack;
  /**
   * KPIs among which the one that decides may have been chosen by its data: each alternative is compared on it so many times.
   * @default 1
   */
  readonly chosenAmong: number;
  /** Beta prior of every rate. @default [1, 1] */
  readonly prior: readonly [number, number];
  /** Whole days of data. @default 0 */
  readonly daysComplete: number;
  /** New participants per day, the last (up to 7) complete days; `null` while nobody new is taken in. @default [] */
  readonly recentDailyParticipants: readonly number[] | null;
  /** The sample ratio alarm went off earlier: it stays on. @default false */
  readonly sampleRatioLatched: boolean;
  /** True when the weights follow the results: fixed-horizon figures are then not to be shown. @default false */
  readonly adaptive: boolean;
}

export interface ReportInput {
  readonly arms: readonly ArmLabel[];
  readonly kpis: readonly KpiSpec[];
  /** Oldest first, at least one. */
  readonly epochs: readonly EpochCounts[];
  /** Index of the arm all others are compared to. @default 0 */
  readonly baseline?: number;
  readonly plan?: PlanInput;
  /** The epochs as they were when the plan was first reached; frozen by the caller, never recomputed. */
  readonly finalLook?: readonly EpochCounts[];
  /** Per KPI, how far late conversions widen what may be read at any time. @default none do */
  readonly lateness?: readonly Lateness[];
  /** A part of the data, or another baseline than the control: described, and nothing concluded. @default false */
  readonly describes?: boolean;
  /**
   * Studies ask thousands of reports for their claims: no posterior is computed then, nor the strict test, and an inconclusive
   * end is not told from one with a leader. @default false
   */
  readonly claimsAlone?: boolean;
  /** Conclusions of earlier looks: see `reached.ts`. */
  readonly reached?: readonly ReachedBefore[];
  /**
   * What the first KPI had concluded of each arm when a winner was set. Everybody gets the winner since, so later data compare
   * nothing, and nothing new is concluded of any KPI.
   */
  readonly decided?: readonly (Direction | null)[];
  readonly settings?: Partial<Settings>;
}

/** Tuning size of an experiment that nobody planned before its first participant. */
export const TUNING_SIZE_DEFAULT = 10_000;

export const SETTINGS_DEFAULT: Settings = {
  alpha: 0.05,
  alphaContinuous: 0.0075,
  tuningSize: TUNING_SIZE_DEFAULT,
  rollBack: "experiment",
  chosenAmong: 1,
  prior: [1, 1],
  daysComplete: 0,
  recentDailyParticipants: [],
  sampleRatioLatched: false,
  adaptive: false,
};

export const GUARDRAIL_MARGIN_DEFAULT: Margin = { kind: "relative", value: 0.05 };
export const POWER_DEFAULT = 0.8;
