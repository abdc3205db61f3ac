/**
 * The dashboard's JSON of Sixpack 2.7: every field as 2.7 wrote it, even `'N/A'` among numbers, and new fields under
 * names that 2.7 did not have.
 */
import {
  currentEpoch,
  currentEpochNumber,
  type Experiment,
  type ExperimentState,
  isIntakeClosed,
  stateOf,
} from "../../domain/experiment.ts";
import { namedKpis } from "../../domain/experiment-kpis.ts";
import type { Cap } from "../../domain/kpi-definition.ts";
import type { KpiName } from "../../domain/names.ts";
import type { Period } from "../../domain/period.ts";
import { policyFields } from "../../domain/policy/policies.ts";
import { type DoneStep, type PlainTerms, plainTerms } from "../../domain/schedule.ts";
import { type SixpackFigures, sixpackCompat, sixpackCompatControl } from "../../stats/compat.ts";
import type { ArmCounts, KpiCounts } from "./kpi-counts.ts";
import type { KpiView } from "./kpi-view.ts";

interface CompatDatum {
  readonly date: string;
  readonly participants: number;
  readonly conversions: number;
}

interface CompatAlternative {
  readonly name: string;
  readonly data: readonly CompatDatum[];
  /** Percent, 2 decimals. */
  readonly conversion_rate: number;
  readonly is_control: boolean;
  /** `null` while there is no winner. */
  readonly is_winner: boolean | null;
  readonly test_statistic: SixpackFigures["test_statistic"];
  readonly participant_count: number;
  readonly completed_count: number;
  readonly confidence_level: string;
  /** Half width of the 80 % interval, in percentage points. */
  readonly confidence_interval: number;
  /** New: conversion events with the repeated ones, and the sum of their values. */
  readonly events: number;
  readonly value_sum: number;
}

/** What 2.7 kept in the hash of the experiment, and did not find under a KPI. */
interface CompatDefinition {
  readonly created_at: string | null;
  readonly traffic_fraction: number;
  readonly description: string | null;
  readonly has_winner: boolean;
  readonly winner: string;
  readonly is_archived: boolean;
  readonly is_paused: boolean;
}

export interface CompatExperiment extends CompatDefinition {
  /** New: why `test_statistic` and `confidence_level` have no value; `null` if they have one. */
  readonly labels_hidden: string | null;
  readonly name: string;
  readonly period: Period;
  readonly alternatives: readonly CompatAlternative[];
  readonly excluded_clients: number;
  readonly total_participants: number;
  readonly total_conversions: number;
  readonly kpis: readonly KpiName[];
  readonly kpi: KpiName | null;
  /** New: the KPI that the verdict rests on; `null` is the default KPI. */
  readonly deciding: { readonly kpi: KpiName | null; readonly conversions: number };
  /** New: the definition as it is, whatever the KPI. */
  readonly definition: {
    readonly state: ExperimentState;
    readonly version: number;
    /** ISO 8601, UTC. */
    readonly created_at: string;
    readonly description: string | null;
    readonly winner: string | null;
    readonly paused: boolean;
    readonly archived: boolean;
    /** `closed` while nobody new is taken in. */
    readonly intake: "open" | "closed";
    /** As the act takes it, with the steps that were taken; `null` without any. */
    readonly schedule:
      | (PlainTerms & { readonly done: readonly { readonly step: string; readonly at: string }[] })
      | null;
    /** Webhooks hear nothing of it. */
    readonly muted: boolean;
    readonly policy: string;
    /** Of a bandit; `null` under other policies. */
    readonly goal: string | null;
    readonly traffic_fraction: number;
    readonly about: Experiment["about"] | null;
    readonly managed_by: "repo" | null;
    /** The part of a layer that clients are taken from. */
    readonly layer: { readonly name: string; readonly slice: readonly number[] } | null;
    readonly traffic_held: boolean;
    readonly weights: readonly number[] | null;
    /** Number of the epoch in force, from 0. */
    readonly epoch: number;
    readonly alternatives: readonly {
      readonly name: string;
      readonly added_in_epoch: number;
      readonly retired_in_epoch: number | null;
    }[];
    readonly kpi_settings: readonly {
      readonly name: string | null;
      readonly label: string | null;
      readonly counts: string | null;
      readonly better: string;
      readonly cap: { readonly amount: number | null; readonly p99: boolean; readonly late: boolean } | null;
      readonly window_days: number | null;
      readonly dropped: boolean;
    }[];
  };
}

/** The body of `/experiments/<name>.json`. */
export function compatExperiment({ experiment, kpi, period, counts }: KpiView): CompatExperiment {
  // 2.7 looked up the definition under the name of the KPI, where nothing is, and so answered as if it were new.
  // Readers of its JSON may rely on it; the truth stands beside it in `definition`.
  const definition = kpi.name === null ? compatDefinition(experiment) : UNDER_KPI;
  return {
    name: experiment.name,
    period,
    ...definition,
    alternatives: compatAlternatives(experiment, counts, definition),
    excluded_clients: counts.excluded,
    total_participants: counts.total.participants,
    total_conversions: counts.total.conversions,
    kpis: namedKpis(experiment).toSorted(),
    kpi: kpi.name,
    deciding: counts.deciding,
    labels_hidden: counts.hidden,
    definition: plainDefinition(experiment),
  };
}

const UNDER_KPI: CompatDefinition = {
  created_at: null,
  traffic_fraction: 1,
  description: null,
  has_winner: false,
  winner: "",
  is_archived: false,
  is_paused: false,
};

function compatDefinition(experiment: Experiment): CompatDefinition {
  return {
    created_at: createdAtText(experiment.createdAtMs),
    traffic_fraction: currentEpoch(experiment).trafficFraction,
    description: experiment.description,
    has_winner: experiment.winner !== null,
    winner: experiment.winner ?? "",
    is_archived: experiment.archived,
    is_paused: experiment.paused,
  };
}

/** `YYYY-MM-DD HH:MM` in UTC, as 2.7 wrote it. */
export function createdAtText(createdAtMs: number): string {
  return new Date(createdAtMs).toISOString().slice(0, 16).replace("T", " ");
}

function compatAlternatives(
  experiment: Experiment,
  { arms, periods, hidden }: KpiCounts,
  definition: CompatDefinition,
): readonly CompatAlternative[] {
  const [control] = arms;
  if (control === undefined) return [];
  return arms.map((arm, index) => {
    const name = experiment.alternatives[index]?.name ?? "";
    const data = periods.map(({ label, arms: row }) => {
      const { participants, conversions } = row[index] ?? { participants: 0, conversions: 0 };
      return { date: label, participants, conversions };
    });
    const isWinner = definition.has_winner ? definition.winner === name : null;
    // Where shares changed the labels claim what is not there; "N/A" is 2.7's own word for no statement.
    const pair = [control, arm, index === 0] as const;
    return { name, data, is_winner: isWinner, ...compatFigures(...pair), ...(hidden === null ? {} : NO_LABEL) };
  });
}

const NO_LABEL = { test_statistic: "N/A", confidence_level: "N/A" } as const;

function compatFigures(
  control: ArmCounts,
  arm: KpiCounts["arms"][number],
  isControl: boolean,
): Omit<CompatAlternative, "name" | "data" | "is_winner"> {
  const figures = isControl ? sixpackCompatControl(pairOf(arm)) : sixpackCompat(pairOf(control), pairOf(arm));
  return {
    is_control: isControl,
    participant_count: arm.participants,
    completed_count: arm.conversions,
    conversion_rate: figures.conversion_rate,
    confidence_interval: figures.confidence_interval,
    test_statistic: figures.test_statistic,
    confidence_level: figures.confidence_level,
    events: arm.events,
    value_sum: arm.sum,
  };
}

function pairOf({ participants, conversions }: ArmCounts): { readonly n: number; readonly x: number } {
  return { n: participants, x: conversions };
}

/** The part of a layer that clients are taken from, as calls and files name it. */
export function layerJson(experiment: Experiment): CompatExperiment["definition"]["layer"] {
  const { slice } = currentEpoch(experiment);
  return slice === undefined ? null : { name: slice.layer, slice: [slice.from, slice.to] };
}

export function plainDefinition(experiment: Experiment): CompatExperiment["definition"] {
  const { schedule } = experiment;
  const epoch = currentEpoch(experiment);
  const { policy, goal } = policyFields(epoch.policy);
  return {
    state: stateOf(experiment),
    version: experiment.version,
    created_at: new Date(experiment.createdAtMs).toISOString(),
    description: experiment.description,
    winner: experiment.winner,
    paused: experiment.paused,
    archived: experiment.archived,
    intake: isIntakeClosed(experiment) ? "closed" : "open",
    schedule: schedule === undefined ? null : { ...plainTerms(schedule), done: schedule.done.map(doneOf) },
    muted: experiment.muted === true,
    policy,
    goal,
    traffic_fraction: epoch.trafficFraction,
    layer: layerJson(experiment),
    about: experiment.about ?? null,
    managed_by: experiment.managedBy ?? null,
    traffic_held: experiment.trafficHeld === true,
    weights: epoch.weights,
    epoch: currentEpochNumber(experiment),
    alternatives: experiment.alternatives.map(({ name, addedInEpoch, retiredInEpoch }) => ({
      name,
      added_in_epoch: addedInEpoch,
      retired_in_epoch: retiredInEpoch,
    })),
    kpi_settings: experiment.kpis.map(({ cap, windowDays, ...kpi }) => {
      const { name, label = null, counts = null, better = "higher", dropped = false } = kpi;
      return { name, label, counts, better, cap: capJson(cap), window_days: windowDays ?? null, dropped };
    }),
  };
}

function capJson(cap: Cap | undefined) {
  if (cap === undefined) return null;
  const { amount = null, p99 = false, late = false } = cap;
  return { amount, p99, late };
}

function doneOf({ step, atMs }: DoneStep): { readonly step: string; readonly at: string } {
  return { step, at: new Date(atMs).toISOString() };
}
