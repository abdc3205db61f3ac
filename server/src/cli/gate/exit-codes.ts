/** A verdict as a word and an exit code: a contract with whoever wrote a pipeline. docs/automation.md has the same table. */
import type { Verdict } from "../../stats/report.ts";
import type { ExitCode } from "../world.ts";

/** What a pipeline tells apart. Several verdicts may be one word: there is no difference to ship, whichever way that was shown. */
export const OUTCOMES = {
  ship: 0,
  "keep-running": 10,
  "too-early": 11,
  "no-difference": 20,
  hold: 21,
  "roll-back": 30,
  "do-not-use": 40,
} as const satisfies Readonly<Record<string, ExitCode>>;

export type Outcome = keyof typeof OUTCOMES;

/** A new verdict doesn't compile without a line here. */
const OUTCOME_OF: Readonly<Record<Verdict["kind"], Outcome>> = {
  ship: "ship",
  "keep-running": "keep-running",
  "too-early": "too-early",
  "keep-control": "no-difference",
  "no-clear-winner": "no-difference",
  inconclusive: "no-difference",
  hold: "hold",
  "roll-back": "roll-back",
  "sample-ratio-mismatch": "do-not-use",
  contradiction: "do-not-use",
  "no-inference": "do-not-use",
};

export const VERDICT_KINDS = Object.keys(OUTCOME_OF) as Verdict["kind"][];

export function outcomeOf(kind: Verdict["kind"]): Outcome {
  return OUTCOME_OF[kind];
}

/** Whether more data may still change what this says: the others are the end of an experiment, or want a person. */
export function isOpen(outcome: Outcome): boolean {
  return outcome === "keep-running" || outcome === "too-early" || outcome === "hold";
}

export function isOutcome(word: string): word is Outcome {
  return Object.hasOwn(OUTCOMES, word);
}
