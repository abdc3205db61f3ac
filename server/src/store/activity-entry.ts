/** Entries of the activity log as they are read: one that makes no sense is a row that says so. */
import type { Activity } from "./store.ts";
import { activityFault, member, shown } from "./stored-schema.ts";

/** The word of an entry that can't be read: it stands in the log as a row that says so. */
export const UNREADABLE_ACTION = "unreadable";

/** @param text as it is stored; whatever it is becomes an entry */
export function activityIn(text: string): Activity {
  let entry: unknown;
  try {
    entry = JSON.parse(text);
  } catch {
    // Told by the entry itself.
  }
  const isEntry = activityFault(entry) === undefined && typeof member(entry, "experiment") === "string";
  if (isEntry) return entry as Activity;
  const nobody = { experiment: "" as Activity["experiment"], actor: "" };
  return { atMs: 0, ...nobody, action: UNREADABLE_ACTION, before: null, after: shown(text) };
}
