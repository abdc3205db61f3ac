/** Reading and changing definitions: compare-and-set with another try when somebody else was faster. */
import { SixpackError } from "../domain/errors.ts";
import type { Experiment } from "../domain/experiment.ts";
import type { ExperimentName } from "../domain/names.ts";
import type { Store } from "../store/store.ts";

/**
 * Tries before a change that always meets a newer definition is given up. More than the KPIs an experiment can have, so
 * that even the first conversions of all of them at once get through: each try that fails is another one's success.
 */
export const CHANGE_TRIES_MAX = 128;

/**
 * Applies a pure change to the stored definition, again on a newer one as often as needed. A change that returns its
 * argument writes nothing.
 * @returns the stored definition afterwards, `undefined` when the experiment is gone.
 * @throws SixpackError edit-conflict after CHANGE_TRIES_MAX lost races; whatever `change` throws
 */
export async function changeDefinition(
  store: Store,
  name: ExperimentName,
  change: (experiment: Experiment) => Experiment,
): Promise<Experiment | undefined> {
  let experiment = await store.readExperiment(name);
  for (let tries = 0; tries < CHANGE_TRIES_MAX; tries += 1) {
    if (experiment === undefined) return undefined;
    const next = change(experiment);
    if (next === experiment) return experiment;
    const outcome = await store.changeExperiment(next);
    if (outcome.kind === "changed") return outcome.experiment;
    experiment = outcome.kind === "conflict" ? outcome.experiment : undefined;
  }
  throw new SixpackError(
    "edit-conflict",
    `Expected ${name} to rest for a moment, got ${CHANGE_TRIES_MAX} changes by others`,
  );
}
