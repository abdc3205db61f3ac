/** Readers of options that are numbers. Each throws InvalidArgumentError for what is none, or out of range. */
import { InvalidArgumentError } from "commander";

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
