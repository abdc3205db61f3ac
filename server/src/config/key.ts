/**
 * What a configuration key is: a TypeBox schema for its value, and a reader for the spellings in which values arrive.
 *
 * An environment variable is always text, YAML has types of its own, and files of Sixpack 2.7 mix the two
 * (`cors_credentials: 'true'`). A key therefore first reads a spelling, then checks the value against its schema:
 *
 *     const port = whole({ min: 0, max: 65_535, default: 5000, description: "…" });
 *     port.accept("8000"); // { kind: "value", value: 8000 }
 *     port.accept("http"); // { kind: "refused", expected: "a whole number from 0 to 65535" }
 */
import { type TSchema, Type } from "typebox";
import { Check } from "typebox/value";

export type Accepted<T> =
  | { readonly kind: "value"; readonly value: T }
  /** Counts as left out: it only stands where a value belongs. */
  | { readonly kind: "placeholder"; readonly expected: string }
  /** What would have been accepted, to follow the word "expected". */
  | { readonly kind: "refused"; readonly expected: string };

export interface Key<T> {
  readonly schema: TSchema;
  /** What the key means, with its unit; Markdown. */
  readonly description: string;
  /** `undefined` where leaving the key out means "none" or is decided by other keys. */
  readonly default: T;
  /** What the reference says of a default that is not a plain value. */
  readonly defaultText: string | undefined;
  /** Names of environment variables beside `SIXPACK_CONFIG_<KEY>`, in the order in which they are asked. */
  readonly env: readonly string[];
  /** A secret is masked wherever it is shown, and can be read from a file. */
  readonly secret: boolean;
  /** What is accepted, to follow the word "expected". */
  readonly expected: string;
  readonly accept: (raw: unknown) => Accepted<T>;
}

interface KeyOptions<T> {
  readonly description: string;
  readonly defaultText?: string;
  readonly env?: readonly string[];
  readonly secret?: boolean;
  /** Texts that are no value, but stand where one belongs. */
  readonly placeholder?: { readonly test: (text: string) => boolean; readonly expected: string };
  /** A check that no schema can say; answers what is expected, or `undefined` for a good value. */
  readonly problem?: (value: T) => string | undefined;
}

interface WithDefault<D> {
  /** Left out, the key is `undefined` unless it is given. */
  readonly default?: D;
}

export function flag<D extends boolean | undefined = undefined>(
  options: KeyOptions<boolean> & WithDefault<D>,
): Key<boolean | D> {
  return key(Type.Boolean(), "true or false", readFlag, options);
}

interface Range {
  readonly min: number;
  readonly max: number;
}

export function whole<D extends number | undefined = undefined>(
  options: KeyOptions<number> & WithDefault<D> & Range,
): Key<number | D> {
  const { min, max } = options;
  const schema = Type.Integer({ minimum: min, maximum: max });
  return key(schema, `a whole number from ${min} to ${max}`, readNumber, options);
}

export function decimal<D extends number | undefined = undefined>(
  options: KeyOptions<number> & WithDefault<D> & Range,
): Key<number | D> {
  const { min, max } = options;
  return key(Type.Number({ minimum: min, maximum: max }), `a number from ${min} to ${max}`, readNumber, options);
}

export function text<D extends string | undefined = undefined>(
  options: KeyOptions<string> & WithDefault<D> & { readonly expected: string; readonly emptyAllowed?: boolean },
): Key<string | D> {
  const schema = Type.String(options.emptyAllowed === true ? {} : { minLength: 1 });
  return key(schema, options.expected, readText, options);
}

export function choice<const C extends string, D extends C | undefined = undefined>(
  choices: readonly C[],
  options: KeyOptions<C> & WithDefault<D>,
): Key<C | D> {
  const schema = Type.Enum([...choices]);
  const expected = `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
  return key(schema, expected, readChoice, options);
}

/** A list whose items may be written as texts in one line, separated by commas or spaces, or as a YAML list. */
export function list<T>(
  options: KeyOptions<readonly T[]> & {
    readonly expected: string;
    readonly item: TSchema;
    /** Turns one written item into a value; leaves alone what it can't read, for the schema to refuse. */
    readonly readItem: (raw: unknown) => unknown;
  },
): Key<readonly T[]> {
  const read = (raw: unknown) => itemsOf(raw).map(options.readItem);
  return key(Type.Array(options.item), options.expected, read, { ...options, default: [] });
}

function key<T, D>(
  schema: TSchema,
  expected: string,
  read: (raw: unknown) => unknown,
  options: KeyOptions<T> & WithDefault<D>,
): Key<T | D> {
  return {
    schema,
    expected,
    description: options.description,
    // Absent means `undefined`, which the callers' types say too: D is `undefined` then.
    default: options.default as D,
    defaultText: options.defaultText,
    env: options.env ?? [],
    secret: options.secret ?? false,
    accept(raw) {
      const value = read(raw);
      if (typeof value === "string" && options.placeholder?.test(value) === true) {
        return { kind: "placeholder", expected: options.placeholder.expected };
      }
      if (!Check(schema, value)) return { kind: "refused", expected };
      const problem = options.problem?.(value as T);
      return problem === undefined ? { kind: "value", value: value as T } : { kind: "refused", expected: problem };
    },
  };
}

const YES = new Set(["true", "yes", "on", "1"]);
const NO = new Set(["false", "no", "off", "0"]);

function readFlag(raw: unknown): unknown {
  if (raw === 1) return true;
  if (raw === 0) return false;
  if (typeof raw !== "string") return raw;
  const word = raw.trim().toLowerCase();
  if (YES.has(word)) return true;
  return NO.has(word) ? false : raw;
}

const NUMBER = /^[+-]?\d+(?:\.\d+)?$/;

function readNumber(raw: unknown): unknown {
  return typeof raw === "string" && NUMBER.test(raw.trim()) ? Number(raw) : raw;
}

/** YAML reads an unquoted password such as 12345 as a number. */
function readText(raw: unknown): unknown {
  return typeof raw === "number" || typeof raw === "boolean" ? String(raw) : raw;
}

function readChoice(raw: unknown): unknown {
  return typeof raw === "string" ? raw.trim().toLowerCase() : raw;
}

function itemsOf(raw: unknown): readonly unknown[] {
  if (Array.isArray(raw)) return raw;
  if (typeof raw !== "string") return [raw];
  // Items that are more than words come as JSON where YAML can't be written.
  if (/^\s*\[\s*\{/.test(raw)) return jsonItems(raw);
  return raw.split(/[\s,]+/).filter((item) => item !== "");
}

function jsonItems(raw: string): readonly unknown[] {
  try {
    const items: unknown = JSON.parse(raw);
    return Array.isArray(items) ? items : [raw];
  } catch {
    return [raw];
  }
}
