/**
 * Changes experiments to what a file says. Everything is rehearsed first, so that a file with an error in its last line
 * changes nothing, and a dry run says exactly what would change.
 */
import { isDeepStrictEqual } from "node:util";
import { wholeDraft } from "../../domain/draft.ts";
import { reasonOf, SixpackError } from "../../domain/errors.ts";
import type { Experiment, LayerSlice } from "../../domain/experiment.ts";
import { checkFree, type Holding } from "../../domain/layer.ts";
import type { Target } from "../administer/act.ts";
import { setArchived } from "../administer/acts/state.ts";
import { entryText, meaningOf } from "../administer/change-words.ts";
import { declare } from "../administer/declare.ts";
import { takenBy } from "../administer/layers.ts";
import { makeOf } from "../administer/make-of.ts";
import { rehearsal } from "../administer/rehearse.ts";
import { mapConcurrently } from "../map-concurrently.ts";
import type { ExperimentsFile, FileEntry } from "./experiments-file.ts";
import { type ApplyContext, PARTS } from "./parts.ts";

export interface Applied {
  readonly name: string;
  readonly kind: "same" | "made" | "changed" | "archived" | "refused";
  /** In words; of a refusal why. */
  readonly changes: readonly string[];
}

/** Experiments worked on at the same time: their writes share commits to disk, a few for all instead of a few for each. */
const AT_ONCE_MAX = 500;

/** @returns one for each experiment, in the order of the file. With a refusal nothing was changed. */
export async function applyFile(
  context: ApplyContext,
  actor: string,
  { experiments }: ExperimentsFile,
  dryRun: boolean,
): Promise<readonly Applied[]> {
  const entries = Object.entries(experiments);
  const tried = await mapConcurrently(entries, AT_ONCE_MAX, async ([name, entry]) => {
    const target = { name, actor };
    return { target, entry, ...(await rehearsed(context, target, (on) => makeSo(on, target, entry))) };
  });
  const planned = withoutOverlaps(tried);
  if (dryRun || planned.some(({ kind }) => kind === "refused")) return planned;
  await mapConcurrently(tried, AT_ONCE_MAX, async ({ target, entry, applied, after }) => {
    const isMade = applied.kind === "made" && after !== undefined && (await makeWhole(context, target, after));
    if (!isMade && applied.kind !== "same") await makeSo(context, target, entry);
  });
  return planned;
}

/** Each was rehearsed alone, as if the slices that others of the file take were free. */
function withoutOverlaps(tried: readonly Rehearsed[]): readonly Applied[] {
  const taken: (LayerSlice & Holding)[] = [];
  return tried.map(({ applied, before, after }) => {
    const { name } = applied;
    const takes = after === undefined ? [] : takenBy(before, after);
    const ofLayer = taken.filter(({ layer }) => layer === takes[0]?.layer);
    try {
      checkFree(takes, ofLayer);
    } catch (error) {
      return { name, kind: "refused", changes: [reasonOf(error)] };
    }
    taken.push(...takes.map((slice) => ({ ...slice, experiment: name })));
    return applied;
  });
}

/**
 * A new one as it was rehearsed, in one write: nobody takes part in it before all is set that the file says.
 * @returns false where somebody else has made one of this name meanwhile
 */
async function makeWhole(context: ApplyContext, target: Target, rehearsedOne: Experiment): Promise<boolean> {
  return (await makeOf(context, target, wholeDraft(rehearsedOne))).isMade;
}

/**
 * Archives what a repository manages and its file no longer names.
 * @param kept names in the file
 */
export async function pruneFile(
  context: ApplyContext,
  actor: string,
  kept: ReadonlySet<string>,
  dryRun: boolean,
): Promise<readonly Applied[]> {
  const gone = (await context.store.definitions.list()).filter(
    ({ name, managedBy, archived }) => managedBy === "repo" && !archived && !kept.has(name),
  );
  const archive = (on: ApplyContext, name: string) => setArchived(on, { name, actor }, true);
  const tried = await mapConcurrently(gone, AT_ONCE_MAX, ({ name }) =>
    rehearsed(context, { name, actor }, (on) => archive(on, name)),
  );
  if (!dryRun) await mapConcurrently(gone, AT_ONCE_MAX, ({ name }) => archive(context, name));
  return tried.map(({ applied: one }) => ({ ...one, kind: one.kind === "changed" ? "archived" : one.kind }));
}

interface Rehearsed {
  readonly applied: Applied;
  /** As it is; `undefined` where it is new. */
  readonly before?: Experiment | undefined;
  /** As it would be; `undefined` where nothing would change. */
  readonly after?: Experiment;
}

async function rehearsed(
  context: ApplyContext,
  { name }: Target,
  run: (context: ApplyContext) => Promise<unknown>,
): Promise<Rehearsed> {
  const stage = rehearsal(context.store);
  const before = await context.store.definitions.read(name);
  try {
    await run({ ...context, store: stage.store });
  } catch (error) {
    if (!(error instanceof SixpackError) || error.status >= 500) throw error;
    return { applied: { name, kind: "refused", changes: [reasonOf(error)] } };
  }
  const after = stage.written(name);
  if (after === undefined) return { applied: { name, kind: "same", changes: [] } };
  const changes = [...stage.entries.map(entryText), ...meaningOf(before, after)];
  return { applied: { name, kind: before === undefined ? "made" : "changed", changes }, before, after };
}

/** @throws SixpackError */
async function makeSo(context: ApplyContext, target: Target, entry: FileEntry): Promise<void> {
  const wanted = inStoredOrder(entry, await storedOrMade(context, target, entry));
  for (const [key, { read, write }] of Object.entries(PARTS)) {
    const value = wanted[key];
    if (value === undefined) continue;
    // Every act before may have changed it.
    const stored = await context.store.definitions.read(target.name);
    if (stored === undefined)
      throw new SixpackError("edit-conflict", `Expected ${target.name} to stay, it was deleted`);
    if (!isDeepStrictEqual(read(stored), value)) await write(context, target, value, stored);
  }
}

async function storedOrMade(context: ApplyContext, target: Target, entry: FileEntry): Promise<Experiment> {
  const stored = await context.store.definitions.read(target.name);
  if (stored !== undefined) return stored;
  const {
    alternatives = [],
    layer,
    segments = [],
  } = entry as {
    readonly alternatives?: readonly string[];
    readonly segments?: readonly string[];
    readonly layer?: { readonly name: string; readonly slice: readonly number[] };
  };
  // With its layer and its segments from the first visitor on.
  const slice = layer && { name: layer.name, slice: layer.slice.map(String) };
  const declaration = { alternatives, weights: undefined, trafficFraction: undefined, layer: slice, segments };
  return (await declare(context, target, declaration)).experiment;
}

/** Alternatives and their weights in the order of the store: a file may list all but the control otherwise. */
function inStoredOrder(entry: FileEntry, { alternatives: stored }: Experiment): FileEntry {
  const { alternatives, weights } = entry as {
    readonly alternatives?: readonly string[];
    readonly weights?: readonly number[];
  };
  if (alternatives === undefined || alternatives[0] !== stored[0]?.name) return entry;
  const place = new Map<string, number>(stored.map(({ name }, index) => [name, index]));
  const rank = (name: string): number => place.get(name) ?? stored.length + alternatives.indexOf(name);
  const order = alternatives
    .map((_, index) => index)
    .sort((a, b) => rank(alternatives[a] ?? "") - rank(alternatives[b] ?? ""));
  return {
    ...entry,
    alternatives: order.map((index) => alternatives[index] ?? ""),
    ...(weights?.length === alternatives.length ? { weights: order.map((index) => weights[index] ?? 0) } : {}),
  };
}
