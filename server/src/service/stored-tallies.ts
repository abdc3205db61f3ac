/** Tallies and counts of an experiment as they are stored now. Pages have them from the analyst, who remembers them. */
import { withCaps } from "../domain/cap-tallies.ts";
import { Counts } from "../domain/counts.ts";
import type { Experiment } from "../domain/experiment.ts";
import { capsOf } from "../domain/kpi-definition.ts";
import type { Tally } from "../domain/tally.ts";
import type { Store } from "../store/store.ts";
import { inTurns } from "./in-turns.ts";

/** As figures are made of them: by what one client counts for, where a KPI has a cap. @throws as `countsNow` */
export async function judgedTallies(store: Store, experiment: Experiment): Promise<readonly Tally[]> {
  return withCaps(await store.tallies.read(experiment), capsOf(experiment));
}

/** As they came, caps aside. @throws SixpackError experiment-unreadable, store-unavailable */
export async function countsNow(store: Store, experiment: Experiment): Promise<Counts> {
  return inTurns(Counts.steps(await store.tallies.read(experiment)));
}
