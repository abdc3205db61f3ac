/** Frees the client records of an archived experiment. The tallies stay, and so does the report. */
import { type Experiment, withCompacted } from "../../domain/experiment.ts";
import type { Freed } from "../../store/store.ts";
import { type AdministerContext, change, type Target } from "./act.ts";

interface Compacted extends Freed {
  readonly experiment: Experiment;
}

/**
 * From now on the experiment can't be unarchived; everybody gets the control or the winner as before. A call that was
 * interrupted is finished by the next one.
 * @throws SixpackError experiment-not-found, experiment-not-archived, experiment-busy
 */
export async function compact(context: AdministerContext, target: Target): Promise<Compacted> {
  const experiment = await change(context, target, (stored) => {
    if (stored.compacted === true) return undefined;
    return { next: withCompacted(stored), action: "compact", before: "with client records", after: "tallies only" };
  });
  return { experiment, ...(await context.store.records.free(experiment)) };
}
