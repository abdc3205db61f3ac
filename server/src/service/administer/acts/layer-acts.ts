/** The slice of a layer that an experiment takes its clients from. */
import { Type } from "typebox";
import { withSlice } from "../../../domain/epochs.ts";
import { SixpackError } from "../../../domain/errors.ts";
import { currentEpoch, type Experiment, type LayerSlice } from "../../../domain/experiment.ts";
import { parseSlice, parseSlicePercents, sameSlice, sliceText } from "../../../domain/layer.ts";
import { NAME_LENGTH_MAX } from "../../../domain/names.ts";
import { findExperiment } from "../../find-experiment.ts";
import { countsNow } from "../../stored-tallies.ts";
import { type Act, type AdministerContext, change, type Target } from "../act.ts";
import { formField, formList } from "../fields.ts";
import { epochText } from "./sharing.ts";

/**
 * Within a layer a slice may change at any time. Into a layer, or out of one, goes only an experiment that nobody was
 * counted in: its participants come from everywhere, and would be in two experiments of the layer at once.
 * @throws SixpackError experiment-not-found, slice-taken, experiment-begun, experiment-busy
 */
export async function setSlice(
  context: AdministerContext,
  target: Target,
  slice: LayerSlice | undefined,
): Promise<Experiment> {
  const stored = await findExperiment(context, target.name);
  const before = currentEpoch(stored).slice;
  if (before?.layer === slice?.layer) return changeSlice(context, target, slice);
  await checkEmpty(context, stored);
  const changed = await changeSlice(context, target, slice);
  try {
    await checkEmpty(context, changed);
  } catch (error) {
    // Somebody took part between the two looks, and was not asked for a place.
    await changeSlice(context, target, before);
    throw error;
  }
  return changed;
}

function changeSlice(context: AdministerContext, target: Target, slice: LayerSlice | undefined): Promise<Experiment> {
  return change(context, target, (stored) => {
    const before = currentEpoch(stored).slice;
    if (sameSlice(before, slice)) return undefined;
    const next = withSlice(stored, slice, context.clock.nowMs());
    return { next, action: "set-slice", before: textOf(before), after: textOf(slice) };
  });
}

/** Those who joined by the slice in force are where they belong. */
async function checkEmpty({ store }: AdministerContext, experiment: Experiment): Promise<void> {
  const { layer } = currentEpoch(experiment).slice ?? {};
  const counts = await countsNow(store, experiment);
  const strangers = counts
    .epochs()
    .filter((epoch) => layer === undefined || experiment.epochs[epoch]?.slice?.layer !== layer);
  if (strangers.length === 0) return;
  throw new SixpackError(
    "experiment-begun",
    `Expected an experiment that nobody has taken part in, got ${experiment.name}, which has begun: its clients come from elsewhere. Make a new one in the layer.`,
  );
}

function textOf(slice: LayerSlice | undefined): string | null {
  return slice === undefined ? null : sliceText(slice);
}

function spanUpTo(maximum: number, description: string) {
  return Type.Array(Type.Number({ minimum: 0, maximum }), { minItems: 2, maxItems: 2, description });
}

export const layer: Act = {
  path: "layer",
  role: "editor",
  page: "share",
  label: "Set layer",
  body: {
    layer: Type.Optional(
      Type.String({ maxLength: NAME_LENGTH_MAX, description: "a name; left out or empty leaves the layer" }),
    ),
    slice: Type.Optional(spanUpTo(1, "with `layer`: where it begins and ends")),
    slice_percent: Type.Optional(spanUpTo(100, "the same in percent, in place of `slice`")),
  },
  does: "takes new clients from that part of the layer, which no other experiment has; into a layer and out of it only before the first visitor",
  run: (context, target, { body }) => setSlice(context, target, sliceOf(body)),
  done: epochText,
  log: { "set-slice": { words: "changed the slice" } },
};

/** @throws SixpackError invalid-form, invalid-slice */
function sliceOf(body: unknown): LayerSlice | undefined {
  const layer = formField(body, "layer");
  const name = layer?.trim() ?? "";
  // The form of the page leaves a layer by an empty name, and still has the slice.
  if (layer === undefined && ["slice", "slice_percent"].some((field) => formField(body, field) !== undefined)) {
    throw new SixpackError("invalid-slice", "Expected `layer` with the slice, got none");
  }
  if (name === "") return undefined;
  if (formField(body, "slice_percent") === undefined) return parseSlice(name, formList(body, "slice"));
  return parseSlicePercents(name, formList(body, "slice_percent"));
}
