/** What a check of `sixpack doctor` found. */

type Level = "ok" | "warn" | "fail";

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
