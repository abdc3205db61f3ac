/**
 * Subsets: how the conversions of an epoch, assignment and metric are broken down. Each kind of subset counts every event
 * once, so the cells of one kind add up to all conversions.
 *
 * | kind     | place in two bytes             | what it answers                                    |
 * |----------|--------------------------------|----------------------------------------------------|
 * | `day`    | the day of the event           | what happened when                                 |
 * | `joined` | the day on which clients joined | how many of those who joined then have converted   |
 * | `segment` | dimension u8, value u8         | what a part of the participants does               |
 * | `conflict` | 0                             | what those do who were in another alternative too, under another id |
 * | `taken-out` | position of that alternative | how many ids were taken out for it                 |
 * | `covariate` | 0                            | what those do who joined with a covariate x. Of participants, `sum` and `squares` are Σx and Σx² |
 * | `product`   | 0                            | how a KPI goes with x: `sum` is Σx of those who reached it, `squares` is Σx·(total value) |
 * | `repeated`  | 0                            | how a KPI goes with the number of events e: `sum` is Σ(e−1)·(total value), `squares` is Σ(e−1)·e. Whoever converts once adds nothing |
 *
 * From `conflict` on they hold a part of the participants, or none of them, and no sum of theirs is all conversions.
 */
import type { Day } from "./period.ts";

export type Subset =
  | { readonly kind: "day"; readonly day: Day }
  | { readonly kind: "joined"; readonly day: Day }
  /** Position of the dimension in the definition, and the byte of the value: see `segments.ts`. */
  | { readonly kind: "segment"; readonly dimension: number; readonly value: number }
  | { readonly kind: "conflict" }
  /** Of the assignment that was taken out; `null` is excluded. */
  | { readonly kind: "taken-out"; readonly index: number | null }
  | { readonly kind: "covariate" }
  | { readonly kind: "product" }
  | { readonly kind: "repeated" };

/**
 * The letter of each kind, a byte in keys of both engines. Days have none: they were there first, and there are cells of
 * them in every store and every file.
 */
const LETTERS = {
  day: "",
  joined: "j",
  segment: "s",
  conflict: "c",
  "taken-out": "x",
  covariate: "v",
  product: "w",
  repeated: "r",
} as const satisfies Record<Subset["kind"], string>;

export function onDay(day: Day): Subset {
  return { kind: "day", day };
}

export function joinedOn(day: Day): Subset {
  return { kind: "joined", day };
}

export function inSegment(dimension: number, value: number): Subset {
  return { kind: "segment", dimension, value };
}

export function isOfDay(subset: Subset): subset is Extract<Subset, { readonly day: Day }> {
  return subset.kind === "day" || subset.kind === "joined";
}

export const IN_CONFLICT: Subset = { kind: "conflict" };
export const WITH_COVARIATE: Subset = { kind: "covariate" };
export const COVARIATE_PRODUCT: Subset = { kind: "product" };
export const REPEATED: Subset = { kind: "repeated" };

export function takenOutOf(index: number | null): Subset {
  return { kind: "taken-out", index };
}

/** No alternative has this position. */
const EXCLUDED_PLACE = 255;

/** A subset as engines store it: the kind as a letter, and the position within it as a number of two bytes. */
export function packedSubset(subset: Subset): { readonly letter: string; readonly place: number } {
  return { letter: LETTERS[subset.kind], place: placeIn(subset) };
}

function placeIn(subset: Subset): number {
  switch (subset.kind) {
    case "day":
    case "joined":
      return subset.day;
    case "segment":
      return subset.dimension * 256 + subset.value;
    case "conflict":
    case "covariate":
    case "product":
    case "repeated":
      return 0;
    case "taken-out":
      return subset.index ?? EXCLUDED_PLACE;
  }
}

/** The subset that was packed like this. @throws Error for a letter that none has */
export function unpackedSubset(letter: string, place: number): Subset {
  switch (letter) {
    case LETTERS.day:
      return onDay(place as Day);
    case LETTERS.joined:
      return joinedOn(place as Day);
    case LETTERS.segment:
      return inSegment(place >>> 8, place & 255);
    case LETTERS.conflict:
      return IN_CONFLICT;
    case LETTERS["taken-out"]:
      return takenOutOf(place === EXCLUDED_PLACE ? null : place);
    case LETTERS.covariate:
      return WITH_COVARIATE;
    case LETTERS.product:
      return COVARIATE_PRODUCT;
    case LETTERS.repeated:
      return REPEATED;
    default:
      throw new Error(`Expected the letter of a subset, got ${JSON.stringify(letter)}`);
  }
}

/** Tells subsets apart, for people: "day 20000", "joined on day 20000", "segment 1/3". */
export function subsetText(subset: Subset): string {
  switch (subset.kind) {
    case "day":
      return `day ${subset.day}`;
    case "joined":
      return `joined on day ${subset.day}`;
    case "segment":
      return `segment ${subset.dimension}/${subset.value}`;
    case "conflict":
      return "in conflict";
    case "taken-out":
      return `taken out of ${subset.index ?? "excluded"}`;
    case "covariate":
      return "with a covariate";
    case "product":
      return "times the covariate";
    case "repeated":
      return "times the repeated events";
  }
}

/** As engines and digests write it: "20000", "j20000". */
export function subsetKey(subset: Subset): string {
  const { letter, place } = packedSubset(subset);
  return letter + place;
}

/** Whether `subsetKey` writes such a key. */
export function isSubsetKey(key: string): boolean {
  const letter = /^[a-z]?/.exec(key)?.[0] ?? "";
  return Object.values(LETTERS).includes(letter as (typeof LETTERS)[Subset["kind"]]);
}

/** What `subsetKey` wrote. */
export function subsetIn(key: string): Subset {
  const letter = /^[a-z]?/.exec(key)?.[0] ?? "";
  return unpackedSubset(letter, Number(key.slice(letter.length)));
}
