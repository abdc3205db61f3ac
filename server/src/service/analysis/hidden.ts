/** Why a report leaves out figures that assume constant shares; `stats/withheld.ts` says which those are. */
import type { Counts } from "../../domain/counts.ts";
import { isAdaptive } from "../../domain/epochs.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { sharesDiffer } from "../../stats/pooling.ts";
import { sharesIn } from "./allocation.ts";

const BANDIT_REASON =
  "A bandit gives alternatives more clients because they did well so far. Tests for one planned look, and pooled rates, then claim differences that are not there.";

const CHANGED_REASON =
  "The shares of the alternatives changed during the test. A figure that adds up all days then mixes days with different shares, and shows differences that are not there.";

/** `null` where the shares never changed while clients came. */
export function hiddenReason(experiment: Experiment, counts: Counts): string | null {
  if (isAdaptive(experiment)) return BANDIT_REASON;
  return sharesDiffer(counts.epochs().map((epoch) => sharesIn(experiment, epoch))) ? CHANGED_REASON : null;
}
