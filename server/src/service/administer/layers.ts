/**
 * Keeps the slices of a layer apart, in all processes: whoever takes one holds the lease of the layer meanwhile. Those of one
 * process wait in line for it, so that hundreds that a file declares at once all get their turn.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { SixpackError } from "../../domain/errors.ts";
import { currentEpoch, type Experiment, type LayerSlice } from "../../domain/experiment.ts";
import { checkFree, heldSlices, holdingsOf, sameSlice } from "../../domain/layer.ts";
import { alone } from "../alone.ts";
import type { ServiceContext } from "../context.ts";

/** How often a layer that somebody else is changing is asked for, and the pause between, in milliseconds. */
const TRIES_MAX = 100;
const PAUSE_MS = 50;

/**
 * Does what gives an experiment slices of a layer, if nobody else has them.
 * @param wanted all of one layer; none is nothing to ask for
 * @throws SixpackError slice-taken; experiment-busy where others change the layer for seconds
 */
export async function holding<Result>(
  context: Pick<ServiceContext, "store" | "clock">,
  name: string,
  wanted: readonly LayerSlice[],
  work: () => Promise<Result>,
): Promise<Result> {
  const [first] = wanted;
  if (first === undefined) return work();
  return inLine(context.store, first.layer, () => leased(context, name, first.layer, wanted, work));
}

const lines = new WeakMap<object, Map<string, Promise<unknown>>>();

/** Does what is to be done to a layer after all that was to be done to it before. */
async function inLine<Result>(store: object, layer: string, work: () => Promise<Result>): Promise<Result> {
  const line = lines.get(store) ?? new Map<string, Promise<unknown>>();
  lines.set(store, line);
  const result = (line.get(layer) ?? Promise.resolve()).then(work);
  const last = result.catch(() => {});
  line.set(layer, last);
  try {
    return await result;
  } finally {
    if (line.get(layer) === last) line.delete(layer);
  }
}

async function leased<Result>(
  context: Pick<ServiceContext, "store" | "clock">,
  name: string,
  layer: string,
  wanted: readonly LayerSlice[],
  work: () => Promise<Result>,
): Promise<Result> {
  // Two acts on one experiment must not share the lease: the first to end would give it up for both.
  const holder = randomUUID();
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const done = await alone(context, `layer:${layer}`, holder, async () => {
      const others = (await context.store.definitions.list()).filter((other) => other.name !== name);
      checkFree(wanted, holdingsOf(layer, others));
      return { result: await work() };
    });
    if (done !== undefined) return done.result;
    await sleep(PAUSE_MS);
  }
  throw new SixpackError("experiment-busy", `Expected the layer ${layer} to rest for a moment, got changes by others`);
}

/** What a change takes of a layer that was not the experiment's before. */
export function takenBy(before: Experiment | undefined, after: Experiment): readonly LayerSlice[] {
  const had = before === undefined ? [] : heldSlices(before);
  const { slice } = currentEpoch(after);
  const held = heldSlices(after);
  // Older ones of it count anew where it comes back, as from the archive.
  return held.filter((one) => (had.length === 0 || sameSlice(one, slice)) && !had.some((old) => sameSlice(old, one)));
}
