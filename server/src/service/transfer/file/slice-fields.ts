/** How the lines of a file say of which slice a tally is. */
import { type Static, type TObject, Type } from "typebox";
import { dayText, parseDay } from "../../../domain/period.ts";
import {
  COVARIATE_PRODUCT,
  IN_CONFLICT,
  inSegment,
  joinedOn,
  onDay,
  REPEATED,
  type Slice,
  takenOutOf,
  WITH_COVARIATE,
} from "../../../domain/slice.ts";

const BYTE = Type.Integer({ minimum: 0, maximum: 255 });

/** Each kind of slice has a member of its own; the day of the events is the kind without one. */
export const SLICE_FIELDS = {
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

export type SliceFields = Readonly<Static<TObject<typeof SLICE_FIELDS>>>;

export function sliceFields(slice: Slice): SliceFields {
  switch (slice.kind) {
    case "day":
      return { day: dayText(slice.day) };
    case "joined":
      return { day: dayText(slice.day), joined: true };
    case "segment":
      return { segment: [slice.dimension, slice.value] };
    case "conflict":
      return { conflict: true };
    case "taken-out":
      return { takenOut: slice.index };
    case "covariate":
    case "product":
      return { covariate: slice.kind };
    case "repeated":
      return { repeated: true };
  }
}

export function sliceOf({ day, joined, segment, conflict, takenOut, covariate, repeated }: SliceFields): Slice {
  if (repeated === true) return REPEATED;
  if (covariate !== undefined) return covariate === "product" ? COVARIATE_PRODUCT : WITH_COVARIATE;
  if (conflict === true) return IN_CONFLICT;
  if (takenOut !== undefined) return takenOutOf(takenOut);
  if (segment !== undefined) return inSegment(segment[0] ?? 0, segment[1] ?? 0);
  return (joined === true ? joinedOn : onDay)(parseDay(day ?? ""));
}
