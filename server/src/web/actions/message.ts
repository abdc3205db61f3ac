/** What the page after an action says, and the form that takes the action back. */
import { unreachable } from "../../domain/errors.ts";
import { currentEpoch, currentEpochNumber, type Experiment } from "../../domain/experiment.ts";
import type { Activity } from "../../store/store.ts";
import type { Flash } from "../flash.ts";
import { actionUrl } from "../urls.ts";
import type { ActionPath } from "./actions.ts";

type Done = Omit<Flash, "atMs">;

/**
 * @param experiment as the action left it; `undefined` after a delete
 * @param entry of the log; `undefined` for an action that changed nothing, which leaves nothing to undo
 */
export function doneFlash(
  path: ActionPath,
  name: string,
  experiment: Experiment | undefined,
  entry: Activity | undefined,
): Done {
  return { text: textOf(path, name, experiment), undo: entry === undefined ? null : undoOf(path, name, entry) };
}

function textOf(path: ActionPath, name: string, experiment: Experiment | undefined): string {
  switch (path) {
    case "pause":
      return experiment?.paused === true ? `Paused: everybody gets the control of ${name}.` : `${name} goes on.`;
    case "archive":
      return experiment?.archived === true ? `Archived ${name}.` : `Took ${name} back from the archive.`;
    case "winner/":
      return `Everybody gets ${experiment?.winner ?? "the control"} now.`;
    case "winner/reset/":
      return `${name} is testing again.`;
    case "description":
      return "Saved the description.";
    case "reset/":
      return `Reset ${name}. What it had measured can be restored for 7 days.`;
    case "delete/":
      return `Deleted ${name}. It can be restored for 7 days.`;
    case "restore/":
      return `Restored ${name}.`;
    case "plan":
      return (experiment?.planning.plan ?? null) === null ? "Took the plan away." : "Saved the plan.";
    case "undo":
      return "Undone.";
    case "traffic/release":
      return `Calls may change the traffic of ${name} again.`;
    case "traffic":
      return `${epochText(name, experiment)} Calls don't change it.`;
    case "weights":
    case "policy":
    case "alternatives":
    case "alternatives/<alternative>/retire":
      return epochText(name, experiment);
    default:
      return unreachable(path);
  }
}

function epochText(name: string, experiment: Experiment | undefined): string {
  if (experiment === undefined) return "";
  return `${name} is in epoch ${currentEpochNumber(experiment)}: ${currentEpoch(experiment).reason}.`;
}

function undoOf(path: ActionPath, name: string, { atMs, action }: Activity): Done["undo"] {
  switch (path) {
    case "pause":
    case "archive":
    case "winner/":
    case "winner/reset/":
    case "description":
    case "traffic/release":
      return { path: actionUrl(name, "undo"), label: "Undo", fields: { at_ms: String(atMs), action } };
    case "reset/":
    case "delete/":
      return { path: actionUrl(name, "restore/"), label: "Restore", fields: {} };
    case "plan":
    case "restore/":
    case "undo":
    // What came after an epoch was counted in it; the way back is another epoch.
    case "weights":
    case "traffic":
    case "policy":
    case "alternatives":
    case "alternatives/<alternative>/retire":
      return null;
    default:
      return unreachable(path);
  }
}
