/** Changes by compare-and-set, tried again when somebody else was faster. */
import { SixpackError } from "../domain/errors.ts";
import type { Experiment } from "../domain/experiment.ts";
import { quote } from "../domain/names.ts";
import type { Store } from "../store/store.ts";

/**
 * Tries before a step that always meets a newer definition is given up. More than the KPIs an experiment can have, so
 * that even the first conversions of all of them at once get through: each try that fails is another one's success.
 */
export const CHANGE_TRIES_MAX = 128;

/** Returned by a step that found a newer definition than the one it used. */
export const UNSETTLED: unique symbol = Symbol("unsettled");

/**
 * Repeats a step until it succeeds. A step that finds the definition changed in between returns `UNSETTLED`, and reads
 * it again in the next try.
 * @param name of the experiment, for the message
 * @throws SixpackError experiment-busy after CHANGE_TRIES_MAX tries; whatever `step` throws
 */
export async function untilSettled<T>(name: string, step: () => Promise<T | typeof UNSETTLED>): Promise<T> {
  for (let tries = 0; tries < CHANGE_TRIES_MAX; tries += 1) {
    const settled = await step();
    if (settled !== UNSETTLED) return settled;
  }
  throw new SixpackError(
    "experiment-busy",
    `Expected ${quote(name)} to rest for a moment, got ${CHANGE_TRIES_MAX} changes by others`,
  );
}

/**
 * Applies a pure change to the stored definition, again on a newer one as often as needed. A change that returns its
 * argument writes nothing.
 * @returns the stored definition afterwards, `undefined` when the experiment is gone.
 * @throws SixpackError experiment-busy; whatever `change` throws
 */
export async function changeDefinition(
  store: Store,
  name: string,
  change: (experiment: Experiment) => Experiment,
): Promise<Experiment | undefined> {
  let experiment = await store.definitions.read(name);
  return untilSettled(name, async () => {
    if (experiment === undefined) return undefined;
    const next = change(experiment);
    if (next === experiment) return experiment;
    const outcome = await store.definitions.change(next);
    if (outcome.kind === "changed") return outcome.experiment;
    experiment = outcome.kind === "conflict" ? outcome.experiment : undefined;
    return UNSETTLED;
  });
}
