/**
 * What an entry of the log changed, field by field, in words for people. Entries that set many fields keep them as
 * JSON, whole before and whole after; what stayed the same is of no interest.
 */
import { kpiPhrase } from "../../domain/kpi.ts";
import { percentOf } from "../../domain/traffic.ts";
import { grouped, plural } from "../../lib/text.ts";
import type { Activity } from "../../store/activity.ts";

export interface FieldChange {
  /** `null` where the entry is about one thing, which its word names. */
  readonly field: string | null;
  /** `null` is nothing. */
  readonly before: string | null;
  readonly after: string | null;
}

/** Nothing where the word of the entry says it all. Text that can't be read is shown as it is, and said to be that. */
export function fieldChanges({
  action,
  before,
  after,
}: Pick<Activity, "action" | "before" | "after">): readonly FieldChange[] {
  if (before === null && after === null) return [];
  const fieldsOf = FIELDS.get(action);
  if (fieldsOf === undefined) {
    const words = WORDS.get(action) ?? ((text: string) => text);
    const shown = (text: string | null) => (text === null ? null : words(text));
    return [{ field: null, before: shown(before), after: shown(after) }];
  }
  const [was, is] = [fieldsIn(before, fieldsOf), fieldsIn(after, fieldsOf)];
  if (was === undefined || is === undefined) {
    const shown = (text: string | null, fields: Fields | undefined) => (fields ? text : `can't be read: ${text}`);
    return [{ field: null, before: shown(before, was), after: shown(after, is) }];
  }
  return [...new Set([...was.keys(), ...is.keys()])]
    .map((field) => ({ field, before: was.get(field) ?? null, after: is.get(field) ?? null }))
    .filter((change) => change.before !== change.after);
}

/** By their names, as people say them; in the order in which they are shown. */
type Fields = Map<string, string>;
type FieldsOf = (value: unknown) => Fields;

/** What words that keep no JSON write for machines. */
const WORDS: ReadonlyMap<string, (text: string) => string> = new Map(
  Object.entries({
    "set-traffic": (text) => (Number.isFinite(Number(text)) ? `${percentOf(Number(text))}%` : text),
    "set-weights": shareWords,
    "set-policy": shareWords,
    reset: lostWords,
    delete: lostWords,
    restore: (text) => momentWords(lostWords(text)),
    "close-intake": momentWords,
    "open-intake": momentWords,
    share: momentWords,
  }),
);

const FIELDS: ReadonlyMap<string, FieldsOf> = new Map(
  Object.entries({
    "tell-about": plainFields,
    "change-notes": noteFields,
    "describe-kpi": kpiFields,
    "set-plan": planFields,
    "clear-plan": planFields,
    "set-schedule": plainFields,
    "clear-schedule": plainFields,
  }),
);

/** `undefined` where it can't be read: a later version may have written it. */
function fieldsIn(json: string | null, fieldsOf: FieldsOf): Fields | undefined {
  if (json === null) return new Map();
  try {
    return fieldsOf(JSON.parse(json));
  } catch {
    return undefined;
  }
}

/** What fields are called that are not called by their names. */
const NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    starts_at: "starts",
    close_intake: "takes nobody new in from",
    measure_for_days: "goes on measuring for",
    ends_at: "ends",
    on_harm: "on harm",
    participants: "visitors",
    minimumUplift: "smallest uplift that matters",
    power: "chance to find it",
    baselineRate: "rate today",
    baselineMean: "mean today",
    baselineDeviation: "standard deviation",
    rollBack: "rolling back in vain is bounded",
    windowDays: "days after joining that count",
  }),
);

const VALUES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    at_planned_size: "the planned size",
    alert: "tell people",
    close_intake: "take nobody new in",
    each: "for each guardrail",
  }),
);

/** A field of a later version is told by its own name, so that no change is invisible. */
function plainFields(value: unknown): Fields {
  const told = Object.entries(objectIn(value)).filter(([, one]) => one !== null && one !== "");
  return new Map(told.map(([field, one]) => [NAMES.get(field) ?? spaced(field), plainWords(field, one)]));
}

function plainWords(field: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((one) => plainWords(field, one)).join(", ");
  if (typeof value === "number") return numberWords(field, value);
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return momentWords(VALUES.get(text) ?? text);
}

const FRACTIONS: ReadonlySet<string> = new Set(["minimumUplift", "power", "baselineRate"]);

function numberWords(field: string, value: number): string {
  if (FRACTIONS.has(field)) return `${percentOf(value)}%`;
  return field === "measure_for_days" ? plural(value, "day") : grouped(value);
}

function noteFields(value: unknown): Fields {
  const fields: Fields = new Map();
  for (const note of listIn(value).map(objectIn)) {
    const day = String(note["day"]);
    fields.set(day, [...(fields.has(day) ? [fields.get(day)] : []), String(note["text"])].join("; "));
  }
  return fields;
}

function kpiFields(value: unknown): Fields {
  const fields: Fields = new Map();
  for (const kpi of listIn(value).map(objectIn)) {
    const { name, cap, ...settings } = kpi;
    const told = { ...settings, ...(cap === undefined ? {} : { cap: capWords(cap) }) };
    for (const [field, one] of plainFields(told)) fields.set(`${phraseOf(name)}: ${field}`, one);
  }
  return fields;
}

function capWords(value: unknown): string {
  const { amount, p99, late } = objectIn(value);
  const words = [
    ...(p99 === true ? ["the 99th percentile"] : []),
    ...(typeof amount === "number" ? [grouped(amount)] : []),
    ...(late === true ? ["chosen after the data were seen"] : []),
  ];
  return words.join(", ");
}

/** What decides, by which figure; then what it takes. */
function planFields(value: unknown): Fields {
  const { primary, secondary, guardrails, size, ...more } = objectIn(value);
  const { kpi, decidesOn, better, ...settings } = objectIn(primary);
  const named = (kpis: unknown) => listIn(kpis).map(plannedWords).join(", ");
  const fields: Fields = new Map([
    ["decided by", phraseOf(kpi)],
    ["decided on", decidesOn === "mean" ? "mean per visitor" : "share of visitors"],
    ["better is", String(better)],
    ...plainFields(settings),
    ...(size === null ? [] : plainFields(size)),
    ["guarded by", named(guardrails)],
    ["also looks at", named(secondary)],
    ...plainFields(more),
  ]);
  for (const [field, text] of fields) if (text === "") fields.delete(field);
  return fields;
}

function plannedWords(value: unknown): string {
  const { kpi, better, margin } = objectIn(value);
  const { kind, value: size } = margin === undefined ? {} : objectIn(margin);
  const bound = typeof size !== "number" ? "" : kind === "relative" ? `${percentOf(size)}%` : grouped(size);
  const words = [
    ...(better === "lower" ? ["lower is better"] : []),
    ...(bound === "" ? [] : [`at most ${bound} worse`]),
  ];
  return `${phraseOf(kpi)}${words.length === 0 ? "" : ` (${words.join(", ")})`}`;
}

function phraseOf(kpi: unknown): string {
  return kpiPhrase(typeof kpi === "string" ? kpi : null);
}

/** `1500 participants`, as a life's end leaves it. */
function lostWords(text: string): string {
  return text.replace(/^(\d+) participants$/, (_, number) => plural(Number(number), "visitor"));
}

/** `a 90 %, b 10 %`, as version 0.1.0 logged it. */
function shareWords(text: string): string {
  return text.replace(/(\d) %/g, "$1%");
}

/** Moments are logged to the millisecond. */
function momentWords(text: string): string {
  return text.replace(/\b(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*Z/g, "$1 $2 UTC");
}

function spaced(field: string): string {
  return field.replaceAll("_", " ").replaceAll(/([a-z])([A-Z])/g, (_, end, start) => `${end} ${start.toLowerCase()}`);
}

/** @throws TypeError */
function objectIn(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError("Expected an object");
  return value as Readonly<Record<string, unknown>>;
}

/** @throws TypeError */
function listIn(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError("Expected a list");
  return value;
}
