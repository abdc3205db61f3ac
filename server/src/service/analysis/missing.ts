/**
 * What should be in the counts and is not: an alternative's participants, and conversions. Health, checks and alerts
 * all ask here, so that a page never calls healthy what a message complains of.
 */
import type { Counts } from "../../domain/counts.ts";
import { currentEpochNumber, currentShares, type Experiment, takesNewClients } from "../../domain/experiment.ts";
import { decidingKpi } from "../../domain/kpi.ts";
import type { AlternativeName } from "../../domain/names.ts";
import { PARTICIPATION } from "../../domain/tally.ts";
import { grouped, percent } from "../../lib/text.ts";
import { DAY_MS } from "../../lib/time.ts";

/** An alternative that nobody got since shares last changed, though chance alone would have sent it somebody. */
export interface EmptyArm {
  readonly alternative: AlternativeName;
  /** Participants of all alternatives since then. */
  readonly participants: number;
  /** Of them, what should have got it; in (0, 1). */
  readonly share: number;
}

export interface Missing {
  readonly arms: readonly EmptyArm[];
  /** Many participants, a lot of time, and no conversion of the KPI that decides. */
  readonly conversions: boolean;
}

export const NOTHING_MISSING: Missing = { arms: [], conversions: false };

/** An alternative without participants is odd if chance alone has at most this probability. */
const EMPTY_CHANCE_MAX = 1e-6;
/** Participants and time without one conversion that say that conversions don't arrive. */
const UNCONVERTED_PARTICIPANTS_MIN = 1_000;
const UNCONVERTED_MS_MIN = 2 * DAY_MS;

/** @param counts of all days. Nothing is missing where nobody new is taken in */
export function missingFrom(experiment: Experiment, counts: Counts, nowMs: number): Missing {
  if (!takesNewClients(experiment)) return NOTHING_MISSING;
  return {
    arms: emptyArms(experiment, counts),
    conversions:
      counts.participants >= UNCONVERTED_PARTICIPANTS_MIN &&
      nowMs - experiment.createdAtMs >= UNCONVERTED_MS_MIN &&
      counts.total(decidingKpi(experiment, counts).number).clients === 0,
  };
}

/** As pages and messages say it. */
export function emptyArmSentence({ alternative, participants, share }: EmptyArm): string {
  return `${alternative} has no visitors of ${grouped(participants)}, where ${percent(share)} of them should have it.`;
}

function emptyArms(experiment: Experiment, counts: Counts): readonly EmptyArm[] {
  const epoch = currentEpochNumber(experiment);
  const joined = experiment.alternatives.map((_, index) => counts.at(epoch, index, PARTICIPATION).clients);
  const participants = sum(joined);
  const shares = currentShares(experiment);
  const whole = sum(shares);
  return experiment.alternatives.flatMap(({ name }, index) => {
    const share = (shares[index] ?? 0) / whole;
    const odd = share > 0 && joined[index] === 0 && participants * Math.log1p(-share) <= Math.log(EMPTY_CHANCE_MAX);
    return odd ? [{ alternative: name, participants, share }] : [];
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
