/**
 * Participants who have seen two alternatives: two ids that turned out to be one person's. The first exposure goes on
 * counting; here is how many there are, and whether there are as many either way.
 */
import type { Counts } from "../../domain/counts.ts";
import { isAdaptive } from "../../domain/epochs.ts";
import { currentShares, type Experiment } from "../../domain/experiment.ts";
import { sharesDiffer } from "../../stats/pooling.ts";
import type { Verdict } from "../../stats/report.ts";
import { EVIDENCE_ALARM, sampleRatioEvidence } from "../../stats/sample-ratio.ts";
import { sharesIn } from "./allocation.ts";

export interface Conflicts {
  /** Participants that are counted, and were in another alternative too. */
  readonly participants: number;
  /** Of all participants, in [0, 1]. */
  readonly share: number;
  /** How many ids were taken out, by the alternative that counts and the one that was seen later (`null`: none, outside). */
  readonly pairs: readonly { readonly first: string; readonly later: string | null; readonly ids: number }[];
  /**
   * Always valid: the chance that two alternatives differ so much in who was first, or more at any look, is below 1 in 1000.
   * Then seeing one of them makes people come back under another id, and no result counts.
   */
  readonly alarm: boolean;
  /**
   * What the report would say without these participants; `null` where it says nothing, as for a range of days, and where
   * shares are not equal.
   */
  readonly verdictWithout: Verdict | null;
}

/** `null` where nobody was in conflict. */
export function conflictsOf(experiment: Experiment, counts: Counts, verdictWithout: Verdict | null): Conflicts | null {
  const { inConflict, takenOut } = counts.conflicts;
  if (takenOut.size === 0 && inConflict.participants === 0) return null;
  const { alternatives } = experiment;
  const name = (index: number) => alternatives[index]?.name ?? "";
  const pairs = [...takenOut].flatMap(([first, later]) =>
    [...later].map(([index, ids]) => ({ first: name(first), later: index === null ? null : name(index), ids })),
  );
  return {
    participants: inConflict.participants,
    share: inConflict.participants / Math.max(1, counts.participants),
    pairs,
    alarm: hasConstantShares(experiment) && isLopsided(alternatives.length, takenOut),
    verdictWithout,
  };
}

/**
 * Of people who see two alternatives, as many see the one first as the other, whatever the shares: both are drawn, one
 * after the other. With shares that change in between that is no longer so.
 */
function isLopsided(alternatives: number, takenOut: Counts["conflicts"]["takenOut"]): boolean {
  const pairs = (alternatives * (alternatives - 1)) / 2;
  for (let one = 0; one < alternatives; one += 1) {
    for (let other = one + 1; other < alternatives; other += 1) {
      const observed = [takenOut.get(one)?.get(other) ?? 0, takenOut.get(other)?.get(one) ?? 0];
      const evidence = sampleRatioEvidence([{ observed, weights: [1, 1] }]);
      if (evidence >= Math.log(EVIDENCE_ALARM * pairs)) return true;
    }
  }
  return false;
}

/**
 * Whether leaving these participants out moves no comparison. Where shares differ it would: nine in ten of those who began in
 * an alternative of 10 % see another one too, and if they buy more than others, its buyers are gone.
 */
export function mayBeLeftOut(experiment: Experiment): boolean {
  const shares = currentShares(experiment).filter((share) => share > 0);
  return hasConstantShares(experiment) && new Set(shares).size === 1;
}

function hasConstantShares(experiment: Experiment): boolean {
  return !isAdaptive(experiment) && !sharesDiffer(experiment.epochs.map((_, epoch) => sharesIn(experiment, epoch)));
}
