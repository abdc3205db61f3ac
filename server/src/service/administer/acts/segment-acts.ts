/** By which dimensions participants are told apart. Records keep positions, so these are added and never taken away. */
import { Type } from "typebox";
import { SERVER_ACTOR } from "../../../domain/actor.ts";
import type { Experiment } from "../../../domain/experiment.ts";
import {
  DIMENSIONS_MAX,
  type Dimension,
  dimensionText,
  parseDimensions,
  withCommon,
  withDeclared,
} from "../../../domain/segments.ts";
import { type Act, type AdministerContext, change, type Target } from "../act.ts";
import { formList } from "../fields.ts";

/** Adds those of the configuration, as far as there is room: an experiment that was made without them gets them later. */
export async function addCommonDimensions(
  context: AdministerContext,
  { name, dimensions }: Experiment,
  common: readonly Dimension[],
): Promise<void> {
  if (withCommon(dimensions, common) === dimensions) return;
  await changeDimensions(context, { name, actor: SERVER_ACTOR }, (known) => withCommon(known, common) ?? known);
}

/**
 * Those that are new concern participants that join from now on.
 * @param declared asked once there is an experiment
 * @throws SixpackError experiment-not-found, invalid-segments, experiment-busy
 */
export function addDimensions(
  context: AdministerContext,
  target: Target,
  declared: () => readonly Dimension[],
): Promise<Experiment> {
  return changeDimensions(context, target, (known) => withDeclared(known, declared()));
}

function changeDimensions(
  context: AdministerContext,
  target: Target,
  step: (known: readonly Dimension[]) => readonly Dimension[],
): Promise<Experiment> {
  return change(context, target, (stored) => {
    const known = stored.dimensions ?? [];
    const next = step(known);
    if (next.length === known.length && next.every((one, at) => one === known[at])) return undefined;
    return {
      next: { ...stored, dimensions: next },
      action: "add-segments",
      before: known.length === 0 ? null : textOf(known),
      after: textOf(next),
    };
  });
}

function textOf(dimensions: readonly Dimension[]): string {
  return dimensions.map(dimensionText).join(", ");
}

export const segmentAddition: Act = {
  path: "segments",
  role: "editor",
  label: "Add segments",
  body: {
    segments: Type.Array(Type.String(), {
      minItems: 1,
      maxItems: DIMENSIONS_MAX,
      description: "each as in a declaration",
    }),
  },
  does: "tells participants apart who join from now on; what is declared can't be taken away, because records keep it",
  run: (context, target, { body }) =>
    addDimensions(context, target, () => {
      const words = formList(body, "segments").flatMap((text) => text.split(/\s+/));
      return parseDimensions(words.filter((word) => word !== ""));
    }),
  done: (name) => `Visitors of ${name} who join from now on are told apart.`,
  log: { "add-segments": { words: "added segments" } },
};
