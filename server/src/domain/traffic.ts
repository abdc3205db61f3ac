/** The traffic fraction: how much of the stream of clients an experiment takes in. */
import { SixpackError } from "./errors.ts";
import { quote } from "./names.ts";

/** A share in (0, 1], in any spelling that JavaScript reads as a finite number. @throws SixpackError invalid-traffic-fraction */
export function parseTrafficFraction(raw: string): number {
  const fraction = raw.trim() === "" ? Number.NaN : Number(raw);
  if (!(fraction > 0 && fraction <= 1)) {
    throw new SixpackError("invalid-traffic-fraction", `Expected \`traffic_fraction\` in (0, 1], got ${quote(raw)}`);
  }
  return fraction;
}

/** A share in percent, as people write it: `30`, `2.5`, `30 %`. @throws SixpackError invalid-traffic-fraction */
export function parseTrafficShare(raw: string): number {
  const text = raw.replace(/\s*%\s*$/, "");
  const percent = text.trim() === "" ? Number.NaN : Number(text);
  // What is too small for a fraction is none at all.
  if (!(percent / 100 > 0 && percent <= 100)) {
    throw new SixpackError("invalid-traffic-fraction", `Expected \`traffic_percent\` in (0, 100], got ${quote(raw)}`);
  }
  return percent / 100;
}

/** Whole percent from 1 to 100, the spelling of Sixpack 1.0. @throws SixpackError invalid-traffic-fraction */
export function parseTrafficPercent(raw: string): number {
  const percent = /^\d{1,3}$/.test(raw) ? Number(raw) : Number.NaN;
  if (!(percent >= 1 && percent <= 100)) {
    throw new SixpackError(
      "invalid-traffic-fraction",
      `Expected \`traffic_dist\` as whole percent from 1 to 100, got ${quote(raw)}`,
    );
  }
  return percent / 100;
}

/** A share as people write it: `30`, `2.5`, `0.0012`. Two decimals, or two digits of what is smaller than they show. */
export function percentOf(share: number): number {
  const percent = share * 100;
  return Number(percent >= 0.01 ? percent.toFixed(2) : percent.toPrecision(2));
}
