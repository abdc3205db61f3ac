/** One round of a background job over all experiments. */
import type { Experiment } from "../domain/experiment.ts";
import type { Store } from "../store/store.ts";

/** An experiment that a job could not look at or change. It stays as it is, and is tried again. */
export interface Failure {
  readonly experiment: Experiment;
  readonly error: unknown;
}

/** Returns those that failed. @throws SixpackError store-unavailable: the experiments could not be listed */
export async function eachExperiment(
  store: Pick<Store, "definitions">,
  look: (experiment: Experiment) => Promise<void>,
): Promise<readonly Failure[]> {
  const failed: Failure[] = [];
  for (const experiment of await store.definitions.list()) {
    try {
      await look(experiment);
    } catch (error) {
      // One that can't be read or computed must not hold up the others.
      failed.push({ experiment, error });
    }
  }
  return failed;
}
