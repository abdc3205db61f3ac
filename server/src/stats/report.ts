/**
 * What the statistics engine answers: readonly records that survive JSON (no NaN, no Infinity), for pages and the API.
 * Rates, uplifts and chances are fractions: 0.1 is 10 %. Every list "per arm" is in the order of the input.
 */
import type { MeansOmnibus } from "./anova.ts";
import type { Better, Direction } from "./direction.ts";
import type { Omnibus } from "./g-test.ts";
import type { KpiRole, Margin, Settings } from "./input.ts";
import type { NoInference, NoInferenceReason } from "./no-inference.ts";
import type { DaysLeft } from "./size.ts";
import type { Standing } from "./standing.ts";
import type { VerdictInputs } from "./verdict-inputs.ts";
import type { OneLook, Pooled } from "./withheld.ts";

/** Limits of an interval; `null` is infinite on that side, and then `unbounded` is true. */
export interface Interval {
  readonly lower: number | null;
  readonly upper: number | null;
  readonly unbounded: boolean;
}

/** A quantity with its two intervals: for one look at a planned time, and for looking as often as one likes. */
export interface Effect {
  /** `null` when it does not exist (an uplift over a rate of zero). */
  readonly estimate: number | null;
  readonly fixed: OneLook<Interval>;
  readonly alwaysValid: Interval;
}

/** Which test gave `statistic`: pooled score z, its epoch-stratified form, Welch t, its epoch-stratified form. */
export type TestKind = "score" | "cochran-mantel-haenszel" | "welch" | "stratified-welch";

/** Whether there is enough to act on the always-valid figures: `enough.ts`. */
export type Enough =
  | { readonly kind: "open" }
  | {
      readonly kind: "too-few";
      /** Of both arms together: the rarer outcome, or the effective number of values. */
      readonly what: "conversions" | "non-conversions" | "values";
      readonly have: number;
      readonly need: number;
    };

/** The one planned look of the hybrid rule, on frozen counts. */
export interface FinalLook {
  readonly pValue: number;
  /** Holm over the family of goal comparisons; to be compared with `levels.final`. */
  readonly pHolm: number;
  readonly statistic: number;
  readonly gate: Enough;
  readonly difference: { readonly estimate: number | null; readonly interval: Interval };
  readonly uplift: { readonly estimate: number | null; readonly interval: Interval };
  /** Intervals at Bonferroni's share of the final level among the goal comparisons. */
  readonly upliftBonferroni: Interval;
  readonly differenceBonferroni: Interval;
}

/** Shown to be no worse than the margin allows, shown worse, or neither yet. */
export interface NonInferiority {
  readonly margin: Margin;
  /** One-sided, for a single look. */
  readonly pFixed: OneLook<number>;
  /** Of being worse than the margin, at any look; below alpha exactly when the always-valid interval leaves the margin out. */
  readonly pAlwaysValid: number;
  /** One-sided on the frozen counts; `null` before the final look. */
  readonly pFinalLook: OneLook<number>;
  /** On the always-valid interval at level alpha, or on the final look. */
  readonly conclusion: "non-inferior" | "inferior" | "undecided";
  /** The earlier look that showed it safe. */
  readonly reached: Standing | null;
}

/** Exact finite-sample test on the labels of conversions; rates only. */
export type StrictTest =
  | { readonly kind: "tested"; readonly logEvidence: number; readonly pValue: number; readonly uplift: Interval }
  | { readonly kind: "unavailable"; readonly reason: "no-conversions" | "weights-unknown" };

/** What a covariate took out of the difference, its intervals and its test: see `adjustment.ts`. */
export interface Adjustment {
  /** Participants with a covariate, of both arms. */
  readonly covariates: number;
  /** Share of the variance of the difference that is gone, in [0, 1). */
  readonly varianceReduction: number;
}

export interface Comparison {
  readonly kind: "compared";
  readonly test: { readonly kind: TestKind; readonly statistic: number; readonly df: number | null };
  readonly difference: Effect;
  /** Difference over |baseline|; `null` without limits where the baseline's mean may be zero at this level. */
  readonly uplift: Effect;
  /** Always-valid intervals at Bonferroni's share of the family's level; `null` outside the family. */
  readonly upliftBonferroni: Interval | null;
  readonly differenceBonferroni: Interval | null;
  readonly pFixed: OneLook<number>;
  readonly pAlwaysValid: number;
  /**
   * Holm on the always-valid p over arms × goal KPIs, or over arms × guardrails for harm (itself where each guardrail is
   * judged by itself); `null` for explored KPIs.
   */
  readonly pHolm: number | null;
  /** Benjamini–Hochberg over the exploratory comparisons; `null` for goals. */
  readonly pBenjaminiHochberg: number | null;
  /** Posterior chance that the arm is truly better than the baseline. Not a rule to stop on. */
  readonly chanceToBeatBaseline: number;
  /** Equal-tailed credible interval of the uplift at level 1 - alpha. */
  readonly credibleUplift: Interval;
  readonly gate: Enough;
  /** The first that passed the gate and the adjustment for many comparisons: at an earlier look, the final look, or now. */
  readonly conclusion: Direction;
  /** The same by today's counts and the final look alone. */
  readonly conclusionNow: Direction;
  /** Of an explored KPI, by Benjamini–Hochberg: its error stands beside alpha, so it concludes nothing. */
  readonly hint: Direction;
  /** The earlier look that `conclusion` comes from; `null` where this one is the first. */
  readonly reached: Standing | null;
  /** What carried the conclusion. */
  readonly concludedBy: "always-valid" | "final-look" | null;
  readonly finalLook: OneLook<FinalLook>;
  readonly nonInferiority: NonInferiority | null;
  /** `null` where the exact test can't be made. It is of the plain counts, whatever a covariate says. */
  readonly strict: StrictTest | null;
  /** Missing where no covariate was taken out. */
  readonly adjustment?: Adjustment;
}

export type ComparisonOutcome = { readonly kind: "baseline" } | NoInference | Comparison;

/** One arm on one KPI, as a rate of participants who converted. */
export interface RateArm {
  readonly name: string;
  readonly participants: number;
  readonly conversions: number;
  /** `null` without participants. */
  readonly rate: number | null;
  /** Wilson, for one look. */
  readonly rateInterval: Pooled<Interval>;
  /** Confidence sequence of the rate: holds at every look and under adaptive weights, for a constant rate. */
  readonly rateSequence: Interval | null;
  readonly chanceToBeBest: number | null;
  /** Expected regret of choosing this arm, in the unit of the rate. */
  readonly expectedLoss: number | null;
  readonly comparison: ComparisonOutcome;
}

/** One arm on one KPI, as a mean of per-participant totals (zero included). */
export interface MeanArm {
  readonly name: string;
  readonly participants: number;
  readonly mean: number | null;
  readonly standardDeviation: number | null;
  readonly meanInterval: Pooled<Interval>;
  readonly chanceToBeBest: number | null;
  readonly expectedLoss: number | null;
  readonly comparison: ComparisonOutcome;
}

/** One arm on one KPI, as the average of its conversions: their values over their number, without a cap. */
export interface AverageArm {
  readonly name: string;
  readonly participants: number;
  /** Conversions, repeated ones included. */
  readonly events: number;
  /** `null` without conversions. */
  readonly average: number | null;
  /** By the delta method, for one look. */
  readonly averageInterval: Pooled<Interval>;
  readonly comparison: ComparisonOutcome;
}

/** One arm on one KPI, by whichever figure. */
export type SectionArm = RateArm | MeanArm | AverageArm;

/** The figures of a KPI. */
export const SECTIONS = ["rates", "means", "averages"] as const;
export type Section = (typeof SECTIONS)[number];

export interface KpiReport {
  readonly kind: "analysed";
  readonly name: string;
  /** What sentences call it; `null` where that is its name. */
  readonly label: string | null;
  readonly role: KpiRole;
  readonly better: Better;
  /** Which of the sections below carries the decision: `kpi[kpi.decidesOn]`. */
  readonly decidesOn: Exclude<Section, "averages">;
  /** Its cap is not known yet, so what looks better or worse on it is a hint at most. */
  readonly capAwaited: boolean;
  /** Of its values, as people wrote it behind the label; `null` without one. */
  readonly unit: string | null;
  /** In the family whose error is held at alpha (Holm); the others are exploratory or guardrails. */
  readonly family: "goal" | "exploratory" | "guardrail";
  /** Factor by which late conversions widen the always-valid figures, at least 1; 1 where none come late. */
  readonly lateness: number;
  /** Are there any differences among the arms at all? Pooled over epochs, for one look. */
  readonly omnibus: Pooled<Omnibus>;
  /** The same for the means; `null` where `means` is. */
  readonly omnibusMeans: Pooled<MeansOmnibus>;
  readonly rates: readonly RateArm[];
  /** Only for KPIs with values or decided by their mean. */
  readonly means: readonly MeanArm[] | null;
  /** The same, and only where it is known how values go with the number of conversions. Never decides. */
  readonly averages: readonly AverageArm[] | null;
}

export type KpiOutcome = KpiReport | (NoInference & { readonly name: string; readonly role: KpiRole });

export type SampleRatio =
  | NoInference
  | {
      readonly kind: "tested";
      readonly observed: readonly number[];
      readonly expected: readonly number[];
      readonly chiSquare: number;
      readonly df: number;
      /** For one look; to show, not for the alarm. */
      readonly pFixed: number;
      /** Natural logarithm of the evidence against the weights; the alarm sounds at ln 1000. */
      readonly logEvidence: number;
      /** Always valid: min(1, 1/evidence). */
      readonly pAlwaysValid: number;
      readonly alarm: boolean;
      /** The alarm now or earlier. Store it and pass it in as `sampleRatioLatched`. */
      readonly latched: boolean;
    };

export interface PlanReport {
  /** Planned participants of all arms; `null` without a plan. */
  readonly participantsPlanned: number | null;
  readonly participants: number;
  /** In [0, 1]; `null` without a plan. */
  readonly progress: number | null;
  readonly horizonReached: boolean;
  /** The planned look is still to be taken, at the planned size or when there is enough for it. */
  readonly lookAwaited: boolean;
  /** The plan was reached but no frozen counts were given: freeze these epochs now and pass them as `finalLook`. */
  readonly freezeNow: boolean;
  readonly minimumUplift: number | null;
  /** Participants per arm that the plan's rate, uplift and power need under these weights; `null` without a plan. */
  readonly participantsNeededPerArm: readonly number[] | null;
  /** Chance to detect the planned uplift at the final look with the planned size. */
  readonly powerPlanned: number | null;
  /** Smallest uplift that the deciding test would find now with the planned power; `null` while the baseline is not known. */
  readonly detectableUplift: number | null;
  readonly daysLeft: DaysLeft;
}

/** Error levels in force; goals have `continuous` and `final`. Without a plan nothing is spent on a final look. */
export interface Levels {
  readonly alpha: number;
  readonly continuous: number;
  /** 0 when there is no planned final look. */
  readonly final: number;
  /** For rolling back by guardrails: of all of them together, or of each by itself (`settings.rollBack`); 0 without any. */
  readonly harm: number;
}

/** What to do, with what led to it. `sentence` is plain English for a banner. */
export type Verdict = {
  readonly sentence: string;
  readonly inputs: VerdictInputs;
} & (
  | { readonly kind: "no-inference"; readonly reason: NoInferenceReason }
  | { readonly kind: "sample-ratio-mismatch" }
  | { readonly kind: "contradiction"; readonly arm: number; readonly kpi: string }
  | { readonly kind: "roll-back"; readonly arm: number; readonly kpi: string; readonly harmed: readonly number[] }
  | { readonly kind: "too-early"; readonly daysNeeded: number; readonly conversionsNeeded: number }
  | { readonly kind: "ship"; readonly arm: number; readonly harmed: readonly number[] }
  | { readonly kind: "hold"; readonly arm: number; readonly guardrails: readonly string[] }
  | { readonly kind: "keep-control" }
  | { readonly kind: "no-clear-winner"; readonly arm: number }
  | { readonly kind: "inconclusive" }
  | { readonly kind: "keep-running"; readonly daysLeft: DaysLeft }
);

export interface Report {
  readonly baseline: number;
  readonly settings: Settings;
  readonly levels: Levels;
  /** True when weights or traffic changed and comparisons are made within epochs. */
  readonly stratified: boolean;
  /** True when the shares of the arms changed between stretches with participants: rates and means add up both. */
  readonly sharesChanged: boolean;
  readonly arms: readonly {
    readonly name: string;
    /** Takes no new clients, so that nothing is to be done about it. */
    readonly retired: boolean;
    readonly participants: number;
    /** Share of all participants, `null` while there are none. */
    readonly share: number | null;
    readonly expectedShare: number | null;
  }[];
  readonly sampleRatio: SampleRatio;
  readonly kpis: readonly KpiOutcome[];
  readonly plan: PlanReport;
  readonly verdict: Verdict;
}

/** Everything of the report but the verdict: what the verdict is made of. */
export type Evidence = Omit<Report, "verdict">;
