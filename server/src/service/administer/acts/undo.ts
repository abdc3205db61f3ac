/** Undoes one change of a definition, which is named by its entry in the activity log. */
import { Type } from "typebox";
import { SixpackError } from "../../../domain/errors.ts";
import type { Experiment } from "../../../domain/experiment.ts";
import { shownJson } from "../../../lib/shown-json.ts";
import { ACTIVITY_MAX, type Activity } from "../../../store/activity.ts";
import { findExperiment } from "../../find-experiment.ts";
import { type Act, type AdministerContext, change, setPart, type Target } from "../act.ts";
import { laterText } from "../change-words.ts";
import { requiredField, requiredNumber, WHOLE_NUMBER_MAX } from "../fields.ts";
import { changedAfter, isAsLeft, undone } from "../ways-back.ts";
import { ACTS, logWord } from "./acts.ts";

/** Identifies the entry: no experiment has two with the same moment and action that undo could confuse. */
type EntryName = Pick<Activity, "atMs" | "action">;

/**
 * Takes an act back, whatever else happened since: a bandit's batch, a planned look, a change of another part.
 * @throws SixpackError nothing-to-undo: there is no such act, or it can't be taken back
 * @throws SixpackError edit-conflict: somebody changed the same part since; the detail says who and when
 * @throws SixpackError experiment-not-found, experiment-busy
 */
export async function undo(context: AdministerContext, target: Target, entry: EntryName): Promise<Experiment> {
  const { name } = target;
  await findExperiment(context, name);
  const log = await context.store.activity.read({ experiment: name, limit: ACTIVITY_MAX });
  const named = log.find(({ atMs, action }) => atMs === entry.atMs && action === entry.action);
  if (named === undefined) throw nothing(`Expected an entry of the log of ${target.name}, got none of that moment`);
  const part = logWord(named.action)?.part;
  if (part === undefined) throw nothing(`Expected an act that can be taken back, got ${named.action}`);
  const later = changedAfter(log, named);
  if (later !== undefined) throw conflict(`Expected ${target.name} as that change left it, got ${laterText(later)}`);
  return change(context, target, (stored) => {
    // Between the reading of the log and now somebody may have been faster.
    if (!isAsLeft(part, stored, named)) {
      throw conflict(`Expected ${target.name} as that change left it, got another change of it`);
    }
    if (undone(part, stored, named) === undefined) throw nothing(untold(named));
    return setPart(part, named.before)(stored);
  });
}

/** Somebody wrote the entry by hand, or it was damaged. */
function untold({ before }: Activity): string {
  return `Expected what was there before in the log, got ${shownJson(before ?? "nothing")}. Set it by hand`;
}

function nothing(detail: string): SixpackError {
  return new SixpackError("nothing-to-undo", detail);
}

function conflict(detail: string): SixpackError {
  return new SixpackError("edit-conflict", detail);
}

const undoAct: Act = {
  path: "undo",
  role: "editor",
  label: "Undo",
  body: {
    at_ms: Type.Integer({ minimum: 0, maximum: WHOLE_NUMBER_MAX, description: "of the entry in the log" }),
    action: Type.String({ description: "of the same entry" }),
  },
  does: "takes back a pause, an archive, a closed intake, a winner, a description, a schedule, a mute or who decides the traffic, or their opposite; 409 that says who and when if somebody changed the same thing since. Other changes in between, a bandit's batches among them, stand",
  run: (context, target, { body }) =>
    undo(context, target, { atMs: requiredNumber(body, "at_ms"), action: requiredField(body, "action") }),
  done: () => "Undone.",
  // What it sets back is logged by the words of the act that sets it so.
  log: {},
};

/** Every act that has a path. */
export const ALL_ACTS: readonly Act[] = [...ACTS, undoAct];
