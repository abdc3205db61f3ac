/** The activity log for programs and spreadsheets. */
import type { Activity } from "../../store/activity.ts";
import { logWord } from "../administer/acts/acts.ts";
import { type FieldChange, fieldChanges } from "../administer/field-changes.ts";
import { csv } from "./csv.ts";

interface ActivityJson {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** With `action` the name of the entry, by which it is undone. */
  readonly at_ms: number;
  readonly experiment: string;
  readonly actor: string;
  readonly action: string;
  /** `action` as people say it. */
  readonly words: string;
  /** As they are kept. */
  readonly before: string | null;
  readonly after: string | null;
  /** What differs, as people say it. */
  readonly changes: readonly FieldChange[];
}

/** Entries made in one turn of the event loop: about a millisecond. */
const ENTRIES_PER_PIECE = 200;

/** In pieces, each some whole entries. */
export function* activityJsonPieces(entries: readonly Activity[]): Generator<string, void, void> {
  yield '{"entries":[';
  for (let start = 0; start < entries.length; start += ENTRIES_PER_PIECE) {
    const texts = entries.slice(start, start + ENTRIES_PER_PIECE).map((entry) => JSON.stringify(activityJson(entry)));
    yield `${start === 0 ? "" : ","}${texts.join(",")}`;
  }
  yield "]}";
}

function activityJson(entry: Activity): ActivityJson {
  const { atMs, experiment, actor, action, before, after } = entry;
  return {
    at: new Date(atMs).toISOString(),
    at_ms: atMs,
    experiment,
    actor,
    action,
    words: logWord(action)?.words ?? action,
    before,
    after,
    changes: fieldChanges(entry),
  };
}

const COLUMNS = ["at", "experiment", "actor", "action", "words", "before", "after"] as const;

/** Text that a spreadsheet would run as a formula gets an apostrophe in front. In pieces, each some whole rows. */
export function* activityCsvPieces(entries: readonly Activity[]): Generator<string, void, void> {
  yield csv([[...COLUMNS]]);
  for (let start = 0; start < entries.length; start += ENTRIES_PER_PIECE) {
    const rows = entries.slice(start, start + ENTRIES_PER_PIECE).map(activityJson);
    yield csv(rows.map((row) => COLUMNS.map((column) => row[column] ?? "")));
  }
}
