/** By which dimensions participants are told apart. Records keep positions, so these are added and never taken away. */
import { Type } from "typebox";
import type { Experiment } from "../../../domain/experiment.ts";
import {
  DIMENSIONS_MAX,
  type Dimension,
  dimensionText,
  parseDimensions,
  withDeclared,
} from "../../../domain/segments.ts";
import { type Act, type AdministerContext, change, type Target } from "../act.ts";
import { formList } from "../fields.ts";

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
  return change(context, target, (stored) => {
    const known = stored.dimensions ?? [];
    const next = withDeclared(known, declared());
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
  inFile: true,
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
