/**
 * The file that carries experiments from one store to another: one JSON value a line. docs/migration.md tells the same
 * to people.
 *
 * | line         | how often                 | what                                                                 |
 * |--------------|---------------------------|----------------------------------------------------------------------|
 * | `header`     | first                     | `format`, when it was made and by which version                      |
 * | `experiment` | per experiment            | the definition as the store keeps it                                 |
 * | `record`     | per client of it          | client key in hex, its id where kept, alternative, epoch, day, segments, covariate, conversions per KPI |
 * | `link`       | per id of it that stands for another | both client keys in hex, its id where kept, and a conflict |
 * | `tally`      | per cell                  | clients, events, sum, squares of a subset, and what the doubles leave out of the sums; `unrecorded` where no records count it |
 * | `activity`   | per entry, oldest first   | as in the activity log                                               |
 * | `end`        | last of the experiment    | number of records, digest of the tallies                             |
 * | `footer`     | last                      | number of experiments: a file without it was cut off; names of those that it lacks, or some clients of, because they can't be read |
 *
 * Alternatives are positions in the definition, `null` for an excluded client. KPIs are numbers: 0 is the default one,
 * 1 the first of the definition's `kpis`.
 */
import { type Assignment, assigned, EXCLUDED } from "../../../domain/assignment.ts";
import { clientOfHex, hexOf } from "../../../domain/digest.ts";
import { type Epoch, NOTHING_NOTICED, type Noticed } from "../../../domain/experiment.ts";
import { type Exposure, exposureIn } from "../../../domain/exposure.ts";
import type { ClientId } from "../../../domain/names.ts";
import { dayText, parseDay } from "../../../domain/period.ts";
import { type Planning, UNPLANNED } from "../../../domain/plan.ts";
import { asTally, cappedMetric, isCapped, kpiOfMetric, PARTICIPATION, type Tally } from "../../../domain/tally.ts";
import { exactSum, type Rest } from "../../../lib/exact-sum.ts";
import type { Activity } from "../../../store/activity.ts";
import {
  type ClientLink,
  type ClientRecord,
  type ForeignExperiment,
  isClientLink,
  type StoredClient,
} from "../../../store/transfer.ts";
import { type SubsetFields, subsetFields, subsetOf } from "./subset-fields.ts";

/** Counts up when an older server would misread the file. Files of every format so far are read. */
export const FORMAT = 5;

/** From this one on files have the tallies of every kind of subset; those of older files are counted from records. */
export const SUBSETS_SINCE_FORMAT = 5;

interface AssignmentFields {
  readonly alternative: number | null;
  /** There for clients that a bandit drew to explore. */
  readonly explore?: true;
}

export interface ExperimentLine {
  readonly kind: "experiment";
  readonly definition: ForeignExperiment | DefinitionOfFormat2 | DefinitionOfFormat1;
}

/** The policy's settings stand beside its name. */
type DefinitionOfFormat2 = Omit<ForeignExperiment, "epochs"> & { readonly epochs: readonly EpochOfFormat2[] };
type EpochOfFormat2 = Omit<Epoch, "policy"> & {
  readonly policy: "uniform" | "weighted" | "thompson";
  readonly goal: "earn" | "learn" | null;
  readonly floor: number;
};

/** As 0.1.0 wrote it: what the server noticed stands beside the plan, and there may be no plan yet. */
type DefinitionOfFormat1 = Omit<DefinitionOfFormat2, "planning" | "noticed"> & {
  readonly planning?: Planning & Pick<Noticed, "finalLook"> & { readonly sampleRatioLatchedAtMs: number | null };
  /** Of an experiment that was spread over several servers; says nothing of its clients. */
  readonly shards?: number;
};

const UNPLANNED_OF_FORMAT_1 = { ...UNPLANNED, finalLook: null, sampleRatioLatchedAtMs: null };

export function definitionOf({ definition }: ExperimentLine): ForeignExperiment {
  const { epochs, noticed, ...rest } = "noticed" in definition ? definition : noticedApart(definition);
  // Files of the same format lack what is noticed since.
  return {
    ...rest,
    noticed: { ...NOTHING_NOTICED, ...noticed },
    epochs: epochs.map((epoch) => (isOfFormat2(epoch) ? policyTogether(epoch) : epoch)),
  };
}

function isOfFormat2(epoch: Epoch | EpochOfFormat2): epoch is EpochOfFormat2 {
  return typeof epoch.policy === "string";
}

function policyTogether({ policy: kind, goal, floor, ...epoch }: EpochOfFormat2): Epoch {
  return { ...epoch, policy: kind === "thompson" ? { kind, goal: goal ?? "earn", floor } : { kind } };
}

function noticedApart(definition: DefinitionOfFormat1): DefinitionOfFormat2 {
  const { shards: _, planning: before, ...rest } = definition;
  const { finalLook, sampleRatioLatchedAtMs, ...planning } = before ?? UNPLANNED_OF_FORMAT_1;
  return {
    ...rest,
    planning,
    noticed: { ...NOTHING_NOTICED, finalLook, sampleRatioMismatchAtMs: sampleRatioLatchedAtMs },
  };
}

export type RecordLine = AssignmentFields &
  Exposure & {
    readonly kind: "record";
    /** 16 hexadecimal digits. */
    readonly client: string;
    /** As it was sent in requests; there where ids were kept. */
    readonly id?: string;
    readonly epoch: number;
    readonly day: string;
    readonly conversions?: readonly { kpi: number; day: string; events: number; total: number }[];
  };

/** An id that stands for another one: see `ClientLink` in the store. */
export interface LinkLine {
  readonly kind: "link";
  /** 16 hexadecimal digits, as `to`. */
  readonly client: string;
  readonly to: string;
  readonly id?: string;
  readonly conflict?: {
    readonly kept: AssignmentFields;
    readonly takenOut: AssignmentFields & { readonly epoch: number; readonly day: string };
  };
}

/** A day, or one of the fields beside it. */
type TallyLine = AssignmentFields &
  SubsetFields & {
    readonly kind: "tally";
    readonly epoch: number;
    /** Number of a KPI, or `null` for participation. */
    readonly kpi: number | null;
    readonly clients: number;
    readonly events: number;
    readonly sum: number;
    /** What the doubles leave out of the sums (`lib/exact-sum.ts`); missing where that is nothing. */
    readonly sumRest?: Rest;
    readonly squares: number;
    readonly squaresRest?: Rest;
    /** By totals with a cap: see `cappedMetric`. */
    readonly capped?: true;
    readonly unrecorded?: true;
  };

export type Line =
  | { readonly kind: "header"; readonly format: number; readonly exportedAt: string; readonly version: string }
  | ExperimentLine
  | RecordLine
  | LinkLine
  | TallyLine
  | { readonly kind: "activity"; readonly entry: Omit<Activity, "experiment"> }
  /** `digest`: see `tallyDigest`; `null` where clients took part during the export and the tallies of records are to be counted. */
  | { readonly kind: "end"; readonly records: number; readonly digest: string | null }
  | { readonly kind: "footer"; readonly experiments: number; readonly incomplete?: readonly string[] };

export function clientLine(stored: StoredClient): RecordLine | LinkLine {
  return isClientLink(stored) ? linkLine(stored) : recordLine(stored);
}

function recordLine({ assignment, day, conversions, client, id, ...joined }: ClientRecord): RecordLine {
  const { epoch } = joined;
  const reached = conversions.map(({ day: on, ...rest }) => ({ ...rest, day: dayText(on) }));
  return {
    kind: "record",
    client: hexOf(client),
    ...(id === undefined ? {} : { id }),
    ...assignmentFields(assignment),
    epoch,
    day: dayText(day),
    ...exposureIn(joined),
    ...(reached.length === 0 ? {} : { conversions: reached }),
  };
}

function linkLine({ client, to, id, conflict }: ClientLink): LinkLine {
  return {
    kind: "link",
    client: hexOf(client),
    to: hexOf(to),
    ...(id === undefined ? {} : { id }),
    ...(conflict === undefined ? {} : { conflict: conflictFields(conflict) }),
  };
}

function conflictFields({ kept, takenOut }: NonNullable<ClientLink["conflict"]>): NonNullable<LinkLine["conflict"]> {
  const { assignment, epoch, day } = takenOut;
  return { kept: assignmentFields(kept), takenOut: { ...assignmentFields(assignment), epoch, day: dayText(day) } };
}

export function recordOf(line: RecordLine): ClientRecord {
  const { client, epoch, day, conversions = [], id, covariate } = line;
  return {
    client: clientOfHex(client),
    assignment: assignmentIn(line),
    epoch,
    day: parseDay(day),
    conversions: conversions.map(({ day: on, ...rest }) => ({ ...rest, day: parseDay(on) })),
    ...exposureIn(line),
    ...(covariate === undefined ? {} : { covariate: Math.fround(covariate) }),
    ...(id === undefined ? {} : { id: id as ClientId }),
  };
}

export function linkOf({ client, to, id, conflict }: LinkLine): ClientLink {
  return {
    client: clientOfHex(client),
    to: clientOfHex(to),
    ...(conflict === undefined ? {} : { conflict: conflictIn(conflict) }),
    ...(id === undefined ? {} : { id: id as ClientId }),
  };
}

function conflictIn({ kept, takenOut }: NonNullable<LinkLine["conflict"]>): NonNullable<ClientLink["conflict"]> {
  const { epoch, day } = takenOut;
  return {
    kept: assignmentIn(kept),
    takenOut: { assignment: assignmentIn(takenOut), epoch, day: parseDay(day) },
  };
}

export function tallyLine({ epoch, assignment, metric, subset, ...sums }: Tally, unrecorded: boolean): TallyLine {
  return {
    kind: "tally",
    epoch,
    ...assignmentFields(assignment),
    kpi: metric === PARTICIPATION ? null : kpiOfMetric(metric),
    ...(isCapped(metric) ? { capped: true as const } : {}),
    ...subsetFields(subset),
    ...sums,
    ...(unrecorded ? { unrecorded: true as const } : {}),
  };
}

export function tallyOf(line: TallyLine): Tally {
  const { epoch, kpi, capped, clients, events } = line;
  const { nearest: sum, rest: sumRest } = exactSum(line.sum, undefined, 0, line.sumRest);
  const { nearest: squares, rest: squaresRest } = exactSum(line.squares, undefined, 0, line.squaresRest);
  const assignment = assignmentIn(line);
  const metric = kpi === null ? PARTICIPATION : capped === true ? cappedMetric(kpi) : kpi;
  const subset = subsetOf(line);
  return asTally({ epoch, assignment }, { metric, subset, clients, events, sum, sumRest, squares, squaresRest });
}

function assignmentFields(assignment: Assignment): AssignmentFields {
  if (assignment.kind === "excluded") return { alternative: null };
  return { alternative: assignment.index, ...(assignment.explore ? { explore: true as const } : {}) };
}

function assignmentIn({ alternative, explore }: AssignmentFields): Assignment {
  return alternative === null ? EXCLUDED : assigned(alternative, explore === true);
}
