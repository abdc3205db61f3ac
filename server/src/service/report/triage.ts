/**
 * Sorts experiments by what they need from a person, one word each, so that a list begins with those that need a
 * decision.
 */
import type { Experiment } from "../../domain/experiment.ts";
import type { Verdict } from "../../stats/report.ts";
import type { Check } from "../analysis/check.ts";

/** In the order of a list: what a person has to do something about stands first. */
export const TRIAGES = ["decide", "broken", "winner", "silent", "running", "early", "ended"] as const;
export type Triage = (typeof TRIAGES)[number];

/** What the verdict alone says. A new verdict doesn't compile without a line here. */
const BY_VERDICT: Readonly<Record<Verdict["kind"], "decide" | "broken" | "running" | "early">> = {
  "roll-back": "decide",
  ship: "decide",
  hold: "decide",
  "keep-control": "decide",
  "no-clear-winner": "decide",
  inconclusive: "decide",
  "sample-ratio-mismatch": "broken",
  contradiction: "broken",
  "no-inference": "early",
  "too-early": "early",
  "keep-running": "running",
};

const VERDICTS = Object.keys(BY_VERDICT);

/** @param concerns checks that ask for something to be done */
export function triageOf(
  { archived, winner }: Pick<Experiment, "archived" | "winner">,
  verdict: Verdict["kind"],
  concerns: readonly Check[],
): Triage {
  if (archived) return "ended";
  if (winner !== null) return "winner";
  const said = BY_VERDICT[verdict];
  if (said === "broken" || concerns.some(({ word }) => word === "fail")) return "broken";
  if (said === "decide") return said;
  return concerns.some(({ kind }) => kind === "traffic") ? "silent" : said;
}

/** Place of an experiment among decisions: by its word, then by how much waiting costs. */
export function urgency(triage: Triage, verdict: Verdict["kind"] | undefined): number {
  const within = verdict === undefined ? 0 : VERDICTS.indexOf(verdict);
  return TRIAGES.indexOf(triage) * VERDICTS.length + within;
}
