/** Keeps the slices of a layer apart, in all processes. */
import type { Experiment, LayerSlice } from "../../domain/experiment.ts";
import { checkFree, heldSlices, holdingsOf, sameSlice } from "../../domain/layer.ts";
import type { ServiceContext } from "../context.ts";
import { oneAtATime } from "../one-at-a-time.ts";

/**
 * Does what gives an experiment slices of a layer, if nobody else has them.
 * @param wanted all of one layer; none is nothing to ask for
 * @throws SixpackError slice-taken; experiment-busy where others change the layer for seconds
 */
export async function holding<Result>(
  context: Pick<ServiceContext, "store">,
  name: string,
  wanted: readonly LayerSlice[],
  work: () => Promise<Result>,
): Promise<Result> {
  const [first] = wanted;
  if (first === undefined) return work();
  return oneAtATime(context, `layer ${first.layer}`, async () => {
    const others = (await context.store.definitions.list()).filter((other) => other.name !== name);
    checkFree(wanted, holdingsOf(first.layer, others));
    return work;
  });
}

/**
 * What a change takes of a layer that was not the experiment's before; older slices too, where it comes back to them.
 * @param before `undefined` where it is new
 */
export function takenBy(before: Experiment | undefined, after: Experiment): readonly LayerSlice[] {
  const had = before === undefined ? [] : heldSlices(before);
  return heldSlices(after).filter((one) => !had.some((old) => sameSlice(old, one)));
}
