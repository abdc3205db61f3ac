/**
 * The plan of an experiment: what it is decided on, and how many participants that takes. Decided before the data
 * come, which is what makes one look at the planned size worth more than any look in between.
 */
import type { Better } from "../stats/direction.ts";
import { type Baseline, type DecidesOn, type Margin, SETTINGS_DEFAULT, TUNING_SIZE_DEFAULT } from "../stats/input.ts";
import { planSize } from "../stats/size.ts";
import type { Cell } from "./counts.ts";
import type { KpiName } from "./names.ts";

export interface PlannedKpi {
  /** `null` is the default KPI. A named one may be planned before anybody reached it. */
  readonly kpi: KpiName | null;
  readonly better: Better;
  /** `rate` of participants who converted, or `mean` value per participant. */
  readonly decidesOn: DecidesOn;
}

export interface Guardrail extends PlannedKpi {
  /** How much worse it may get. */
  readonly margin: Margin;
}

/** The primary KPI without the change: its rate, in (0, 1), or where it decides on a mean, value and deviation per participant. */
export type PlannedBaseline =
  | { readonly baselineRate: number }
  | { readonly baselineMean: number; readonly baselineDeviation: number };

export type PlannedSize = PlannedTerms & {
  /** Participants of all alternatives together at which the experiment is decided. */
  readonly participants: number;
};

type PlannedTerms = PlannedBaseline & {
  /** Smallest improvement worth finding, as a fraction > 0: 0.1 is 10 % better. */
  readonly minimumUplift: number;
  /** Chance to find it, in (0, 1). */
  readonly power: number;
};

export interface Plan {
  readonly primary: PlannedKpi;
  /** Shown beside the primary one; never decides. */
  readonly secondary: readonly PlannedKpi[];
  readonly guardrails: readonly Guardrail[];
  /** `null` while only the KPIs are named. */
  readonly size: PlannedSize | null;
  /**
   * Set if the chance of a needless roll-back is limited for each guardrail and alternative, and not for the whole
   * experiment.
   */
  readonly rollBack?: "each";
}

/** The part of a cell of the counts that a report needs. */
export type FrozenCell = Pick<Cell, "epoch" | "alternative" | "metric" | "clients" | "sum" | "squares">;

/** The counts when the planned size was first reached. They are the planned look, and are never replaced. */
export interface FrozenLook {
  readonly atMs: number;
  readonly participants: number;
  readonly cells: readonly FrozenCell[];
}

/** The plan and when it was made: written by people's acts alone. */
export interface Planning {
  /** `null` until somebody plans. */
  readonly plan: Plan | null;
  /** Participants when the plan was last changed; 0 without a plan. */
  readonly plannedAtParticipants: number;
  /** Participants of a pair for which the always-valid test is tuned. Only a plan made before the first one sets it. */
  readonly tuningSize: number;
  /**
   * KPIs that people had reached when another one of them was made to decide: whoever has seen them all may have chosen the one
   * that looked best. For the rest of the life. @default 1: the one that decides was not chosen by its data
   */
  readonly chosenAmong?: number;
}

/** Every KPI that a plan names, the primary one first. */
export function plannedKpis(plan: Plan | null): readonly PlannedKpi[] {
  return plan === null ? [] : [plan.primary, ...plan.secondary, ...plan.guardrails];
}

export function isPlanned({ planning }: { readonly planning: Planning }, name: string | null): boolean {
  return plannedKpis(planning.plan).some(({ kpi }) => kpi === name);
}

/** What an experiment starts with. */
export const UNPLANNED: Planning = { plan: null, plannedAtParticipants: 0, tuningSize: TUNING_SIZE_DEFAULT };

/**
 * A plan must be at least this many times the participants who were there when it was made, or there is no final look:
 * whoever has seen much of the data could choose the size at which it looks best. See docs/decisions/0015.
 */
const LATE_PLAN_FACTOR = 10;

/** Error level of the planned look: what the hybrid rule leaves over from looking at any time. */
export const FINAL_ALPHA = SETTINGS_DEFAULT.alpha - SETTINGS_DEFAULT.alphaContinuous;

/**
 * @param participants who are there already; a plan made before the first one tunes the always-valid test
 * @param shares of new clients per alternative, on any scale, 0 for retired ones
 */
export function planned(
  before: Planning,
  plan: Plan | null,
  participants: number,
  shares: readonly number[],
): Planning {
  return {
    ...before,
    plan,
    plannedAtParticipants: plan === null ? 0 : participants,
    tuningSize: participants === 0 ? tuningSizeOf(plan, shares) : before.tuningSize,
  };
}

/** Whether the plan's one look at its size is made at all. */
export function hasFinalLook({ plan, plannedAtParticipants }: Planning): boolean {
  const size = plan?.size ?? null;
  return size !== null && plannedAtParticipants * LATE_PLAN_FACTOR <= size.participants;
}

/** Participants of all alternatives together that the baseline, uplift and power ask for. */
export function participantsNeeded(
  terms: PlannedTerms,
  better: PlannedKpi["better"],
  shares: readonly number[],
): number {
  const { minimumUplift, power } = terms;
  const relativeMde = better === "higher" ? minimumUplift : -minimumUplift;
  return planSize({ baseline: baselineOf(terms), relativeMde, alpha: FINAL_ALPHA, power }, shares).participants;
}

export function baselineOf(planned: PlannedBaseline): Baseline {
  if ("baselineRate" in planned) return { rate: planned.baselineRate };
  return { mean: planned.baselineMean, deviation: planned.baselineDeviation };
}

/** The control and the smallest alternative: the pair that is compared with the least data. */
function tuningSizeOf(plan: Plan | null, shares: readonly number[]): number {
  const size = plan?.size ?? null;
  if (size === null) return TUNING_SIZE_DEFAULT;
  const total = shares.reduce((sum, share) => sum + share, 0);
  const [control = 0, ...others] = shares;
  const smallest = Math.min(...others.filter((share) => share > 0));
  return Math.max(1, Math.round((size.participants * (control + smallest)) / total));
}
