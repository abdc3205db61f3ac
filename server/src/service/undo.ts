/** The way back from the last change of a definition, as the activity log wrote it down. */
import { SixpackError } from "../domain/errors.ts";
import { type Experiment, withArchived, withDescription, withPaused, withWinner } from "../domain/experiment.ts";
import type { ExperimentName } from "../domain/names.ts";
import type { Activity } from "../store/store.ts";
import { type Act, type AdministerContext, change, type Step } from "./act.ts";

/**
 * Takes back the last change of the definition, if nothing has changed it since.
 * @param version of the definition that the change left behind
 * @throws SixpackError experiment-not-found, edit-conflict
 */
export async function undo(context: AdministerContext, act: Act, version: number): Promise<Experiment> {
  const [last] = await context.store.readActivity({ experiment: act.name as ExperimentName, limit: 1 });
  return change(context, act, (stored) => {
    const step =
      last !== undefined && stored.version - version <= ownChanges(stored, last) ? inverse(stored, last) : undefined;
    if (step === undefined) {
      throw new SixpackError("edit-conflict", `Expected ${act.name} as that change left it, got a later version`);
    }
    return step;
  });
}

/**
 * Changes that the server may have made of its own since then: the planned look and the sample ratio alarm are written
 * down when a page is first read, which is just what follows an act.
 */
function ownChanges({ planning }: Experiment, { atMs }: Activity): number {
  return [planning.finalLook?.atMs, planning.sampleRatioLatchedAtMs].filter((at) => at != null && at > atMs).length;
}

/** The step back over an entry of the log; `undefined` when it is none that can be taken back so. */
function inverse(stored: Experiment, { action, before, after }: Activity): ReturnType<Step> {
  const back = { before: after, after: before };
  switch (action) {
    case "pause":
      return { ...back, next: withPaused(stored, false), action: "resume" };
    case "resume":
      return { ...back, next: withPaused(stored, true), action: "pause" };
    case "archive":
      return { ...back, next: withArchived(stored, false), action: "unarchive" };
    case "unarchive":
      return { ...back, next: withArchived(stored, true), action: "archive" };
    case "set-winner":
    case "reset-winner":
      return { ...back, next: withWinner(stored, before), action: before === null ? "reset-winner" : "set-winner" };
    case "describe":
      return { ...back, next: withDescription(stored, before ?? ""), action: "describe" };
    default:
      return undefined;
  }
}
