/** What an experiment is made of: the draft of a new one, and the draft that is left of one when it is reset. */
import type { About } from "./about.ts";
import { currentEpoch, type Experiment, type LayerSlice, NOTHING_NOTICED } from "./experiment.ts";
import { DEFAULT_KPI, isDescribed, type KpiDefinition, withoutLateness } from "./kpi-definition.ts";
import type { AlternativeName, ExperimentName } from "./names.ts";
import { type Plan, planned, UNPLANNED } from "./plan.ts";
import { evenly, type Policy, ruleOf } from "./policy/policies.ts";
import { UNIFORM } from "./policy/uniform.ts";
import { WEIGHTED } from "./policy/weighted.ts";
import { renewed, type Schedule } from "./schedule.ts";

/** What a caller knows when an experiment is made; what it leaves out has a default. */
export interface ExperimentDraft {
  readonly name: ExperimentName;
  readonly alternatives: readonly AlternativeName[];
  readonly createdAtMs: number;
  /** @default 1 */
  readonly trafficFraction?: number | undefined;
  /** Kept over a reset. @default everybody */
  readonly slice?: LayerSlice | undefined;
  /** @default null */
  readonly weights?: readonly number[] | null | undefined;
  /** @default equal shares, or weights where there are any */
  readonly policy?: Policy | undefined;
  /** Kept over a reset. */
  readonly description?: string | null;
  /** Kept over a reset, which is how a plan comes before the first participant. */
  readonly plan?: Plan | null;
  /** Kept over a reset. @default false */
  readonly trafficHeld?: boolean;
  readonly dimensions?: Experiment["dimensions"] | undefined;
  /** Kept over a reset, as far as it lies ahead. */
  readonly schedule?: Schedule | undefined;
  /** All three are kept over a reset. */
  readonly about?: About | undefined;
  readonly managedBy?: "repo" | undefined;
  readonly muted?: true | undefined;
  /** KPIs of which a person said something; kept over a reset. @default the default KPI */
  readonly kpis?: readonly KpiDefinition[];
}

/** The definition that a draft becomes when it is stored. */
export function createdExperiment(draft: ExperimentDraft, life: number, version: number): Experiment {
  const { trafficFraction = 1, weights = null, slice } = draft;
  const { policy = weights === null ? UNIFORM : WEIGHTED } = draft;
  return {
    name: draft.name,
    life,
    version,
    alternatives: draft.alternatives.map((name) => ({ name, addedInEpoch: 0, retiredInEpoch: null })),
    paused: false,
    archived: false,
    winner: null,
    description: draft.description ?? null,
    kpis: draft.kpis ?? [DEFAULT_KPI],
    epochs: [
      {
        ...{ startedAtMs: draft.createdAtMs, reason: "created", policy, trafficFraction, weights },
        ...(slice === undefined ? {} : { slice }),
      },
    ],
    createdAtMs: draft.createdAtMs,
    planning: planned(UNPLANNED, draft.plan ?? null, 0, weights ?? draft.alternatives.map(() => 1)),
    noticed: NOTHING_NOTICED,
    ...(draft.trafficHeld === true ? { trafficHeld: true as const } : {}),
    ...(draft.dimensions === undefined ? {} : { dimensions: draft.dimensions }),
    ...(draft.about === undefined ? {} : { about: draft.about }),
    ...(draft.managedBy === undefined ? {} : { managedBy: draft.managedBy }),
    ...(draft.muted === undefined ? {} : { muted: draft.muted }),
    ...(draft.schedule === undefined ? {} : { schedule: draft.schedule }),
    ...((draft.schedule?.startsAtMs ?? 0) > draft.createdAtMs ? { intakeClosedAtMs: draft.createdAtMs } : {}),
  };
}

/**
 * The draft from which a reset starts anew: same alternatives, settings, plan and description; no winner, no records,
 * no KPIs but those that a person described.
 */
export function freshDraft(experiment: Experiment, nowMs: number): ExperimentDraft {
  const { trafficFraction, slice, policy, weights } = currentEpoch(experiment);
  const { weightsByPeople } = ruleOf(policy);
  const active = experiment.alternatives.map(({ retiredInEpoch }) => retiredInEpoch === null);
  return {
    name: experiment.name,
    alternatives: experiment.alternatives.filter((_, index) => active[index]).map(({ name }) => name),
    trafficFraction,
    slice,
    // What a bandit learned belongs to the life that ends.
    weights: weightsByPeople ? (weights?.filter((_, index) => active[index]) ?? null) : null,
    policy: weightsByPeople ? policy : evenly(policy),
    createdAtMs: nowMs,
    description: experiment.description,
    plan: experiment.planning.plan,
    trafficHeld: experiment.trafficHeld === true,
    dimensions: experiment.dimensions,
    about: experiment.about,
    managedBy: experiment.managedBy,
    muted: experiment.muted,
    schedule: experiment.schedule === undefined ? undefined : renewed(experiment.schedule, nowMs),
    kpis: experiment.kpis
      .filter((kpi) => kpi.name === null || (isDescribed(kpi) && kpi.dropped !== true))
      .map(withoutLateness),
  };
}

/** The draft of an experiment that nobody has taken part in, with all that acts have set up so far. */
export function wholeDraft(experiment: Experiment): ExperimentDraft {
  const { createdAtMs, kpis, schedule } = experiment;
  return { ...freshDraft(experiment, createdAtMs), kpis, schedule };
}
