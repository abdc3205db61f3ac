/** One look of a background job at every experiment. */
import type { Experiment } from "../domain/experiment.ts";
import type { Store } from "../store/store.ts";

export interface Round {
  /** Those that the job changed, as they are stored now. */
  readonly changed: readonly Experiment[];
  /** Those that it could not look at or change, and why. They stay as they are, and are tried again. */
  readonly failed: readonly { readonly experiment: Experiment; readonly error: unknown }[];
}

/**
 * @param look resolves with the experiment where it was changed
 * @throws SixpackError store-unavailable: the experiments could not be listed
 */
export async function eachExperiment(
  store: Pick<Store, "listExperiments">,
  look: (experiment: Experiment) => Promise<Experiment | undefined>,
): Promise<Round> {
  const changed: Experiment[] = [];
  const failed: { readonly experiment: Experiment; readonly error: unknown }[] = [];
  for (const experiment of await store.listExperiments()) {
    try {
      const next = await look(experiment);
      if (next !== undefined) changed.push(next);
    } catch (error) {
      // One that can't be read or computed must not keep the others from their turn.
      failed.push({ experiment, error });
    }
  }
  return { changed, failed };
}
