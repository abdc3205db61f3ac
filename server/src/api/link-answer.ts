/** The answer of `/link`. */
import { Type } from "typebox";
import { alternativeName, control } from "../domain/experiment.ts";
import type { Linked } from "../service/link-ids.ts";
import { type Answer, json, NAMED, OK } from "./answer.ts";
import type { Arguments } from "./arguments.ts";

export const LINKS = Type.Object({
  status: OK,
  client_id: Type.String(),
  previous_id: Type.String(),
  experiments: Type.Array(
    Type.Object({
      name: Type.String(),
      alternative: NAMED,
      conflict: Type.Boolean({ description: "Whether the two had seen different alternatives" }),
    }),
    { description: "Those that know one of the two, or both" },
  ),
});

export function links(linked: readonly Linked[], { client_id = "", previous_id = "" }: Arguments): Answer {
  return json<typeof LINKS>({
    status: "ok",
    client_id,
    previous_id,
    experiments: linked.map(({ experiment, assignment, isConflict }) => ({
      name: experiment.name,
      alternative: {
        name: assignment.kind === "excluded" ? control(experiment) : alternativeName(experiment, assignment.index),
      },
      conflict: isConflict,
    })),
  });
}
