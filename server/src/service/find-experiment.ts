/** The experiment that somebody names, where it has to be there. */
import { SixpackError } from "../domain/errors.ts";
import type { Experiment } from "../domain/experiment.ts";
import { quote } from "../domain/names.ts";
import type { Store } from "../store/store.ts";

/** The stored definition, read now. @throws SixpackError experiment-not-found */
export async function findExperiment(
  { store }: { readonly store: Pick<Store, "definitions"> },
  name: string,
): Promise<Experiment> {
  const experiment = await store.definitions.read(name);
  if (experiment === undefined) throw notFound(name);
  return experiment;
}

export function notFound(name: string): SixpackError {
  return new SixpackError("experiment-not-found", `Expected an experiment that exists, got ${quote(name)}`);
}
