/** Notes of people beside a day, which charts show. */
import { type DatedNote, noteOf, withNotes, withoutNote } from "../../../domain/dated-note.ts";
import type { Experiment } from "../../../domain/experiment.ts";
import { dayText } from "../../../domain/period.ts";
import { type Act, type AdministerContext, change, type Part, setPart, type Target } from "../act.ts";
import { formField, requiredField } from "../fields.ts";

/** As JSON in the log. */
const NOTES: Part = {
  stateOf: ({ about }) => (about?.notes === undefined ? null : JSON.stringify(about.notes)),
  set: ({ about, ...experiment }, state) => {
    const { notes: _, ...told } = about ?? {};
    const next = state === null ? told : { ...told, notes: JSON.parse(state) as readonly DatedNote[] };
    return Object.keys(next).length === 0 ? experiment : { ...experiment, about: next };
  },
  wordFor: () => "change-notes",
};

function set(
  context: AdministerContext,
  target: Target,
  next: (notes: readonly DatedNote[]) => readonly DatedNote[],
): Promise<Experiment> {
  return change(context, target, (stored) => {
    const notes = next(stored.about?.notes ?? []);
    return setPart(NOTES, notes.length === 0 ? null : JSON.stringify(notes))(stored);
  });
}

/** All of them, in place of those that are there. @throws SixpackError experiment-not-found, invalid-datetime, invalid-form */
export function setNotes(context: AdministerContext, target: Target, notes: readonly DatedNote[]): Promise<Experiment> {
  return set(context, target, () => withNotes([], notes.map(noteOf)));
}

const LOG: Act["log"] = { "change-notes": { words: "changed the notes of", part: NOTES } };

export const noteAddition: Act = {
  path: "notes",
  inFile: true,
  role: "editor",
  label: "Add note",
  fields: "`text` (at most 300 characters), `day` (`YYYY-MM-DD`; left out: today)",
  does: "writes a note beside a day, which charts show",
  run: (context, target, { body }) => {
    const day = formField(body, "day") || dayText(context.clock.today());
    const note = noteOf({ day, text: requiredField(body, "text") });
    return set(context, target, (notes) => withNotes(notes, [note]));
  },
  done: () => "Noted.",
  log: LOG,
};

export const noteRemoval: Act = {
  path: "notes/remove",
  inFile: true,
  role: "editor",
  label: "Remove note",
  fields: "`day` and `text` of the note",
  does: "takes a note away",
  run: (context, target, { body }) => {
    const note = noteOf({ day: requiredField(body, "day"), text: requiredField(body, "text") });
    return set(context, target, (notes) => withoutNote(notes, note));
  },
  done: () => "Took the note away.",
  log: LOG,
};
