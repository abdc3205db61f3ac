/** What a policy that learns goes by, and how good each alternative is likely to be after it. */
import { type BanditEpoch, epochAdjustedPosteriors } from "../../stats/bandit.ts";
import type { Better } from "../../stats/direction.ts";
import type { Beta } from "../../stats/posterior.ts";

/** The KPI that decides, over all epochs. */
export interface Evidence {
  /** Per epoch the participants (`n`) and the converted ones (`x`) of each active alternative. */
  readonly epochs: readonly BanditEpoch[];
  readonly better: Better;
}

/** Before any data every rate is alike. */
const PRIOR: readonly [number, number] = [1, 1];

/** Epoch-adjusted posterior of the rate of each active alternative, in their order. */
export function posteriorsOf({ epochs }: Evidence): readonly Beta[] {
  return epochAdjustedPosteriors(epochs, PRIOR);
}
