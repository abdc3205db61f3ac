/** What a check of the health of an experiment is: a word, what was found, and what to do about it. */

/** Worst last. `wait`: there is too little to tell, which is no good news. */
const CHECK_WORDS = ["pass", "wait", "warn", "fail"] as const;
export type CheckWord = (typeof CHECK_WORDS)[number];

export const CHECK_TITLES = {
  "sample-ratio": "Sample ratio",
  traffic: "Traffic",
  rates: "Rates",
  values: "Values",
  excluded: "Left out",
  segments: "Segments",
  conflicts: "People with two ids",
  visitors: "Visitor filter",
  changes: "Changes during the test",
} as const;
type CheckKind = keyof typeof CHECK_TITLES;

export interface Check {
  readonly kind: CheckKind;
  readonly word: CheckWord;
  /** What was found, one sentence. */
  readonly finding: string;
  /** What to do about it; `null` where nothing is needed. */
  readonly advice: string | null;
}

/** The worst word of all checks. */
export function worstWord(checks: readonly Check[]): CheckWord {
  return CHECK_WORDS.findLast((word) => checks.some((check) => check.word === word)) ?? "pass";
}

/** Whether a person is to do something about it. */
export function isConcern({ word }: Check): boolean {
  return word === "warn" || word === "fail";
}

export function pass(kind: CheckKind, finding: string): Check {
  return { kind, word: "pass", finding, advice: null };
}

export function wait(kind: CheckKind, finding: string): Check {
  return { kind, word: "wait", finding, advice: null };
}

export function warn(kind: CheckKind, finding: string, advice: string): Check {
  return { kind, word: "warn", finding, advice };
}
