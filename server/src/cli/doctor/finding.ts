/** What a check of `sixpack doctor` found, and how it is printed. */
import { styleText } from "node:util";

export type Level = "ok" | "warn" | "fail";

export interface Finding {
  readonly level: Level;
  readonly subject: string;
  /** What is there. */
  readonly text: string;
  /** What to do about it; missing where there is nothing to do. */
  readonly advice?: string;
}

export function ok(subject: string, text: string): Finding {
  return { level: "ok", subject, text };
}

export function warn(subject: string, text: string, advice: string): Finding {
  return { level: "warn", subject, text, advice };
}

export function fail(subject: string, text: string, advice: string): Finding {
  return { level: "fail", subject, text, advice };
}

const COLORS = { ok: "green", warn: "yellow", fail: "red" } as const;

/** `fail  data folder: … → what to do`, on one line, so that it can be searched. */
export function findingLine({ level, subject, text, advice }: Finding, colored: boolean): string {
  const word = level.padEnd(4);
  const head = `${colored ? styleText(COLORS[level], word) : word}  ${subject}: ${text}`;
  return advice === undefined ? head : `${head} → ${advice}`;
}
