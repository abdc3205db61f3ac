/** The way back from one change of a definition, named by its entry in the activity log. */
import { SixpackError, unreachable } from "../../domain/errors.ts";
import { type Experiment, withArchived, withDescription, withPaused, withWinner } from "../../domain/experiment.ts";
import type { ExperimentName } from "../../domain/names.ts";
import { ACTIVITY_MAX, type Activity } from "../../store/store.ts";
import { type Act, type AdministerContext, change, notFound, type Step } from "./act.ts";
import { archivedText, pausedText } from "./administer.ts";
import { heldText, holding } from "./share.ts";

/** Which entry: an experiment has no two of the same moment and word that undo could take for each other. */
export type EntryName = Pick<Activity, "atMs" | "action">;

/** What of a definition an act changed. Acts on another part don't stand in the way of taking one back. */
type Part = "paused" | "archived" | "winner" | "description" | "trafficHeld";

/** Words of the log that can be taken back, and what they changed. */
const PARTS: Readonly<Record<string, Part>> = {
  pause: "paused",
  resume: "paused",
  archive: "archived",
  unarchive: "archived",
  "set-winner": "winner",
  "reset-winner": "winner",
  describe: "description",
  "hold-traffic": "trafficHeld",
  "release-traffic": "trafficHeld",
};

/** After these nothing is as any earlier act left it. */
const ENDINGS: ReadonlySet<string> = new Set(["reset", "delete", "restore", "import"]);

/**
 * Takes an act back, whatever else happened since: a bandit's batch, a planned look, a change of another part.
 * @throws SixpackError edit-conflict: there is no such act, it can't be taken back, or somebody changed the same part
 * since; the detail says who and when
 * @throws SixpackError experiment-not-found, experiment-busy
 */
export async function undo(context: AdministerContext, act: Act, entry: EntryName): Promise<Experiment> {
  const name = act.name as ExperimentName;
  if ((await context.store.readExperiment(name)) === undefined) throw notFound(name);
  const log = await context.store.readActivity({ experiment: name, limit: ACTIVITY_MAX });
  const at = log.findIndex(({ atMs, action }) => atMs === entry.atMs && action === entry.action);
  const undone = log[at];
  if (undone === undefined) throw conflict(`Expected an entry of the log of ${act.name}, got none of that moment`);
  const part = PARTS[undone.action];
  if (part === undefined) throw conflict(`Expected an act that can be taken back, got ${undone.action}`);
  // The log is newest first.
  const later = log.slice(0, at).find(({ action }) => ENDINGS.has(action) || PARTS[action] === part);
  if (later !== undefined) throw conflict(changedSince(act.name, later));
  return change(context, act, (stored) => {
    // Between the reading of the log and now somebody may have been faster.
    if (textOf(stored, part) !== undone.after) {
      throw conflict(`Expected ${act.name} as that change left it, got another change of it`);
    }
    return inverse(stored, undone, part);
  });
}

function changedSince(name: string, { actor, action, atMs }: Activity): string {
  const word = action.replaceAll("-", " ");
  return `Expected ${name} as that change left it, got a later one: ${word} by ${actor} at ${new Date(atMs).toISOString()}`;
}

function conflict(detail: string): SixpackError {
  return new SixpackError("edit-conflict", detail);
}

/** As the log writes it. */
function textOf({ paused, archived, winner, description, trafficHeld }: Experiment, part: Part): string | null {
  switch (part) {
    case "paused":
      return pausedText(paused);
    case "archived":
      return archivedText(archived);
    case "winner":
      return winner;
    case "description":
      return description;
    case "trafficHeld":
      return heldText(trafficHeld === true);
    default:
      return unreachable(part);
  }
}

function inverse(stored: Experiment, { before, after }: Activity, part: Part): ReturnType<Step> {
  const back = { before: after, after: before };
  switch (part) {
    case "paused": {
      const paused = before === pausedText(true);
      return { ...back, next: withPaused(stored, paused), action: paused ? "pause" : "resume" };
    }
    case "archived": {
      const archived = before === archivedText(true);
      return { ...back, next: withArchived(stored, archived), action: archived ? "archive" : "unarchive" };
    }
    case "winner":
      return { ...back, next: withWinner(stored, before), action: before === null ? "reset-winner" : "set-winner" };
    case "description":
      return { ...back, next: withDescription(stored, before ?? ""), action: "describe" };
    case "trafficHeld":
      return holding(stored, before === heldText(true));
    default:
      return unreachable(part);
  }
}
