/**
 * Numbers and times as people read them. One place, so that a figure looks the same in a table, a chart and a sentence.
 * `null` is a figure that does not exist and shows as a dash.
 */
import { grouped, inPercent, plural } from "../../../lib/text.ts";

/** What stands where there is no figure. */
export const NOTHING = "–";
const MINUS = "−";
const INFINITY = "∞";

const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** `1,234,567` */
export function count(value: number): string {
  return signed(grouped(value));
}

/** `1.2M`; up to 999,999 in full. */
export function shortCount(value: number): string {
  return value < 1_000_000 ? count(value) : short.format(value);
}

/** A fraction as percent with the digits that mean something: `4.83%`, `0.021%`, `57.1%`. */
export function rate(fraction: number | null): string {
  if (fraction === null) return NOTHING;
  const percent = Math.abs(inPercent(fraction));
  const digits =
    percent >= 10 || percent === 0 ? 1 : percent >= 1 ? 2 : Math.min(6, 1 - Math.floor(Math.log10(percent)));
  return `${signed(inPercent(fraction).toFixed(digits))}%`;
}

/** A chance in whole percent: `63%`. What is only near 0 or 1 is never shown as certain. */
export function chance(fraction: number | null): string {
  if (fraction === null) return NOTHING;
  if (fraction < 0.001) return "<0.1%";
  if (fraction > 0.999) return ">99.9%";
  return share(fraction);
}

/** A part of a whole: `63%`, `0.4%`, `100%`, `0.0010%`. */
export function share(fraction: number | null): string {
  if (fraction === null) return NOTHING;
  const percent = inPercent(fraction);
  // Little is not nothing.
  if (percent > 0 && percent < 0.05) return rate(fraction);
  const isFine = (percent > 0 && percent < 1) || (percent > 99 && percent < 100);
  return `${isFine ? percent.toFixed(1) : percent.toFixed(0)}%`;
}

/** From here on, in percent, an uplift is only very large. */
const UPLIFT_PERCENT_MAX = 1_000;

/**
 * `+12.3%`, `−4.1%`, `+0.06%`, `> +1,000%`, with its sign.
 * @param within the range that it is the estimate of: two digits of its width are written, where it is narrow
 */
export function uplift(fraction: number | null, within?: Limits): string {
  if (fraction === null) return NOTHING;
  const percent = inPercent(fraction);
  if (percent > UPLIFT_PERCENT_MAX) return `> +${grouped(UPLIFT_PERCENT_MAX)}%`;
  const digits = Math.abs(percent) >= 100 ? 0 : upliftDigits(within, Math.abs(percent));
  const text = signed(percent.toFixed(digits));
  return `${text.startsWith(MINUS) || Number(text) === 0 ? "" : "+"}${text}%`;
}

const DIGITS_MAX = 6;

/** @param percent the uplift, whose own size counts where it stands alone */
function upliftDigits(within: Limits | undefined, percent: number): number {
  const { lower, upper } = within ?? { lower: 0, upper: percent / 100 };
  if (lower === null || upper === null) return 1;
  const width = (upper - lower) * 100;
  return width <= 0 ? 1 : Math.min(DIGITS_MAX, Math.max(1, 1 - Math.floor(Math.log10(width))));
}

export interface Limits {
  readonly lower: number | null;
  readonly upper: number | null;
}

/** `+3.1% to +21.9%`; an open side is infinite. */
export function upliftRange(limits: Limits): string {
  const { lower, upper } = limits;
  const start = lower === null ? `${MINUS}${INFINITY}` : uplift(lower, limits);
  return `${start} to ${upper === null ? `+${INFINITY}` : uplift(upper, limits)}`;
}

/** `4.1% to 5.2%` */
export function rateRange({ lower, upper }: Limits): string {
  return `${rate(lower ?? 0)} to ${rate(upper ?? 1)}`;
}

/** A p-value with two digits that count: `0.032`, `<0.0001`. */
export function probability(p: number): string {
  if (p < 0.0001) return "<0.0001";
  return p >= 0.1 ? p.toFixed(2) : p.toPrecision(2);
}

/** `12.3`: a plain figure with up to two decimals. */
export function decimal(value: number | null, digits = 2): string {
  return value === null ? NOTHING : signed(value.toFixed(digits));
}

/** `12.30 €`: a mean value in the unit of its KPI. */
export function amount(value: number | null, unit: string | null): string {
  return value === null || unit === null ? decimal(value) : `${decimal(value)} ${unit}`;
}

/** `12.5 € per conversion`; empty where it isn't known. */
export function averageText(average: number | null, unit: string | null): string {
  return average === null ? "" : `${amount(average, unit)} per conversion`;
}

/** `2025-03-01 12:00 UTC` */
export function moment(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** `2025-03-01` */
export function date(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

const SHORT = {
  minute: new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" }),
  hour: new Intl.DateTimeFormat("en", {
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: "UTC",
  }),
  day: new Intl.DateTimeFormat("en", { month: "short", day: "numeric", timeZone: "UTC" }),
};

/** For an axis: `12:00`, `Mar 1, 12:00`, `Mar 1`; in UTC as everywhere. */
export function shortMoment(atMs: number, grain: keyof typeof SHORT): string {
  return SHORT[grain].format(atMs);
}

/** The day of the last traffic, from today: days are the finest that the store keeps. */
export function dayAgo(day: number | null, today: number): string {
  if (day === null) return "never";
  const days = today - day;
  if (days <= 0) return "today";
  return days === 1 ? "yesterday" : `${plural(days, "day")} ago`;
}

/** A minus that is as wide as a plus; `toFixed` writes a hyphen, and −0 is nothing. */
function signed(text: string): string {
  return /^-0(\.0+)?$/.test(text) ? text.slice(1) : text.replace("-", MINUS);
}

/** "3 of 20 conversions", "values worth 12 of 40 equal ones": what there is of what it takes. */
export function haveOf({
  have,
  need,
  what,
}: {
  readonly have: number;
  readonly need: number;
  readonly what: keyof typeof ENOUGH_WORDS;
}): string {
  const [before, after] = ENOUGH_WORDS[what];
  return `${before}${count(have)} of ${count(need)} ${after}`;
}

const ENOUGH_WORDS = {
  conversions: ["", "conversions"],
  "non-conversions": ["", "visitors without a conversion"],
  values: ["values worth ", "equal ones"],
} as const;
