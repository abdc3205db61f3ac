/** How what the log tells can be taken back, for as long as it can. */
import { SixpackError } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { Activity } from "../../store/activity.ts";
import { definitionFault } from "../../store/stored-schema.ts";
import type { AdministerContext, Part } from "./act.ts";
import { logWord } from "./acts/acts.ts";
import { listRestorable } from "./acts/ending.ts";
import { endOf } from "./lost.ts";

type WayBack =
  | { readonly kind: "undo" }
  /** @param life that a reset or deletion ended */
  | { readonly kind: "restore"; readonly life: number };

export interface LogLine extends Activity {
  readonly back: WayBack | undefined;
}

/**
 * @param log newest first, with everything that happened since `entries` to their experiments
 * @param entries some of `log`
 */
export async function withWaysBack(
  context: AdministerContext,
  log: readonly Activity[],
  entries: readonly Activity[],
): Promise<readonly LogLine[]> {
  const ends = entries.some(({ action }) => ENDS.includes(action)) ? await listRestorable(context) : [];
  const lives = new Map<Activity | undefined, number>(
    ends.map((removed) => [endOf(log, removed), removed.experiment.life]),
  );
  const stored = new Map<string, Experiment | undefined>();
  for (const { experiment, action } of entries) {
    if (logWord(action)?.part === undefined || stored.has(experiment)) continue;
    stored.set(experiment, await context.store.definitions.read(experiment));
  }
  return entries.map((entry) => {
    const life = lives.get(entry);
    if (life !== undefined) return { ...entry, back: { kind: "restore", life } };
    const part = logWord(entry.action)?.part;
    const experiment = stored.get(entry.experiment);
    const isOpen =
      part !== undefined &&
      experiment !== undefined &&
      isAsLeft(part, experiment, entry) &&
      !changedAfter(log, entry) &&
      isTold(part, experiment, entry);
    return { ...entry, back: isOpen ? { kind: "undo" } : undefined };
  });
}

const ENDS = ["reset", "delete"];

/** Whether the experiment is what the entry made it. */
export function isAsLeft(part: Part, experiment: Experiment, { after }: Pick<Activity, "after">): boolean {
  return part.stateOf(experiment) === after;
}

/**
 * The experiment as it was before an entry.
 * @returns `undefined` where the entry does not say so in words that a part has: it was written by hand, or damaged
 * @throws SixpackError it says so, and may not be set so any more
 */
export function undone(
  part: Part,
  experiment: Experiment,
  { before }: Pick<Activity, "before">,
): Experiment | undefined {
  try {
    const next = part.set(experiment, before);
    return part.stateOf(next) === before && definitionFault(next) === undefined ? next : undefined;
  } catch (error) {
    if (error instanceof SixpackError) throw error;
    return undefined;
  }
}

/** Whether there is something to go back to, and it may be set so. */
function isTold(part: Part, experiment: Experiment, entry: Activity): boolean {
  try {
    return undone(part, experiment, entry) !== undefined;
  } catch {
    return false;
  }
}

/** The later entry that keeps this one from being undone: of the same part, or of a new life. @param log newest first */
export function changedAfter(log: readonly Activity[], entry: Activity): Activity | undefined {
  const part = logWord(entry.action)?.part;
  return log.slice(0, log.indexOf(entry)).find(({ experiment, action }) => {
    if (experiment !== entry.experiment) return false;
    const word = logWord(action);
    return word?.ends === true || word?.part === part;
  });
}
