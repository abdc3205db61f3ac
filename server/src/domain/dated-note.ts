/** What people write beside a day: a campaign, an outage, a price that changed. Charts show it there. */
import { SixpackError } from "./errors.ts";
import { quote } from "./names.ts";
import { type Day, dayText, parseDay } from "./period.ts";

export interface DatedNote {
  /** `2025-03-01`, in the server's time zone. */
  readonly day: string;
  readonly text: string;
}

/** Most notes of one experiment, and the longest, in UTF-16 code units. */
const NOTES_MAX = 50;
export const NOTE_LENGTH_MAX = 300;

/** @param raw the day as `YYYY-MM-DD`. @throws SixpackError invalid-datetime, invalid-form */
export function noteOf(raw: { readonly day: string; readonly text: string }): DatedNote {
  const text = raw.text.trim().replace(/\s+/g, " ");
  if (text === "" || text.length > NOTE_LENGTH_MAX) {
    throw new SixpackError(
      "invalid-form",
      `Expected a note of 1 to ${NOTE_LENGTH_MAX} characters, got ${quote(raw.text)}`,
    );
  }
  return { day: dayText(parseDay(raw.day, "day")), text };
}

/** By day; a note that is there already is there once. @throws SixpackError invalid-form */
export function withNotes(notes: readonly DatedNote[], more: readonly DatedNote[]): readonly DatedNote[] {
  const added = more.filter((note, at) => ![...notes, ...more.slice(0, at)].some((one) => isSame(one, note)));
  const all = [...notes, ...added].sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0));
  if (all.length <= NOTES_MAX) return all;
  throw new SixpackError("invalid-form", `Expected at most ${NOTES_MAX} notes, got ${all.length}`);
}

export function withoutNote(notes: readonly DatedNote[], gone: DatedNote): readonly DatedNote[] {
  return notes.filter((note) => !isSame(note, gone));
}

export function dayOfNote({ day }: DatedNote): Day {
  return parseDay(day);
}

function isSame(a: DatedNote, b: DatedNote): boolean {
  return a.day === b.day && a.text === b.text;
}
