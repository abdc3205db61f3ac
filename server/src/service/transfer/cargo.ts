/**
 * Loads the life of an experiment into a store, from any source: it is staged, checked against its tallies, and only
 * then made live.
 */
import { SixpackError } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { heldSlices } from "../../domain/layer.ts";
import { PARTICIPATION, type Tally } from "../../domain/tally.ts";
import { tallyDifferences } from "../../domain/tally-differences.ts";
import type { Store } from "../../store/store.ts";
import { tallyDigest, withMissingSubsets } from "../../store/tally-sum.ts";
import { type ForeignExperiment, RECORDS_PER_LOAD_MAX, type StoredClient } from "../../store/transfer.ts";
import { holding } from "../administer/layers.ts";
import { ALONE_MS, alone, type StillAlone } from "../alone.ts";
import type { ServiceContext } from "../context.ts";
import { LinkDepths } from "./link-depths.ts";

export interface Cargo {
  readonly definition: ForeignExperiment;
  /** All client records and links, some at a time. Read once. */
  records(): AsyncIterable<readonly StoredClient[]>;
  /**
   * The tallies of the records, and those without records. `recorded` is `null` if they are to be counted from the
   * stored records. Read after the last record.
   */
  tallies(): Promise<CargoTallies>;
}

export interface CargoTallies {
  readonly recorded: readonly Tally[] | null;
  readonly unrecorded: readonly Tally[];
  /** False where only days were told apart when they were written: the other subsets are counted from the records. */
  readonly hasSubsets: boolean;
}

/** What a life holds, for people. */
export interface Contents {
  /** Client records. */
  readonly records: number;
  /** Clients that are only counted. */
  readonly unrecorded: number;
  /** `tallyDigest` of the tallies of days; `null` where nobody has counted them. */
  readonly digest: string | null;
}

export type CargoOutcome =
  | { readonly kind: "loaded"; readonly experiment: Experiment; readonly contents: Contents }
  /** An experiment of that name is stored, and was not to be replaced. `same`: it holds the same tallies. */
  | { readonly kind: "taken"; readonly same: boolean; readonly contents: Contents };

/** Reads a cargo to its end without loading it. */
export async function survey(cargo: Cargo): Promise<Contents> {
  let records = 0;
  for await (const batch of cargo.records()) records += batch.length;
  return contentsOf(records, await cargo.tallies());
}

/**
 * Loads a cargo and makes it live. What an earlier load of the same name left unfinished is freed first, so two loads
 * of one name would take each other's life away: the second one is refused.
 * @throws SixpackError transfer-failed: the store gives back something else than the cargo says, or somebody else loads
 * this name; slice-taken: others have what it holds of a layer. Nothing is live then
 */
export async function load(
  context: Pick<ServiceContext, "store" | "clock">,
  cargo: Cargo,
  replace: boolean,
): Promise<CargoOutcome> {
  const { store, clock } = context;
  const { name } = cargo.definition;
  const present = await store.definitions.read(name);
  if (present !== undefined && !replace) return taken(store, present, await survey(cargo));
  const staged = await store.transfer.stage(cargo.definition, clock.nowMs());
  try {
    const outcome = await alone(context, `import:${name}`, String(staged.life), (stillAlone) =>
      loadStaged(context, staged, cargo, { replace, stillAlone }),
    );
    if (outcome === undefined) throw notAlone(name);
    return outcome;
  } finally {
    // Nothing of one that was published. Where the store can't do it now, the next load or a sweep will.
    await store.transfer.discard(staged).catch(() => {});
  }
}

interface LoadOptions {
  readonly replace: boolean;
  readonly stillAlone: StillAlone;
}

async function loadStaged(
  context: Pick<ServiceContext, "store" | "clock">,
  staged: Experiment,
  cargo: Cargo,
  { replace, stillAlone }: LoadOptions,
): Promise<CargoOutcome> {
  const { store } = context;
  const { name } = staged;
  for (const left of await store.transfer.listStaged()) {
    if (left.name === name && left.life !== staged.life) await store.transfer.discard(left);
  }
  const contents = await fill(store, staged, cargo, stillAlone);
  // Made live, it takes its slices of a layer: nobody else may take them in the same moment.
  const outcome = await holding(context, name, heldSlices(staged), () =>
    store.transfer.publish(staged, context.clock.nowMs(), replace),
  );
  switch (outcome.kind) {
    case "published":
      return { kind: "loaded", experiment: outcome.experiment, contents };
    case "taken":
      return taken(store, outcome.experiment, contents);
    case "missing":
      throw notAlone(name);
  }
}

function notAlone(name: string): SixpackError {
  return new SixpackError(
    "transfer-failed",
    `Expected to be the only one who loads ${name}, got another import of it. Wait for its end, or ${ALONE_MS / 1000} s after one that was interrupted.`,
  );
}

async function fill(store: Store, staged: Experiment, cargo: Cargo, stillAlone: StillAlone): Promise<Contents> {
  let records = 0;
  const depths = new LinkDepths();
  for await (const batch of cargo.records()) {
    if (!stillAlone()) throw notAlone(staged.name);
    for (let start = 0; start < batch.length; start += RECORDS_PER_LOAD_MAX) {
      await store.transfer.loadRecords(staged, batch.slice(start, start + RECORDS_PER_LOAD_MAX));
    }
    depths.add(batch);
    records += batch.length;
  }
  await depths.putInto(store, staged);
  const given = await cargo.tallies();
  const recorded = await recordedOf(store, staged, given);
  const { unrecorded } = given;
  await store.transfer.loadTallies(staged, recorded, unrecorded);
  const stored = await store.tallies.read(staged);
  const differences = tallyDifferences(stored, await store.tallies.recount(staged));
  if (differences.length > 0 || tallyDigest(stored) !== tallyDigest([...recorded, ...unrecorded])) {
    const detail = differences[0] ?? "other tallies when they were read back";
    throw new SixpackError("transfer-failed", `Expected ${staged.name} to be stored as it was sent, got: ${detail}`);
  }
  return contentsOf(records, { recorded, unrecorded });
}

/** What a cargo leaves out is counted from its records, which are stored by now, and without any tallies. */
async function recordedOf(store: Store, staged: Experiment, { recorded, hasSubsets }: CargoTallies) {
  if (recorded !== null && hasSubsets) return recorded;
  const ofRecords = await store.tallies.recount(staged);
  return recorded === null ? ofRecords : withMissingSubsets(recorded, ofRecords);
}

async function taken(store: Store, present: Experiment, contents: Contents): Promise<CargoOutcome> {
  const same = tallyDigest(ofDays(await store.tallies.read(present))) === contents.digest;
  return { kind: "taken", same, contents };
}

function contentsOf(records: number, { recorded, unrecorded }: Omit<CargoTallies, "hasSubsets">): Contents {
  const lost = unrecorded.reduce((sum, { metric, clients }) => sum + (metric === PARTICIPATION ? clients : 0), 0);
  return { records, unrecorded: lost, digest: recorded && tallyDigest(ofDays([...recorded, ...unrecorded])) };
}

/** The subsets that every file has, whenever it was written. */
function ofDays(tallies: readonly Tally[]): readonly Tally[] {
  return tallies.filter(({ subset }) => subset.kind === "day");
}
