/**
 * The interface of every storage engine, in the words of the domain.
 *
 * Engines differ in where they keep things, never in what they promise. Every promise below is a test in
 * `test/store/conformance.ts`, which runs over each of them. What is not promised: that two processes see a changed
 * definition at the same moment. The process that changed it sees it at once, every other within DEFINITION_AGE_MAX_MS.
 */
import type { Storage } from "../config/storages.ts";
import type { Assignment } from "../domain/assignment.ts";
import type { ClientKey, EventKey } from "../domain/digest.ts";
import type { ExperimentDraft } from "../domain/draft.ts";
import type { Experiment } from "../domain/experiment.ts";
import type { Exposure } from "../domain/exposure.ts";
import type { ClientId } from "../domain/names.ts";
import type { Day } from "../domain/period.ts";
import type { Tally } from "../domain/tally.ts";
import { DAY_MS } from "../lib/time.ts";
import type { Activities } from "./activity.ts";
import type { LinkedClient, LinkOutcome } from "./link-plan.ts";
import type { Leases, Notes } from "./shared-work.ts";
import type { UnreadableExperiment } from "./stored-schema.ts";
import type { ClientRecord, OnUnreadable, Transfer } from "./transfer.ts";

/** Oldest that a definition from `peek.experiment` may be, in milliseconds. */
export const DEFINITION_AGE_MAX_MS = 1_000;

/** How long a reset or deleted experiment can be restored, in milliseconds: 7 days. */
export const RESTORABLE_MS = 7 * DAY_MS;

export interface Participation extends Omit<Exposure, "conflict"> {
  /** The definition on which the proposal was decided. */
  readonly experiment: Experiment;
  readonly client: ClientKey;
  readonly proposal: Assignment;
  readonly day: Day;
  /** The raw id, to be kept beside a record that is new; left out where no ids are kept. */
  readonly id?: ClientId | undefined;
}

export type ParticipationOutcome =
  /** The proposal is now the client's assignment, and its tally counts one more. */
  | { readonly kind: "recorded"; readonly assignment: Assignment }
  /** The client had an assignment already; nothing was written. */
  | {
      readonly kind: "existing";
      readonly assignment: Assignment;
      /** Found through a link, whose end may change: not to be remembered. */
      readonly byLink?: true;
    }
  /** The definition is no longer the stored one; nothing was written. Read it again and decide again. */
  | { readonly kind: "stale" };

export interface Conversion {
  readonly experiment: Experiment;
  readonly client: ClientKey;
  /** Number of the KPI in `experiment`; see `Kpi`. */
  readonly kpi: number;
  readonly day: Day;
  /** Value of this event; 0 where none was sent. */
  readonly value: number;
  /** Identity of this event, so that it counts once however often it is sent; `undefined` counts every time. */
  readonly event?:
    | { readonly key: EventKey /** Now, in milliseconds since 1970. */; readonly atMs: number }
    | undefined;
}

/** How long the id of an event is remembered at least, in milliseconds: one day. */
export const EVENT_ID_WINDOW_MS = DAY_MS;

export type ConversionOutcome =
  /** The first event of this client for this KPI. */
  | { readonly kind: "converted"; readonly assignment: Assignment }
  /** A further event: counted in `events`, `sum` and `squares`, not in `clients`. */
  | { readonly kind: "repeated"; readonly assignment: Assignment }
  /** An event with this id was recorded within EVENT_ID_WINDOW_MS; nothing was written. */
  | { readonly kind: "duplicate"; readonly assignment: Assignment }
  /** The client joined longer ago than the KPI's window; nothing was written. */
  | { readonly kind: "too-late"; readonly assignment: Assignment }
  /** The client has no assignment, or is excluded; nothing was written. */
  | { readonly kind: "not-participating" }
  /** As in `ParticipationOutcome`. */
  | { readonly kind: "stale" };

export type ChangeOutcome =
  | { readonly kind: "changed"; readonly experiment: Experiment }
  /** Somebody else was faster; `experiment` is what is stored now. */
  | { readonly kind: "conflict"; readonly experiment: Experiment }
  | { readonly kind: "missing" };

export type RemovalOutcome =
  /** The life is moved aside; `successor` is the one that began in its place. */
  | { readonly kind: "removed"; readonly successor: Experiment | undefined }
  /** That life is stored with a newer definition; nothing was written. Read it again and decide again. */
  | { readonly kind: "conflict" }
  /** That life is not the stored one; nothing was written. */
  | { readonly kind: "missing" };

export type ForgetOutcome =
  /**
   * Their records and shares of the tallies are gone. `experiment` is the definition now, `clients` are those under whom
   * nothing lies any more: links on the way too. If a record `wasLinked`, other ids may lead nowhere now.
   */
  | {
      readonly kind: "forgotten";
      readonly experiment: Experiment;
      readonly clients: readonly ClientKey[];
      readonly wasLinked: boolean;
    }
  /** This life has no record of any of them; nothing was written. */
  | { readonly kind: "unknown" }
  /** As in `ParticipationOutcome`. */
  | { readonly kind: "stale" };

/** Most clients that `records.forget` takes at once: a millisecond or two, for which calls wait. */
export const FORGOTTEN_MAX = 100;

/** Client records that `records.free` gave back. */
export interface Freed {
  readonly clients: number;
  /** Memory or disk, as the engine measures it; 0 where it can't tell. */
  readonly bytes: number;
}

/** A life of an experiment that was ended by a reset or delete and can still be brought back. */
export interface RemovedExperiment {
  /** The definition as it was. Its `life` names the removed life. */
  readonly experiment: Experiment;
  readonly removedAtMs: number;
  readonly how: "reset" | "deleted";
}

/** What the page's footer and `/metrics` say of an engine. */
export interface StoreStatus {
  readonly engine: Storage;
  /** One line for people. */
  readonly summary: string;
}

export interface CacheUsage {
  /** Most clients that are remembered. */
  readonly slots: number;
  /** Slots in use. The number never falls: entries of ended lives are overwritten in time. */
  readonly used: number;
}

/** What this process holds in memory: answered at once, even if the store is slow or down. */
export interface Peek {
  /**
   * The definition as this process knows it, not older than DEFINITION_AGE_MAX_MS.
   * `undefined` if this process has not read it lately: call `definitions.read` then.
   */
  experiment(name: string): Experiment | undefined;

  /**
   * A client's assignment if this process remembers it; after `undefined` ask `records.read`. An assignment doesn't change
   * during a life, but for an id that is linked to another one.
   */
  assignment(experiment: Experiment, client: ClientKey): Assignment | undefined;

  /** How full the memory behind `assignment` is, in clients. Zeros where there is none. */
  cacheUsage(): CacheUsage;
}

export interface CreateOutcome {
  /** Who made it is told so, and nobody else: drafts of the same millisecond are not told apart by what is stored. */
  readonly kind: "made" | "taken";
  readonly experiment: Experiment;
}

/** Definitions of live experiments. */
export interface Definitions {
  /** The stored definition, read now. @throws SixpackError experiment-unreadable: it makes no sense */
  read(name: string): Promise<Experiment | undefined>;

  /** Every live experiment that can be read, in no particular order. */
  list(): Promise<readonly Experiment[]>;

  /** Experiments whose stored definition makes no sense. Their names stay taken, and what is stored stays as it is. */
  listUnreadable(): Promise<readonly UnreadableExperiment[]>;

  /** Stores a draft unless the name is taken: first writer wins, and everybody gets what is stored. Atomic. */
  create(draft: ExperimentDraft): Promise<CreateOutcome>;

  /**
   * Writes `next` if the stored definition still has `next.version` and `next.life`, and counts the version up.
   * One atomic step. Name, life and creation date can't be changed by it.
   */
  change(next: Experiment): Promise<ChangeOutcome>;
}

/** Ending lives, and bringing them back. */
export interface Lives {
  /**
   * Ends this life of the experiment and moves it aside, records and tallies with it, if the stored definition still
   * has its `version` and `life`: a successor is made of what was read, and must not undo a change that came
   * after. With a successor (a reset) the draft starts a new life under the same name. All of it is one atomic step.
   */
  remove(experiment: Experiment, removedAtMs: number, successor: ExperimentDraft | undefined): Promise<RemovalOutcome>;

  listRemoved(): Promise<readonly RemovedExperiment[]>;

  /**
   * Brings a removed life back under its name, with all its records and tallies, in one atomic step. A life that is
   * stored under the name by then is moved aside in its turn. `undefined` when there is nothing to bring back.
   */
  restore(name: string, life: number, nowMs: number): Promise<Experiment | undefined>;

  /** Frees what was removed at or before that moment, touching only keys of those lives. Returns how many lives went. */
  sweep(removedUntilMs: number): Promise<number>;
}

/** Client records. Each is written together with its tally in one atomic step, so that the two always agree. */
export interface Records {
  /** The stored assignment, read now; `undefined` when the client has none. Writes nothing. */
  read(experiment: Experiment, client: ClientKey): Promise<Assignment | undefined>;

  /** All that is kept of a client in this life but its raw id, read now. Writes nothing. */
  find(experiment: Experiment, client: ClientKey): Promise<ClientRecord | undefined>;

  /**
   * Records the proposal unless the client has an assignment, and counts it. Of any number of parallel calls for one
   * client exactly one is `recorded`. An `id` is stored in the same step, and is deleted with the record; a record that
   * exists already gets none. Resolves when the engine's durability holds (embedded: on disk).
   */
  participate(participation: Participation): Promise<ParticipationOutcome>;

  /** Records a conversion of a participant and counts it in its epoch's tally, as durable as above. */
  convert(conversion: Conversion): Promise<ConversionOutcome>;

  /**
   * Says that two ids are one person's: `link-plan.ts` has what becomes of them. One atomic step, as durable as
   * `participate`; the same whichever id comes first and however often it is said. Other processes answer the later id by
   * the first one's assignment within DEFINITION_AGE_MAX_MS.
   */
  link(experiment: Experiment, one: LinkedClient, other: LinkedClient): Promise<LinkOutcome>;

  /**
   * Removes the records of clients, at most FORGOTTEN_MAX, from a life, live or removed, and takes their shares out of the
   * tallies: one atomic step, which also counts `version` and `forgets` up, so that no process answers from memory. All of a
   * client's events are subtracted on the day of the first, as `tallies.recount` counts them: clients stay right for every
   * day, the rest in total. A cell that counts nothing any more is gone, and so are raw ids (embedded: on disk as well).
   */
  forget(experiment: Experiment, ...clients: readonly ClientKey[]): Promise<ForgetOutcome>;

  /**
   * Frees every client record, with the ids that were kept, of a life whose stored definition says `compacted`; tallies
   * stay. May be called again after it was interrupted. Nothing is freed for a life that isn't compacted, or isn't there.
   */
  free(experiment: Experiment): Promise<Freed>;
}

/** The tallies of a life. */
export interface Tallies {
  /** All tallies of this life, removed ones included, each cell once, in no particular order. Empty once it is swept. */
  read(experiment: Experiment): Promise<readonly Tally[]>;

  /**
   * Grows with every change of a tally of this life, while this process lives: read before and after, equal marks say
   * that tallies read in between are still right. Costs no more than reading one number.
   */
  mark(experiment: Experiment): Promise<number>;

  /**
   * The tallies counted anew from the client records of this life, and what came without records as it came
   * (`unrecorded` in `Transfer.readTallies`): what `read` must agree with. Records keep totals, not days, of repeated
   * events, so all events of a client and KPI count on the day of the first. A compacted life has no records to count:
   * its tallies are given back as they are. Walks over every record: for `doctor` and tests, never for a page. A record
   * that makes no sense is an error, or is left out if `onUnreadable` hears of it.
   * @throws SixpackError experiment-unreadable
   */
  recount(experiment: Experiment, onUnreadable?: OnUnreadable): Promise<readonly Tally[]>;
}

export interface Store {
  readonly peek: Peek;
  readonly definitions: Definitions;
  readonly lives: Lives;
  readonly records: Records;
  readonly tallies: Tallies;
  readonly activity: Activities;
  readonly leases: Leases;
  readonly notes: Notes;
  /** Moving whole lives from one store to another. */
  readonly transfer: Transfer;

  status(): Promise<StoreStatus>;

  /** Resolves when the store answers. @throws SixpackError store-unavailable */
  ping(): Promise<void>;

  /**
   * Tries a write that changes nothing, as durable as any other; resolves if the store takes writes. A store that
   * answers may still refuse writes: its disk or memory is full, or it has become a replica. @throws SixpackError
   * store-unavailable: what keeps it from it
   */
  probe(): Promise<void>;

  /** Waits for what is under way, then lets go of files and sockets. */
  close(): Promise<void>;
}
