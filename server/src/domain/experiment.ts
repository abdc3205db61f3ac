/**
 * The definition of an experiment, and the pure changes it can go through. Each change returns the next
 * definition; the store writes it if nobody was faster, and counts `version` up.
 */
import type { About } from "./about.ts";
import type { Conclusion } from "./conclusion.ts";
import type { Decided } from "./decided.ts";
import { SixpackError } from "./errors.ts";
import type { Fact } from "./fact.ts";
import type { KpiDefinition } from "./kpi-definition.ts";
import { type AlternativeName, type ExperimentName, type KpiName, quote } from "./names.ts";
import type { FrozenLook, Planning } from "./plan.ts";
import type { Policy } from "./policy/policies.ts";
import type { Schedule } from "./schedule.ts";
import type { Dimension } from "./segments.ts";

export interface Alternative {
  readonly name: AlternativeName;
  /** First epoch in which it takes clients. */
  readonly addedInEpoch: number;
  /** Epoch from which it takes no new clients; `null` while it takes part. */
  readonly retiredInEpoch: number | null;
}

/** The part of a layer that an experiment takes clients from; see `layer.ts`. */
export interface LayerSlice {
  readonly layer: string;
  /** First place that belongs to it, in [0, 1). */
  readonly from: number;
  /** First place behind it, in (from, 1]. */
  readonly to: number;
}

/** A stretch of time in which alternatives, weights, slice and traffic fraction did not change. */
export interface Epoch {
  /** Milliseconds since 1970, UTC. */
  readonly startedAtMs: number;
  /** Why it began, in words for the page: "created", "traffic 50 % → 80 %", … */
  readonly reason: string;
  readonly policy: Policy;
  /** Share of clients taken in, in (0, 1]; of those in the slice where there is one. */
  readonly trafficFraction: number;
  /** The part of a layer that clients are taken from; missing for everybody. */
  readonly slice?: LayerSlice;
  /** Per alternative in stored order, sums to 1, 0 for retired ones; `null` means all alike, by the modulo rule. */
  readonly weights: readonly number[] | null;
}

/** Facts that the server writes down by itself; see `noticed.ts`. */
export interface Noticed {
  /** `null` before the planned look. */
  readonly finalLook: FrozenLook | null;
  /** When the sample ratio alarm went off, in milliseconds since 1970; it stays on. `null` while it never did. */
  readonly sampleRatioMismatchAtMs: number | null;
  /** The KPI that decides without a plan, once it had enough conversions; from then on only a plan names another. */
  readonly decidingKpi: { readonly name: KpiName | null; readonly atMs: number } | null;
  /** What was concluded about alternatives, oldest first. A conclusion once reached stays. */
  readonly conclusions: readonly Conclusion[];
  /** Facts that were told or are to be told, oldest first; missing for none. */
  readonly facts?: readonly Fact[];
}

export const NOTHING_NOTICED: Noticed = {
  finalLook: null,
  sampleRatioMismatchAtMs: null,
  decidingKpi: null,
  conclusions: [],
};

export interface Experiment {
  readonly name: ExperimentName;
  /** Number of this life of the experiment, unique in the store; a reset or delete ends it, records and tallies with it. */
  readonly life: number;
  /** Counts up by one with each change; what `decide` proposed on an older one is stale. */
  readonly version: number;
  /** The first one is the control. Positions never change during a life. */
  readonly alternatives: readonly Alternative[];
  readonly paused: boolean;
  readonly archived: boolean;
  /** When it was last archived, in milliseconds since 1970; missing where it is not, or nobody kept it. */
  readonly archivedAtMs?: number;
  /** Set while the experiment sends nothing to webhooks. */
  readonly muted?: true;
  /**
   * Set while the intake is closed: since when, in milliseconds since 1970. Participants go on; everybody else gets the
   * control.
   */
  readonly intakeClosedAtMs?: number;
  readonly winner: AlternativeName | null;
  /** What the data said when a person last set a winner, in force or taken back; missing where there was none. See `decisionOf`. */
  readonly decided?: Decided;
  /** The same of the winner that this one took the place of at once: undoing that finds it here. */
  readonly decidedBefore?: Decided;
  readonly description: string | null;
  /** The default KPI, then the named ones as they came; positions never change, so a dropped one keeps its own. */
  readonly kpis: readonly KpiDefinition[];
  /** Never empty; the last one is in force. */
  readonly epochs: readonly Epoch[];
  readonly createdAtMs: number;
  readonly planning: Planning;
  readonly noticed: Noticed;
  /** What it is to do by itself; missing for nothing. */
  readonly schedule?: Schedule;
  /** What people say of it beside the description; missing for nothing. */
  readonly about?: About;
  /** Set while this definition is managed by a file in a repository. */
  readonly managedBy?: "repo";
  /** Set once the client records were freed. Only tallies are left, so it can't take clients again. */
  readonly compacted?: true;
  /** How many clients were forgotten in this life; missing for none. Tells caches of assignments to begin anew. */
  readonly forgets?: number;
  /** Set while a person decides the traffic fraction: `traffic_fraction` in calls changes nothing then. */
  readonly trafficHeld?: true;
  /** By what participants are told apart; positions never change. Missing for nothing. */
  readonly dimensions?: readonly Dimension[];
}

/** Longest description, in UTF-16 code units. */
export const DESCRIPTION_LENGTH_MAX = 10_000;

/** The epoch in force. */
export function currentEpoch(experiment: Experiment): Epoch {
  const epoch = experiment.epochs.at(-1);
  if (epoch === undefined) throw new SixpackError("internal", `Expected ${experiment.name} to have an epoch, got none`);
  return epoch;
}

/** Number of the epoch in force, from 0. */
export function currentEpochNumber(experiment: Experiment): number {
  return experiment.epochs.length - 1;
}

export function control(experiment: Experiment): AlternativeName {
  return alternativeName(experiment, 0);
}

/** @throws SixpackError experiment-unreadable: a record or tally names an alternative that there never was */
export function alternativeName(experiment: Experiment, index: number): AlternativeName {
  const alternative = experiment.alternatives[index];
  if (alternative !== undefined) return alternative.name;
  throw new SixpackError("experiment-unreadable", `Expected an alternative of ${experiment.name}, got number ${index}`);
}

/** Position of an alternative by name, or -1. */
export function alternativeIndex(experiment: Experiment, name: string): number {
  return experiment.alternatives.findIndex((alternative) => alternative.name === name);
}

export function withPaused(experiment: Experiment, paused: boolean): Experiment {
  return { ...experiment, paused };
}

/** With the intake closed since that moment; `null` opens it. */
export function withIntake({ intakeClosedAtMs: _, ...experiment }: Experiment, closedAtMs: number | null): Experiment {
  return closedAtMs === null ? experiment : { ...experiment, intakeClosedAtMs: closedAtMs };
}

export function isIntakeClosed({ intakeClosedAtMs }: Pick<Experiment, "intakeClosedAtMs">): boolean {
  return intakeClosedAtMs !== undefined;
}

/**
 * @param atMs when it is archived; left out nobody knows
 * @throws SixpackError experiment-compacted: its clients' alternatives are gone, so they would be given new ones
 */
export function withArchived(
  { archivedAtMs: _, ...experiment }: Experiment,
  archived: boolean,
  atMs?: number,
): Experiment {
  if (!archived && experiment.compacted === true) {
    throw new SixpackError(
      "experiment-compacted",
      `Expected an experiment with its client records, got ${experiment.name}, whose records were freed. Reset it to test anew.`,
    );
  }
  return { ...experiment, archived, ...(archived && atMs !== undefined ? { archivedAtMs: atMs } : {}) };
}

export function withMuted({ muted: _, ...experiment }: Experiment, muted: boolean): Experiment {
  return muted ? { ...experiment, muted: true } : experiment;
}

/** The definition of a life without client records. @throws SixpackError experiment-not-archived */
export function withCompacted(experiment: Experiment): Experiment {
  if (!experiment.archived) {
    throw new SixpackError(
      "experiment-not-archived",
      `Expected an archived experiment, got ${experiment.name}, which is not. Archive it first.`,
    );
  }
  return { ...experiment, compacted: true };
}

/** The definition after one more client was forgotten. */
export function withForgotten(experiment: Experiment): Experiment {
  return { ...experiment, forgets: (experiment.forgets ?? 0) + 1 };
}

/**
 * Position of an alternative that takes part.
 * @throws SixpackError unknown-alternative, alternative-retired
 */
export function activeIndex(experiment: Experiment, name: string): number {
  const index = alternativeIndex(experiment, name);
  const alternative = experiment.alternatives[index];
  if (alternative === undefined) {
    const names = experiment.alternatives.map((one) => one.name).join(", ");
    throw new SixpackError("unknown-alternative", `Expected one of ${names}, got ${quote(name)}`);
  }
  if (alternative.retiredInEpoch === null) return index;
  throw new SixpackError(
    "alternative-retired",
    `Expected an alternative that takes part, got ${quote(name)}, retired already`,
  );
}

/**
 * Keeps the record of why there is this winner, if there is one, and beside it that of the winner before: an undo finds its
 * own again.
 * @throws SixpackError unknown-alternative, alternative-retired
 */
export function withWinner(before: Experiment, name: string | null): Experiment {
  if (name === null) return { ...before, winner: null };
  const winner = alternativeName(before, activeIndex(before, name));
  const { decided, decidedBefore, ...rest } = before;
  const own = [decided, decidedBefore].find((record) => record?.winner === winner);
  const last = decisionOf(before);
  return {
    ...rest,
    winner,
    ...(own === undefined ? {} : { decided: own }),
    ...(last === undefined ? {} : { decidedBefore: last }),
  };
}

/** The record of why there is this winner. */
export function withDecided(experiment: Experiment, record: Omit<Decided, "winner">): Experiment {
  const { winner } = experiment;
  return winner === null ? experiment : { ...experiment, decided: { winner, ...record } };
}

/** What the data said when the present winner was set; `undefined` without a winner, and where nothing was recorded. */
export function decisionOf({ winner, decided }: Pick<Experiment, "winner" | "decided">): Decided | undefined {
  return decided?.winner === winner ? decided : undefined;
}

/** What is said of an experiment: what its data say, and once a winner is set what they said then. Later data compare nothing. */
export function saidOf(
  experiment: Pick<Experiment, "winner" | "decided">,
  now: Decided["verdict"],
): Decided["verdict"] {
  return decisionOf(experiment)?.verdict ?? now;
}

/** An empty description is none. @throws SixpackError invalid-description */
export function withDescription(experiment: Experiment, description: string): Experiment {
  if (description.length > DESCRIPTION_LENGTH_MAX) {
    throw new SixpackError(
      "invalid-description",
      `Expected at most ${DESCRIPTION_LENGTH_MAX} characters, got ${description.length}`,
    );
  }
  return { ...experiment, description: description === "" ? null : description };
}

/** Shares of new clients per alternative as they are now, on some scale; 0 for retired ones. */
export function currentShares(experiment: Experiment): readonly number[] {
  const { weights } = currentEpoch(experiment);
  return experiment.alternatives.map((one, index) => (one.retiredInEpoch === null ? (weights?.[index] ?? 1) : 0));
}

/** Whether somebody new may take part: it is active, its intake is open, and there is no winner that all get. */
export function takesNewClients(experiment: Experiment): boolean {
  return stateOf(experiment) === "active" && experiment.winner === null && !isIntakeClosed(experiment);
}

/** Paused and archived are independent; an archived experiment counts as archived whether it is paused or not. */
export type ExperimentState = "active" | "paused" | "archived";

export function stateOf({ archived, paused }: Experiment): ExperimentState {
  if (archived) return "archived";
  return paused ? "paused" : "active";
}
