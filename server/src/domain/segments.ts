/**
 * Dimensions by which participants are told apart, such as device or country. A record keeps a byte for each, from the
 * first exposure: the place of its value, or one of two that are always there.
 *
 *     parseDimensions(["plan=free|pro", "device"]); // device is read from user_agent
 */
import { SixpackError } from "./errors.ts";
import { expectedName, isName, quote } from "./names.ts";
import { DERIVED, derivedValue } from "./user-agent.ts";

/** Most dimensions of an experiment. */
export const DIMENSIONS_MAX = 4;

/** Most values of a dimension beside `unknown` and `other`. */
export const SEGMENT_VALUES_MAX = 31;

export interface Dimension {
  readonly name: string;
  /** In the order of their bytes, from 1 on; positions never change. */
  readonly values: readonly string[];
  /** Set if a value that was not sent is derived from the `user_agent` of the call. */
  readonly derived?: true;
}

/** For a visitor without a value, and for one whose value is not declared. */
const UNKNOWN = 0;
const OTHER = 255;

/** What a call says of its visitor. */
interface SegmentSource {
  /** Values by the names of their dimensions. */
  readonly segments?: ReadonlyMap<string, string> | undefined;
  readonly userAgent: string | undefined;
}

/** The bytes of a participant that joins now; `undefined` where nothing is declared. */
export function segmentsOf(
  dimensions: readonly Dimension[] | undefined,
  { segments, userAgent }: SegmentSource,
): readonly number[] | undefined {
  return dimensions?.map(({ name, values, derived }) => {
    // An empty one is what a template sends that doesn't know.
    const sent = segments?.get(name) || undefined;
    const value = sent ?? (derived === true ? derivedValue(name, userAgent) : undefined);
    if (value === undefined) return UNKNOWN;
    const place = values.indexOf(value);
    return place === -1 ? OTHER : place + 1;
  });
}

/** For people: a declared value, `other` or `unknown`. */
export function segmentName({ values }: Dimension, value: number): string {
  if (value === UNKNOWN) return "unknown";
  return values[value - 1] ?? "other";
}

/** The position of a declared dimension, such as a query names it. @throws SixpackError unknown-segment */
export function dimensionNamed(dimensions: readonly Dimension[] = [], name: string): number {
  const at = dimensions.findIndex((dimension) => dimension.name === name);
  if (at !== -1) return at;
  const known = dimensions.map((dimension) => dimension.name).join(", ");
  const expected = known === "" ? "no `segment`, as none is declared" : `\`segment\` as one of ${known}`;
  throw new SixpackError("unknown-segment", `Expected ${expected}, got ${quote(name)}`);
}

/**
 * @param raw each as `name=value|value`, or `device` or `browser` alone, which are read from `user_agent`
 * @throws SixpackError invalid-segments
 */
export function parseDimensions(raw: readonly string[]): readonly Dimension[] {
  const dimensions = raw.map(parseDimension);
  const names = new Set(dimensions.map(({ name }) => name));
  if (names.size < dimensions.length) throw invalid("dimensions that differ", "one twice");
  if (dimensions.length > DIMENSIONS_MAX) throw invalid(`at most ${DIMENSIONS_MAX} dimensions`, `${dimensions.length}`);
  return dimensions;
}

/** The other way round. */
export function dimensionText({ name, values, derived }: Dimension): string {
  return derived === true ? name : `${name}=${values.join("|")}`;
}

function parseDimension(raw: string): Dimension {
  const [name = "", ...rest] = raw.split("=");
  if (!isName(name)) throw new SixpackError("invalid-segments", expectedName("the name of a dimension", name));
  const preset = DERIVED.get(name);
  if (rest.length === 0) {
    if (preset === undefined) throw invalid("values, as in plan=free|pro", quote(raw));
    return { name, values: preset.values, derived: true };
  }
  const values = rest.join("=").split("|");
  if (new Set(values).size < values.length) throw invalid(`values of ${name} that differ`, "one twice");
  if (values.length > SEGMENT_VALUES_MAX)
    throw invalid(`at most ${SEGMENT_VALUES_MAX} values of ${name}`, `${values.length}`);
  for (const value of values) {
    if (!isName(value)) throw new SixpackError("invalid-segments", expectedName(`values of ${name}, each`, value));
    if (value === "other" || value === "unknown") throw invalid("other values: that one is always there", quote(value));
  }
  return { name, values };
}

/**
 * Adds new dimensions, and new values of known ones. Existing ones keep their positions, since records store positions.
 * @throws SixpackError invalid-segments
 */
export function withDeclared(known: readonly Dimension[], declared: readonly Dimension[]): readonly Dimension[] {
  const merged = known.map((dimension) => {
    const again = declared.find(({ name }) => name === dimension.name);
    const added = again?.values.filter((value) => !dimension.values.includes(value)) ?? [];
    if (added.length === 0) return dimension;
    const values = [...dimension.values, ...added];
    if (values.length <= SEGMENT_VALUES_MAX) return { ...dimension, values };
    throw invalid(`at most ${SEGMENT_VALUES_MAX} values of ${dimension.name}`, `${values.length}`);
  });
  const all = [...merged, ...declared.filter(({ name }) => !known.some((one) => one.name === name))];
  if (all.length > DIMENSIONS_MAX) throw invalid(`at most ${DIMENSIONS_MAX} dimensions`, `${all.length}`);
  return all;
}

/**
 * With the dimensions that the configuration wants in every experiment, as far as there is room. One that is declared under
 * the same name stays as it is, since whoever declared it knew more of that experiment.
 */
export function withCommon(
  known: readonly Dimension[] | undefined,
  common: readonly Dimension[],
): readonly Dimension[] | undefined {
  const missing = common.filter(({ name }) => known?.every((one) => one.name !== name) ?? true);
  const added = missing.slice(0, DIMENSIONS_MAX - (known?.length ?? 0));
  return added.length === 0 ? known : [...(known ?? []), ...added];
}

function invalid(expected: string, got: string): SixpackError {
  return new SixpackError("invalid-segments", `Expected ${expected}, got ${got}`);
}
