/**
 * The arguments of `/participate` and `/convert`, one row each. What reads them (`read.ts`), what refuses broken text
 * (`parse.ts`), `/openapi.json` and the table of docs/http-api.md are made of these rows: a new argument is a row here,
 * and a line in `parse.ts` that uses it.
 */
import { type TArray, type TSchema, Type } from "typebox";
import type { ErrorCode } from "../domain/errors.ts";
import { NAME_LENGTH_MAX } from "../domain/names.ts";
import type { Scope } from "../domain/scope.ts";

export type Verb = "participate" | "convert" | "link";

interface Argument {
  /** The calls that read it; "both" are `/participate` and `/convert`. */
  readonly of: Verb | "both" | "any";
  /** The calls that are refused without it. @default none */
  readonly required?: Verb | "any";
  /** What its text has to be; an array is an argument that may be given again and again. */
  readonly schema: TSchema;
  /** Markdown, as docs/http-api.md has it. */
  readonly meaning: string;
  /**
   * Set if this text identifies something. It is then never corrected, and a JSON number that would not keep its exact
   * text is refused with this code: JSON rounds large numbers, so that two ids could become one.
   */
  readonly identity?: ErrorCode;
  /**
   * Whether an identity may be `true` or `false`. Alternatives often are; a client id like that would be shared by
   * everybody, through a mistake.
   */
  readonly isName?: boolean;
  /**
   * Set if it changes more than the answer of one visitor: the scope that a caller needs on a public server. With
   * `reservedIf` this holds for some of its values only, which the code that reads it decides; without, the argument is
   * ignored in calls without a key.
   */
  readonly reserved?: Scope;
  readonly reservedIf?: string;
}

const TEXT = Type.String();
/** Lengths in JSON Schema are code points, as in `domain/names.ts`. */
export const NAME = Type.String({
  minLength: 1,
  maxLength: NAME_LENGTH_MAX,
  pattern: "^(?!\\.{1,2}$)[^\\u0000-\\u001f\\u007f-\\u009f]*$",
});
const YES = Type.Enum(["true", "y", "yes", "false"]);

export const ARGUMENTS = {
  experiment: {
    of: "any",
    required: "participate",
    reserved: "experiments",
    reservedIf: "it does not exist",
    schema: NAME,
    identity: "invalid-experiment-name",
    isName: true,
    meaning:
      "name of the experiment; `/convert` may leave it out and name a `kpi`, `/link` leaves it out for all of them",
  },
  client_id: {
    of: "any",
    required: "any",
    schema: TEXT,
    identity: "invalid-client-id",
    meaning: "who is randomised: any text without a null byte",
  },
  previous_id: {
    of: "any",
    required: "link",
    reserved: "link",
    schema: TEXT,
    identity: "invalid-client-id",
    meaning:
      "another id of the same person, such as that of the cookie before a login: both count as one participant from then on. See [two ids](#two-ids-of-one-person)",
  },
  alternatives: {
    of: "participate",
    required: "participate",
    schema: Type.Array(TEXT, { minItems: 2 }),
    identity: "invalid-alternative-name",
    isName: true,
    meaning: "two or more names, one argument each; the first one is the control",
  },
  force: {
    of: "participate",
    schema: TEXT,
    identity: "invalid-alternative-name",
    isName: true,
    meaning: "answers this alternative; one that does not exist is passed over",
  },
  record_force: {
    of: "participate",
    reserved: "force",
    schema: YES,
    meaning:
      "with `force`: records it for a client that has no alternative yet; not one that is retired or weighs nothing",
  },
  prefetch: {
    of: "participate",
    schema: YES,
    meaning:
      "answers what the client would get, and records nothing about it; an unknown experiment is made all the same",
  },
  traffic_fraction: {
    of: "participate",
    reserved: "traffic",
    reservedIf: "the experiment exists",
    schema: Type.Number({ exclusiveMinimum: 0, maximum: 1 }),
    meaning: "share of clients taken in, in (0, 1]; left out it leaves the stored one alone",
  },
  traffic_dist: {
    of: "participate",
    reserved: "traffic",
    reservedIf: "the experiment exists",
    schema: Type.Integer({ minimum: 1, maximum: 100 }),
    meaning: "the same in whole percent, 1 to 100, as in Sixpack 1.0; `traffic_fraction` counts before it",
  },
  weights: {
    of: "participate",
    reserved: "weights",
    schema: Type.Array(Type.Number({ minimum: 0 })),
    meaning:
      "one number per alternative, none negative, used for a new experiment only: `weights=3&weights=1` or `weights=3,1`",
  },
  covariate: {
    of: "participate",
    reserved: "covariate",
    schema: Type.Number(),
    meaning:
      "a number about the client from before the test, such as its orders of the last 90 days; that of the first participation counts. See [covariates](#covariates)",
  },
  kpi: {
    of: "convert",
    reserved: "kpis",
    reservedIf: "it is neither declared nor planned",
    schema: TEXT,
    identity: "invalid-kpi-name",
    isName: true,
    meaning: "name of the goal; the default KPI when left out",
  },
  value: {
    of: "convert",
    schema: Type.Number(),
    meaning: "number that the conversion is worth, such as a price",
  },
  id: {
    of: "convert",
    schema: TEXT,
    identity: "invalid-event-id",
    meaning:
      "identity of this event, chosen by the caller: one id of a client and KPI counts once within a day, however often it is sent and also when the clock is set back or ahead",
  },
  explain: {
    of: "participate",
    reserved: "explain",
    reservedIf: "the dashboard has a login, `api_keys` are set, or the server is `open`",
    schema: YES,
    meaning:
      "answers as ever and says why in `explanation`; nothing is made, changed or recorded. See [why](#why-a-client-sees-what-it-sees)",
  },
  user_agent: {
    of: "both",
    schema: TEXT,
    meaning: "of the visitor: robots are answered and never counted. An empty one is a robot's, as in 2.7",
  },
  ip_address: {
    of: "both",
    schema: TEXT,
    meaning: "of the visitor: ignored addresses are answered and never counted",
  },
  datetime: {
    of: "both",
    reserved: "datetime",
    reservedIf: "it is neither yesterday, today nor tomorrow",
    schema: TEXT,
    meaning:
      "ISO 8601 date, or date and time, from 1970-01-01 to 2149-06-06; the event counts on that date as written. Also a date of HTTP or mail, `2024/1/15`, `Jan 15 2024`; not `01/02/2024`, which is two dates. Today when left out",
  },
  callback: {
    of: "any",
    schema: Type.String({ pattern: "^\\w[\\w'\\-.]*$" }),
    meaning: "JSONP: the answer becomes a call of this function",
  },
} as const satisfies Readonly<Record<string, Argument>>;

type Table = typeof ARGUMENTS;
type ListName = { [N in keyof Table]: Table[N]["schema"] extends TArray ? N : never }[keyof Table];
type TextName = Exclude<keyof Table, ListName>;

/** The arguments of a call as text, and the names of unknown ones. */
export type Arguments = { [N in TextName]: string | undefined } & { [N in ListName]: string[] } & {
  unread: string[];
  /** By dimension, from `segment.<dimension>`. */
  segments: Map<string, string> | undefined;
};

/** The table, for look-ups by a name that may be unknown. */
export const ROWS = new Map<string, Argument>(Object.entries(ARGUMENTS));

const ENTRIES = [...ROWS] as readonly (readonly [keyof Table, Argument])[];

/** Where an argument is kept; its name is the constant that keeps the look-up in `Arguments` fast. */
export type Slot =
  | { readonly isList: false; readonly name: TextName }
  | { readonly isList: true; readonly name: ListName };

export const SLOTS: ReadonlyMap<string, Slot> = new Map(
  ENTRIES.map(([name, { schema }]) => [name, { isList: isList(schema), name } as Slot]),
);

/** An empty list, until there is an item: most calls name few of the lists. */
export const NO_ITEMS: string[] = [];
Object.freeze(NO_ITEMS);

const NONE = {
  ...Object.fromEntries(ENTRIES.map(([name, { schema }]) => [name, isList(schema) ? NO_ITEMS : undefined])),
  unread: NO_ITEMS,
  segments: undefined,
} as Arguments;

export function noArguments(): Arguments {
  return { ...NONE };
}

/** The rows of what a verb takes, in the order of the table. */
export function argumentsOf(verb: Verb): typeof ENTRIES {
  return ENTRIES.filter(([, { of }]) => of === "any" || of === verb || (of === "both" && verb !== "link"));
}

/** Ignores arguments that the caller may not use, as if they had been left out. */
export function passOver(args: Arguments, closed: ReadonlySet<Scope>): void {
  if (closed.size === 0) return;
  for (const [name, { reserved, reservedIf }] of ENTRIES) {
    if (reserved === undefined || reservedIf !== undefined || !closed.has(reserved)) continue;
    const slot = SLOTS.get(name);
    if (slot?.isList === true) args[slot.name] = NO_ITEMS;
    else if (slot !== undefined) args[slot.name] = undefined;
  }
}

function isList(schema: TSchema): boolean {
  return Object.hasOwn(schema, "items");
}
