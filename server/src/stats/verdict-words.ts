/** What happened to a KPI, by how much, and what is missing, in words for a sentence that anybody may read. */
import { shownName } from "../lib/shown-name.ts";
import { grouped, inPercent } from "../lib/text.ts";
import { gainOf, leastGain } from "./direction.ts";
import { seenIn } from "./reached.ts";
import type { Comparison, Evidence, KpiReport, Report } from "./report.ts";
import { decidingArms, figureOf } from "./shown.ts";
import type { SeenEffect, Standing } from "./standing.ts";

/** Of a winner that was shown before the planned look. */
export const OVERSTATED = "Expect somewhat less: an estimate from an early stop tends to be too large.";

/** An arm on one KPI, beside its comparison with the baseline. */
export interface Compared {
  readonly arm: number;
  readonly name: string;
  readonly kpi: KpiReport;
  readonly comparison: Comparison;
}

/** Longest name that a sentence holds whole, in characters. */
const NAME_SHOWN_MAX = 50;
/** A name that reads as one word within a sentence. */
const WORD = /^[\p{L}\p{N}_#@](?:[\p{L}\p{M}\p{N}_#@/+=\-.]*[\p{L}\p{M}\p{N}_])?$/u;

/** An alternative within a sentence: cut where its name is long, and quoted where its ends could not be told. */
export function named(name: string): string {
  const shown = shownName(name);
  const bare = shown === name ? name : shown.slice(1, -1);
  const characters = [...bare];
  const cut = characters.length > NAME_SHOWN_MAX ? `${characters.slice(0, NAME_SHOWN_MAX - 1).join("")}…` : bare;
  return cut === name && WORD.test(cut) ? cut : `"${cut}"`;
}

/** A KPI within a sentence. Only the words for the KPI without a name have blanks; people call participants visitors. */
export function called({ name, label = null }: Pick<KpiReport, "name"> & Partial<Pick<KpiReport, "label">>): string {
  if (label !== null) return named(label);
  return /^[a-z]+( [a-z]+)+$/.test(name) ? name.replace("participant", "visitor") : named(name);
}

/** Most items that a sentence lists. */
const LISTED_MAX = 4;

/** "b", "b and c", "b, c and d", "b, c, d and 3 more". */
export function listed(items: readonly string[]): string {
  const shown = items.length > LISTED_MAX ? [...items.slice(0, LISTED_MAX - 1), `${items.length - 3} more`] : items;
  return shown.length < 2 ? (shown[0] ?? "") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

export function splitText(arms: Report["arms"], alarm: boolean): string {
  if (!alarm) return "the traffic split was wrong at an earlier time";
  const off = ({ share, expectedShare }: Report["arms"][number]): number =>
    Math.abs((share ?? 0) - (expectedShare ?? 0)) / Math.sqrt(Math.max(expectedShare ?? 0, Number.MIN_VALUE));
  const [most] = arms.toSorted((one, other) => off(other) - off(one));
  const told = arms.length > LISTED_MAX && most !== undefined ? [most] : arms;
  const text = (digits: number, shares: readonly (number | null)[]): string =>
    shares.map((share) => `${Number(inPercent(share ?? 0).toFixed(digits))}%`).join(" / ");
  const observed = told.map(({ share }) => share);
  const expected = told.map(({ expectedShare }) => expectedShare);
  // With many participants a difference is certain although one digit does not show it.
  const digits = [1, 2, 3, 4].find((count) => text(count, observed) !== text(count, expected)) ?? 4;
  const shares = `${text(digits, observed)}, expected ${text(digits, expected)}`;
  return told === arms
    ? `the traffic split is ${shares}`
    : `the traffic split is wrong, most for ${named(most?.name ?? "")} with ${shares}`;
}

/** What a verdict tells of an arm: today's figures where they show the conclusion, else those of the day that did. */
export interface Told {
  readonly seen: Pick<Standing, "difference" | "uplift">;
  /** The day; `null` is today. */
  readonly on: string | null;
}

export function toldOf({ comparison }: Pick<Compared, "comparison">): Told {
  const { conclusion, conclusionNow, reached } = comparison;
  if (reached === null || conclusionNow === conclusion) return { seen: seenIn(comparison), on: null };
  return { seen: reached, on: reached.on };
}

/** "up 60.0% (at least 21.1%)": of something better. */
export function gainText(evidence: Evidence, compared: Compared, { seen }: Told): string {
  const { kpi } = compared;
  const [effect, { text, each }] = scaleOf(evidence, kpi, seen);
  if (effect.estimate === null) return "better";
  const least = leastGain({ lower: effect.lower, upper: effect.upper }, kpi.better);
  // Holm may find what Bonferroni's slightly wider interval does not.
  const atLeast = least !== null && gainOf(least, kpi.better) > 0 ? ` (at least ${text(Math.abs(least))})` : "";
  return `${wordFor(evidence, kpi, seen, effect.estimate)} ${text(Math.abs(effect.estimate))}${each}${atLeast}`;
}

/** "down by 18.8% to 65.6%": of something worse, from its least to its most. */
export function harmText(evidence: Evidence, compared: Compared, { seen, on }: Told): string {
  const { kpi, arm, name } = compared;
  const [{ lower, upper }, { text, unit, each }] = scaleOf(evidence, kpi, seen);
  const isUp = kpi.better === "lower";
  const [least, most] = isUp ? [lower, upper] : [upper, lower];
  const size = rangeText(text(Math.abs(least ?? 0)), most === null ? null : text(Math.abs(most)), unit);
  // Means of all days together may lie the other way round than the difference within stretches.
  const isTold = !isRelative(evidence, kpi, seen) && !evidence.sharesChanged && on === null;
  const against = evidence.arms[evidence.baseline]?.name ?? "control";
  const levels = `${named(against)} ${levelText(kpi, evidence.baseline)}, ${named(name)} ${levelText(kpi, arm)}`;
  const word = wordFor(evidence, kpi, seen, isUp ? 1 : -1);
  return `${isRelative(evidence, kpi, seen) ? `${word} by` : word} ${size}${each}${isTold ? ` (${levels})` : ""}`;
}

/** "18.8% to 65.6%", "4 to 5 €"; ends that read the same are said once. */
function rangeText(least: string, most: string | null, unit: string): string {
  if (most === null) return `at least ${least}`;
  return least === most ? least : `${least.slice(0, least.length - unit.length)} to ${most}`;
}

/** Whether all data so far point the other way than what an earlier look showed, without showing it. */
export function isTurned({ kpi, comparison }: Pick<Compared, "kpi" | "comparison">): boolean {
  const { reached, conclusion, conclusionNow, gate, difference } = comparison;
  if (reached === null || conclusionNow !== "undecided" || gate.kind !== "open") return false;
  const gain = gainOf(difference.estimate ?? 0, kpi.better);
  return conclusion === "better" ? gain < 0 : gain > 0;
}

/**
 * "and later days do not undo that. All data so far: +18.0% (-2.0% to +40.0%)." after a conclusion that today's figures alone
 * would not show.
 */
export function laterText({ baseline }: Evidence, { kpi, comparison }: Compared): string {
  const stands = "and later days do not undo that.";
  if (comparison.gate.kind !== "open") return `${stands} There is too little to say it again.`;
  const now = nowText(baseline, kpi, comparison);
  if (!isTurned({ kpi, comparison })) return `${stands} All data so far: ${now}.`;
  return `but all data so far lean the other way: ${now}. What was shown stands; before you act on it, look for what has changed since.`;
}

/** "+18.0% (-2.0% to +40.0%)": by all data so far. */
function nowText(baseline: number, kpi: KpiReport, { uplift, difference }: Comparison): string {
  const relative = uplift.estimate !== null && levelOf(kpi, baseline) >= 0;
  const { estimate, alwaysValid } = relative ? uplift : difference;
  const unit = (value: number): string => (relative ? percent(value) : amountText(kpi, value));
  const signed = (value: number | null, infinite: string): string =>
    value === null ? infinite : `${value > 0 ? "+" : ""}${unit(value)}`;
  const { lower, upper } = alwaysValid;
  return `${signed(estimate, "unknown")} (${signed(lower, "no lower limit")} to ${signed(upper, "no upper limit")})`;
}

type Effects = Pick<Standing, "difference" | "uplift">;

/** How the sizes of an effect are written. */
interface Scale {
  readonly text: (size: number) => string;
  /** What a text ends with that a range says once. */
  readonly unit: string;
  /** Of what an amount is. */
  readonly each: string;
}

const EACH = " per visitor";

const SHARES: Scale = { text: (size) => percent(size), unit: "", each: "" };

/** The scale that reads one way, and how its sizes are written. */
function scaleOf(evidence: Evidence, kpi: KpiReport, seen: Effects): readonly [SeenEffect, Scale] {
  if (isRelative(evidence, kpi, seen) && seen.uplift !== null) return [seen.uplift, SHARES];
  // The KPI without a name says it itself.
  const each = kpi.decidesOn === "rates" || called(kpi).endsWith(EACH) ? "" : EACH;
  return [seen.difference, { text: (size) => amountText(kpi, size), unit: unitText(kpi), each }];
}

/** Over a baseline below 0, or perhaps 0, only the difference reads one way. */
function isRelative({ baseline }: Evidence, kpi: KpiReport, { uplift }: Effects): boolean {
  return uplift !== null && uplift.estimate !== null && levelOf(kpi, baseline) >= 0;
}

/** A share is up or down, an amount higher or lower by so much. */
function wordFor(evidence: Evidence, kpi: KpiReport, seen: Effects, sign: number): string {
  if (isRelative(evidence, kpi, seen)) return sign > 0 ? "up" : "down";
  return sign > 0 ? "higher by" : "lower by";
}

export function levelOf(kpi: KpiReport, index: number): number {
  const arm = decidingArms(kpi)[index];
  return (arm === undefined ? null : figureOf(arm)) ?? 0;
}

function levelText(kpi: KpiReport, index: number): string {
  const value = levelOf(kpi, index);
  return kpi.decidesOn === "rates" ? percent(value) : amountText(kpi, value);
}

/** Percentage points of a rate; of a mean its amount, in the KPI's unit where it has one. */
export function amountText({ decidesOn, unit }: Pick<KpiReport, "decidesOn" | "unit">, value: number): string {
  return `${decidesOn === "rates" ? Number(inPercent(value).toPrecision(3)) : figure(value)}${unitText({ decidesOn, unit })}`;
}

function unitText({ decidesOn, unit }: Pick<KpiReport, "decidesOn" | "unit">): string {
  if (decidesOn === "rates") return " points";
  return unit === null ? "" : ` ${unit}`;
}

/** Two digits after the point, of small amounts two that count. */
function figure(value: number): string {
  return value !== 0 && Math.abs(value) < 0.1 ? String(Number(value.toPrecision(2))) : value.toFixed(2);
}

export function missingText(count: number, compared: readonly Compared[]): string {
  const [what = "conversions"] = compared.flatMap(({ comparison: { gate } }) =>
    gate.kind === "open" ? [] : gate.what,
  );
  const [one, many, worth = ""] = MISSING_WORDS[what];
  return `${worth}${grouped(count)} more ${count === 1 ? one : many}`;
}

/** How many values those are nobody can say: a large one among small ones, or a loss among gains, may take away more than it adds. */
const MISSING_WORDS = {
  conversions: ["conversion", "conversions"],
  "non-conversions": ["visitor without a conversion", "visitors without a conversion"],
  values: ["equal one", "equal ones", "values worth "],
} as const;

/** A measured share: one digit after the point, below 1 % two significant ones, so that what is not zero is never 0.0%. */
export function percent(fraction: number, digits = 1): string {
  const value = inPercent(fraction);
  if (value === 0 || digits !== 1 || Math.abs(value) >= 1) return `${value.toFixed(digits)}%`;
  return `${value.toPrecision(2)}%`;
}

/** A share that somebody set, with the digits it was set with. */
export function setPercent(fraction: number): string {
  return `${inPercent(fraction)}%`;
}
