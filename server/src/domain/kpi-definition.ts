/**
 * A KPI as it is stored in the definition of an experiment: what people said about it, and what the server found out.
 * What is left out has its default. The place in the list is the number by which records and tallies know it, so it
 * never changes: the default KPI comes first, then the named ones in the order in which they came.
 *
 *     [{ name: null, counts: "value", label: "Order (€)" }, { name: "signup" }, { name: "spam", dropped: true }]
 */
import { SixpackError } from "./errors.ts";
import { type KpiName, oneOf, quote } from "./names.ts";
import type { Day } from "./period.ts";
import type { CappedAmount, Caps } from "./tally.ts";

/**
 * The figure by which a KPI is shown and decided: the `rate` of participants who reached it, or the mean per participant of
 * their `value`, or of the number of their conversions (`events`).
 */
export const COUNTED = ["rate", "value", "events"] as const;
export type Counted = (typeof COUNTED)[number];

/** Whether a KPI that counts so is judged by a mean. */
export function isOfMean(counts: string | undefined): counts is Exclude<Counted, "rate"> {
  return counts === "value" || counts === "events";
}

/** Which way of its figure is better; the first is usual. */
export const BETTER = ["higher", "lower"] as const;

export interface KpiDefinition {
  /** `null` of the default KPI. */
  readonly name: KpiName | null;
  /** What people call it; may end with a unit in brackets: `Revenue (€)`. @default its name */
  readonly label?: string;
  /** Set by a person, or written down by the server when the first value came. @default "rate" */
  readonly counts?: Counted;
  /** @default "higher" */
  readonly better?: "lower";
  /** The most that one client's total counts for. */
  readonly cap?: Cap;
  /** A conversion counts up to so many days after the day on which its client joined. @default without end */
  readonly windowDays?: number;
  /** Neither counted nor shown until a person brings it back. */
  readonly dropped?: true;
}

export interface Cap {
  /** Above 0; missing while the percentile waits for its data, and nothing is capped. */
  readonly amount?: number;
  /** It is, or is to be, the 99th percentile of the totals of those who reached the KPI, of all alternatives together. */
  readonly p99?: true;
  /** Whether it was set when values had come already. */
  readonly late?: true;
}

/** What a person may say of a KPI; `undefined` leaves it as it is, an empty text takes it back. */
export interface RawKpiSettings {
  readonly label?: string | undefined;
  readonly counts?: string | undefined;
  readonly better?: string | undefined;
  /** An amount, or `p99`. */
  readonly cap?: string | undefined;
  readonly windowDays?: string | undefined;
}

/** The 99th percentile, as people write it. */
export const P99 = "p99" as const;

/** Longest text of a cap. */
export const CAP_LENGTH_MAX = 40;

/** Longest window, in days: ten years. */
export const WINDOW_DAYS_MAX = 3_650;

/** Longest label, in UTF-16 code units. */
export const LABEL_LENGTH_MAX = 80;

export const DEFAULT_KPI: KpiDefinition = { name: null };

const capsKnown = new WeakMap<readonly KpiDefinition[], Caps>();

/** Asked for at each conversion, so it is made once for each list. */
export function capsOf({ kpis }: { readonly kpis: readonly KpiDefinition[] }): Caps {
  const known = capsKnown.get(kpis);
  if (known !== undefined) return known;
  const caps = new Map(
    kpis.flatMap(({ cap, counts }, number) => {
      const of = counts === "events" ? "events" : "value";
      if (cap?.amount === undefined && of === "value") return [];
      return [[number, { of, cap: cap?.amount ?? Number.POSITIVE_INFINITY } satisfies CappedAmount] as const];
    }),
  );
  capsKnown.set(kpis, caps);
  return caps;
}

export function hasSameCaps(one: { readonly kpis: readonly KpiDefinition[] }, other: typeof one): boolean {
  return sameCaps(capsOf(one), capsOf(other));
}

export function sameCaps(caps: Caps, others: Caps): boolean {
  const isSame = ([kpi, { of, cap }]: readonly [number, CappedAmount]) =>
    others.get(kpi)?.cap === cap && others.get(kpi)?.of === of;
  return caps === others || (caps.size === others.size && [...caps].every(isSame));
}

/** Whether its cap is a percentile that was not taken yet. */
export function awaitsPercentile({ cap }: KpiDefinition): boolean {
  return cap?.p99 === true && cap.amount === undefined;
}

/** Whether a conversion of that KPI comes later than its window lets it. */
export function isTooLate({ windowDays }: KpiDefinition, joined: Day, day: Day): boolean {
  return windowDays !== undefined && day > joined + windowDays;
}

/** Reads the list as it was stored before 28 November 2026: names, and the dropped ones in a list of their own. */
export function kpisOfNames(names: readonly KpiName[], dropped: readonly string[] = []): readonly KpiDefinition[] {
  const isDropped = new Set(dropped);
  return [DEFAULT_KPI, ...names.map((name) => (isDropped.has(name) ? { name, dropped: true as const } : { name }))];
}

/** @throws SixpackError invalid-form */
export function withSettings(kpi: KpiDefinition, raw: RawKpiSettings): KpiDefinition {
  const { label, counts, better, cap, windowDays, ...rest } = kpi;
  const next = {
    label: pick(raw.label, label, parseLabel),
    counts: pick(raw.counts, counts, parseCounted),
    better: pick(raw.better, better, parseBetter),
    cap: pick(raw.cap, cap, (text) => sameCap(cap, parseCap(text))),
    windowDays: pick(raw.windowDays, windowDays, parseWindow),
  };
  // A percentile of values is none of numbers of conversions.
  if (next.cap?.p99 === true && (counts === "events") !== (next.counts === "events")) next.cap = { p99: true };
  return { ...rest, ...Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined)) };
}

/** As people write it. */
export function capText({ amount, p99 }: Cap): string {
  return p99 === true ? P99 : String(amount);
}

/** What a new life begins with: its data were not seen when the cap was chosen. */
export function withoutLateness(kpi: KpiDefinition): KpiDefinition {
  if (kpi.cap?.late === undefined) return kpi;
  const { late: _, ...cap } = kpi.cap;
  return { ...kpi, cap };
}

/** One that was said again stays as it is: a percentile is taken once. */
function sameCap(before: Cap | undefined, next: Cap): Cap {
  return before !== undefined && capText(before) === capText(next) ? before : next;
}

/** Whether a person said something about it that the server could not find out again by itself. */
export function isDescribed({ name: _name, dropped: _dropped, counts, ...more }: KpiDefinition): boolean {
  return (counts !== undefined && counts !== "value") || Object.keys(more).length > 0;
}

/** `Revenue (€)` → `Revenue` and `€`. */
export function partsOfLabel(label: string): { readonly text: string; readonly unit: string | null } {
  const [, text, unit] = /^(.*\S)\s*\(([^()]{1,12})\)$/.exec(label) ?? [];
  return text === undefined || unit === undefined ? { text: label, unit: null } : { text, unit };
}

function pick<T>(raw: string | undefined, before: T | undefined, parse: (text: string) => T | undefined) {
  if (raw === undefined) return before;
  const text = raw.trim();
  return text === "" ? undefined : parse(text);
}

function parseLabel(text: string): string {
  if (text.length <= LABEL_LENGTH_MAX && !/[\p{Cc}\p{Cs}]/u.test(text)) return text;
  throw new SixpackError(
    "invalid-form",
    `Expected \`label\` of at most ${LABEL_LENGTH_MAX} characters in one line, got ${quote(text)}`,
  );
}

function parseCap(text: string): Cap {
  if (text === P99) return { p99: true };
  const amount = /^\d+(\.\d+)?(e[+-]?\d{1,3})?$/i.test(text) ? Number(text) : Number.NaN;
  if (amount > 0 && amount < Number.POSITIVE_INFINITY) return { amount };
  throw new SixpackError("invalid-form", `Expected \`cap\` as an amount above 0 or ${P99}, got ${quote(text)}`);
}

function parseWindow(text: string): number {
  const days = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (days <= WINDOW_DAYS_MAX) return days;
  throw new SixpackError(
    "invalid-form",
    `Expected \`window_days\` as a whole number of days from 0 to ${WINDOW_DAYS_MAX}, got ${quote(text)}`,
  );
}

function parseCounted(text: string): Counted {
  return oneOf("counts", COUNTED, text, "invalid-form");
}

function parseBetter(text: string): "lower" | undefined {
  return oneOf("better", BETTER, text, "invalid-form") === "lower" ? "lower" : undefined;
}
