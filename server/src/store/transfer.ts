/**
 * Moving whole lives of experiments from one store to another, or from a file.
 *
 * A life is loaded aside and shown only when it is complete: `stage` begins it, `loadRecords` and `loadTallies` fill it,
 * `publish` makes it the live one in one atomic step. Nobody ever sees half of it, what it replaces can be brought
 * back, and a load that was interrupted leaves nothing but a staged life, which `discard` or the next sweep frees.
 *
 *     const staged = await store.transfer.stage(definition, nowMs);
 *     for await (const records of source) await store.transfer.loadRecords(staged, records);
 *     await store.transfer.loadTallies(staged, tallies, []);
 *     await store.transfer.publish(staged, nowMs, false);
 */
import type { Assignment } from "../domain/assignment.ts";
import type { ClientKey } from "../domain/digest.ts";
import type { Experiment } from "../domain/experiment.ts";
import type { Exposure } from "../domain/exposure.ts";
import type { ClientId } from "../domain/names.ts";
import type { Day } from "../domain/period.ts";
import type { ConversionRecord, Tally } from "../domain/tally.ts";

/** A definition from elsewhere: everything but what a store numbers itself. */
export type ForeignExperiment = Omit<Experiment, "life" | "version">;

export interface KpiRecord extends ConversionRecord {
  /** Number of the KPI in its experiment, see `Kpi`. Each at most once in a client's record. */
  readonly kpi: number;
}

/** What is known of a client from its first exposure. It never changes. */
export interface Joined extends Exposure {
  readonly assignment: Assignment;
  readonly epoch: number;
  readonly day: Day;
  /** How many links at most lead to it one after another; missing where none do. */
  readonly linkDepth?: number | undefined;
}

/** All that a store knows of a client in one life of an experiment. */
export interface ClientRecord extends Joined {
  readonly client: ClientKey;
  /** None for an excluded client. */
  readonly conversions: readonly KpiRecord[];
  /** The raw id, where it was kept; see `Participation`. */
  readonly id?: ClientId | undefined;
}

/** Where an id leads that has no record of its own. */
export interface LinkTarget {
  readonly to: ClientKey;
  /** Set if the id had a record with another assignment, which was removed. */
  readonly conflict?:
    | { readonly kept: Assignment; readonly takenOut: Pick<Joined, "assignment" | "day" | "epoch"> }
    | undefined;
}

/** An id that leads to another one. If that one has no record (any more), the id counts as unknown. */
export interface ClientLink extends LinkTarget {
  readonly client: ClientKey;
  readonly id?: ClientId | undefined;
}

/** What lies under an id. */
export type StoredClient = ClientRecord | ClientLink;

export function isClientLink(stored: StoredClient): stored is ClientLink {
  return "to" in stored;
}

export function isClientRecord(stored: StoredClient): stored is ClientRecord {
  return !isClientLink(stored);
}

/** Every field: a new one of records doesn't compile without its line below. */
type Whole<T> = { readonly [Field in keyof Required<T>]: T[Field] };

/** Field by field, since a walk makes millions of them: with spreads a record takes nearly three times as long. */
export function wholeRecord(
  client: ClientKey,
  { assignment, epoch, day, segments, covariate, conflict, linkDepth }: Joined,
  conversions: readonly KpiRecord[],
  id: ClientId | undefined,
): Whole<ClientRecord> {
  return { client, assignment, epoch, day, segments, covariate, conflict, linkDepth, conversions, id };
}

/** Hears of a client whose record or link was damaged, or written by hand. */
export type OnUnreadable = (client: ClientKey, reason: string) => void;

/** Most records that `loadRecords` takes at once: keeps a Redis busy with one call for milliseconds only. */
export const RECORDS_PER_LOAD_MAX = 1_000;

export type PublishOutcome =
  | { readonly kind: "published"; readonly experiment: Experiment }
  /** A life is stored under the name, and it was not to be replaced; nothing was written. */
  | { readonly kind: "taken"; readonly experiment: Experiment }
  /** The staged life is not there (any more). */
  | { readonly kind: "missing" };

export interface SplitTallies {
  readonly recorded: readonly Tally[];
  readonly unrecorded: readonly Tally[];
}

export interface Transfer {
  /** Begins a life aside. A sweep frees it like a removed one if it is never published. */
  stage(definition: ForeignExperiment, nowMs: number): Promise<Experiment>;

  /** Lives that were begun by `stage` and neither published nor discarded. */
  listStaged(): Promise<readonly Experiment[]>;

  /**
   * Puts records and links of a staged life, at most RECORDS_PER_LOAD_MAX; one that is there is overwritten, so a call may be
   * repeated. Tallies are not counted: `loadTallies` brings them.
   * @throws SixpackError transfer-failed: it was freed meanwhile
   */
  loadRecords(staged: Experiment, records: readonly StoredClient[]): Promise<void>;

  /**
   * Puts the tallies of a staged life, each cell once; may be repeated with the same cells.
   * @param recorded what is counted from its records
   * @param unrecorded what came without records, such as clients whose ids are lost; `readTallies` gives the sum of both
   * @throws SixpackError transfer-failed: it was freed meanwhile
   */
  loadTallies(staged: Experiment, recorded: readonly Tally[], unrecorded: readonly Tally[]): Promise<void>;

  /** Makes a staged life the live one. With `replace` a life stored under the name is moved aside as by a reset. Atomic. */
  publish(staged: Experiment, nowMs: number, replace: boolean): Promise<PublishOutcome>;

  /** Frees a staged life; does nothing to one that was published. */
  discard(staged: Experiment): Promise<void>;

  /**
   * Every record and link of a life, each once, some at a time, in no particular order. One that is written meanwhile comes in
   * either form, one that is new may be left out. One that makes no sense is an error, or is left out if `onUnreadable` hears
   * of it.
   * @throws SixpackError experiment-unreadable
   */
  exportRecords(experiment: Experiment, onUnreadable?: OnUnreadable): AsyncIterable<readonly StoredClient[]>;

  /**
   * Of these the records of clients who reached a KPI, without their ids. The embedded engine keeps conversions apart, and so
   * finds the few who converted without a walk over all.
   * @throws as `exportRecords`
   */
  exportConverted(experiment: Experiment, onUnreadable?: OnUnreadable): AsyncIterable<readonly ClientRecord[]>;

  /** The tallies of a life, those that have records behind them and those that don't; `Store.tallies.read` adds them up. */
  readTallies(experiment: Experiment): Promise<SplitTallies>;
}
