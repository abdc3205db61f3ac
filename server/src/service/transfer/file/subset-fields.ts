/** How the lines of a file say of which subset a tally is. */
import { type Static, type TObject, Type } from "typebox";
import { dayText, parseDay } from "../../../domain/period.ts";
import {
  COVARIATE_PRODUCT,
  IN_CONFLICT,
  inSegment,
  joinedOn,
  onDay,
  REPEATED,
  type Subset,
  takenOutOf,
  WITH_COVARIATE,
} from "../../../domain/subset.ts";

const BYTE = Type.Integer({ minimum: 0, maximum: 255 });

/** Each kind of subset has a member of its own; the day of the events is the kind without one. */
export const SUBSET_FIELDS = {
  day: Type.Optional(Type.String()),
  /** There where `day` is not the day of the events but that on which their clients joined. */
  joined: Type.Optional(Type.Literal(true)),
  /** Position of the dimension in the definition, and the byte of the value. */
  segment: Type.Optional(Type.Array(BYTE, { minItems: 2, maxItems: 2 })),
  /** Of clients who were in another alternative too, under another id. */
  conflict: Type.Optional(Type.Literal(true)),
  /** Position of the alternative out of which ids were taken, `null` for excluded ones. */
  takenOut: Type.Optional(Type.Union([Type.Integer({ minimum: 0 }), Type.Null()])),
  /** Of clients with a covariate: what they did, or how that goes with it. */
  covariate: Type.Optional(Type.Enum(["covariate", "product"])),
  /** What goes with the number of a client's events. */
  repeated: Type.Optional(Type.Literal(true)),
};

export type SubsetFields = Readonly<Static<TObject<typeof SUBSET_FIELDS>>>;

export function subsetFields(subset: Subset): SubsetFields {
  switch (subset.kind) {
    case "day":
      return { day: dayText(subset.day) };
    case "joined":
      return { day: dayText(subset.day), joined: true };
    case "segment":
      return { segment: [subset.dimension, subset.value] };
    case "conflict":
      return { conflict: true };
    case "taken-out":
      return { takenOut: subset.index };
    case "covariate":
    case "product":
      return { covariate: subset.kind };
    case "repeated":
      return { repeated: true };
  }
}

export function subsetOf({ day, joined, segment, conflict, takenOut, covariate, repeated }: SubsetFields): Subset {
  if (repeated === true) return REPEATED;
  if (covariate !== undefined) return covariate === "product" ? COVARIATE_PRODUCT : WITH_COVARIATE;
  if (conflict === true) return IN_CONFLICT;
  if (takenOut !== undefined) return takenOutOf(takenOut);
  if (segment !== undefined) return inSegment(segment[0] ?? 0, segment[1] ?? 0);
  return (joined === true ? joinedOn : onDay)(parseDay(day ?? ""));
}
