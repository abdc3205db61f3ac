/** Readers of options that are numbers, or lengths of time. Each throws InvalidArgumentError for what is none, or out of range. */
import { InvalidArgumentError } from "commander";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../lib/time.ts";

export function within(min: number, max: number): (raw: string) => number {
  return (raw) => {
    const value = Number(raw);
    if (raw.trim() !== "" && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a number from ${min} to ${max}.`);
  };
}

export function whole(min: number, max: number): (raw: string) => number {
  return (raw) => {
    if (/^\d+$/.test(raw) && Number(raw) >= min && Number(raw) <= max) return Number(raw);
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

/** A fraction, or a percentage with its sign. */
export function share(min: number, max: number): (raw: string) => number {
  return (raw) => {
    const match = /^([+-]?(?:\d+\.?\d*|\.\d+))\s*(%?)$/.exec(raw.trim());
    const value = Number(match?.[1]) / (match?.[2] === "%" ? 100 : 1);
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a fraction from ${min} to ${max}, or a percentage.`);
  };
}

const UNITS_MS: ReadonlyMap<string, number> = new Map(
  Object.entries({ s: 1_000, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS }),
);

/** `90s`, `30m`, `12h`, `14d`, in milliseconds. */
export function duration(raw: string): number {
  const [, count = "", unit = ""] = /^(\d{1,6})([smhd])$/.exec(raw.trim()) ?? [];
  const unitMs = UNITS_MS.get(unit);
  if (unitMs !== undefined && Number(count) > 0) return Number(count) * unitMs;
  throw new InvalidArgumentError("Expected a length of time such as 90s, 30m, 12h or 14d.");
}

/** One that a timer can hold: at most a day. */
export function interval(raw: string): number {
  const lengthMs = duration(raw);
  if (lengthMs <= DAY_MS) return lengthMs;
  throw new InvalidArgumentError("Expected at most a day, 1d.");
}
