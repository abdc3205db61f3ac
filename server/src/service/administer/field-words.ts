/** The fields of an act in words, made of their schemas: for docs/http-api.md and for agents. */
import { grouped } from "../../lib/text.ts";
import type { Fields } from "./act.ts";
import { WHOLE_NUMBER_MAX } from "./fields.ts";

/** What is said of a field beside its type. */
interface Described {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Described[];
  readonly items?: Described;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** `` `owner` (at most 255 characters), `clear` (`true`, `false`) ``; empty without fields. */
export function fieldsText(fields: Fields): string {
  return Object.entries(fields)
    .map(([name, schema]) => {
      const words = wordsOf(schema);
      return words.length === 0 ? `\`${name}\`` : `\`${name}\` (${words.join("; ")})`;
    })
    .join(", ");
}

function wordsOf(field: Described): readonly string[] {
  const choices = choicesOf(field).map((value) => `\`${value}\``);
  return [
    ...(choices.length === 0 ? [] : [choices.join(", ")]),
    ...(field.description === undefined ? [] : [field.description]),
    ...limitsOf(field),
    ...(field.default === undefined ? [] : [`left out: \`${field.default}\``]),
  ];
}

/** Without the empty text, which stands for nothing chosen. */
function choicesOf({ type, enum: values = [], anyOf = [], items }: Described): readonly string[] {
  if (type === "boolean") return ["true", "false"];
  const more = [...anyOf, ...(items === undefined ? [] : [items])];
  return [...values.filter((value) => value !== ""), ...more.flatMap(choicesOf)];
}

function limitsOf({ anyOf = [], items, maxLength, minItems, maxItems, ...number }: Described): readonly string[] {
  return [
    ...(maxLength === undefined ? [] : [`at most ${grouped(maxLength)} characters`]),
    ...(maxItems === undefined ? [] : [minItems === maxItems ? `${maxItems} values` : `at most ${maxItems}`]),
    ...rangeOf(number),
    ...anyOf.flatMap(limitsOf),
    ...(items === undefined ? [] : limitsOf(items).map((limit) => `each ${limit}`)),
  ];
}

function rangeOf({ minimum, exclusiveMinimum, maximum }: Described): readonly string[] {
  const least = minimum ?? exclusiveMinimum;
  // Numbers that the server gave out need no range.
  if (least === undefined || maximum === WHOLE_NUMBER_MAX) return [];
  const from = exclusiveMinimum === undefined ? `from ${least}` : `above ${least}`;
  return [maximum === undefined ? from : `${from} to ${grouped(maximum)}`];
}
