/** An entry of the log, and what the change means, in words for whoever decides whether to make it. */
import { alternativeName, currentEpoch, type Experiment } from "../../domain/experiment.ts";
import { sliceText } from "../../domain/layer.ts";
import type { Activity } from "../../store/activity.ts";
import { logWord } from "./acts/acts.ts";
import { fieldChanges } from "./field-changes.ts";

/** Whose change came later, and when: "a later one: pause by ann at 2026-05-03T09:00:00.000Z". */
export function laterText({ actor, action, atMs }: Activity): string {
  return `a later one: ${action.replaceAll("-", " ")} by ${actor} at ${new Date(atMs).toISOString()}`;
}

/**
 * "changed the weights: equal shares → a 90 %, b 10 %"; of what sets many fields only those that differ: "set the plan:
 * decided by revenue, guarded by errors".
 */
export function entryText(entry: Pick<Activity, "action" | "before" | "after">): string {
  const { action, before, after } = entry;
  const words = logWord(action)?.words ?? action;
  const changes = fieldChanges(entry);
  if (changes.length === 0) return words;
  if (changes.some(({ field }) => field === null)) return `${words}: ${fromTo(before, after)}`;
  if (action === "tell-about") {
    return changes.map((one) => `${one.field}: ${fromTo(one.before, one.after)}`).join("; ");
  }
  const isNew = changes.every((one) => one.before === null);
  const told = changes.map((one) => `${one.field} ${isNew ? one.after : fromTo(one.before, one.after)}`);
  return `${words}: ${told.join(isNew ? ", " : "; ")}`;
}

function fromTo(before: string | null, after: string | null): string {
  return `${before ?? "none"} → ${after ?? "none"}`;
}

/** What the whole change means for clients and results; nothing where nobody notices. */
export function meaningOf(before: Experiment | undefined, after: Experiment): readonly string[] {
  const told = ({ dimensions = [] }: Experiment): string => dimensions.map(({ name }) => name).join(", ");
  if (before === undefined) {
    const { slice } = currentEpoch(after);
    return [
      ...(slice === undefined ? [] : [`takes the slice ${sliceText(slice)}`]),
      ...(told(after) === "" ? [] : [`segments: ${told(after)}`]),
      "a new experiment: clients take part from their next call on",
    ];
  }
  const gets = (name: string): string => `everybody gets ${name}, and nobody is counted`;
  return [
    ...(JSON.stringify(after.dimensions) === JSON.stringify(before.dimensions)
      ? []
      : [`segments: ${told(before) || "none"} → ${told(after)}, of clients who join from then on`]),
    ...(after.epochs.length > before.epochs.length
      ? [`a new epoch (${currentEpoch(after).reason}): nobody who takes part moves, results stay valid`]
      : []),
    ...(after.winner !== before.winner && after.winner !== null ? [gets(`the winner ${after.winner}`)] : []),
    ...(after.paused && !before.paused ? [gets(`the control ${alternativeName(after, 0)}`)] : []),
    ...(after.archived && !before.archived ? [gets(`the control ${alternativeName(after, 0)}`)] : []),
  ];
}
