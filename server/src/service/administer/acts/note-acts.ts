/** Notes of people beside a day, which charts show. */
import { Type } from "typebox";
import { type DatedNote, NOTE_LENGTH_MAX, noteOf, withNotes, withoutNote } from "../../../domain/dated-note.ts";
import type { Experiment } from "../../../domain/experiment.ts";
import { dayText } from "../../../domain/period.ts";
import { type Act, type AdministerContext, change, type Part, setPart, type Target } from "../act.ts";
import { formField, requiredField } from "../fields.ts";

/** As JSON in the log. */
const NOTES: Part = {
  stateOf: ({ about }) => (about?.notes === undefined ? null : JSON.stringify(about.notes)),
  set: ({ about, ...experiment }, state) => {
    const { notes: _, ...told } = about ?? {};
    const kept: readonly DatedNote[] = state === null ? [] : JSON.parse(state);
    const notes = withNotes([], kept.map(noteOf));
    const next = notes.length === 0 ? told : { ...told, notes };
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

const NOTE = { minLength: 1, maxLength: NOTE_LENGTH_MAX };

export const noteAddition: Act = {
  path: "notes",
  role: "editor",
  label: "Add note",
  body: {
    text: Type.String(NOTE),
    day: Type.Optional(Type.String({ format: "date", description: "`YYYY-MM-DD`; left out: today" })),
  },
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
  role: "editor",
  label: "Remove note",
  body: {
    day: Type.String({ format: "date", description: "of the note" }),
    text: Type.String({ ...NOTE, description: "of the note" }),
  },
  does: "takes a note away",
  run: (context, target, { body }) => {
    const note = noteOf({ day: requiredField(body, "day"), text: requiredField(body, "text") });
    return set(context, target, (notes) => withoutNote(notes, note));
  },
  done: () => "Took the note away.",
  log: LOG,
};
