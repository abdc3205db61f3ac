/** The tallies of an experiment as figures are made of them: by what one client counts for, where a KPI has a cap. */
import { withCaps } from "../domain/cap-tallies.ts";
import type { Experiment } from "../domain/experiment.ts";
import { capsOf } from "../domain/kpi-definition.ts";
import type { Tally } from "../domain/tally.ts";
import type { Store } from "../store/store.ts";

/** @throws SixpackError experiment-unreadable, store-unavailable */
export async function judgedTallies(store: Store, experiment: Experiment): Promise<readonly Tally[]> {
  return withCaps(await store.tallies.read(experiment), capsOf(experiment));
}
