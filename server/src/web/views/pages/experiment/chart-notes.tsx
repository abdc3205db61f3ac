/** Notes beside a day: what there is, and for editors a form. The charts mark them where they lie. */
import { NOTE_LENGTH_MAX } from "../../../../domain/dated-note.ts";
import { dayText } from "../../../../domain/period.ts";
import { plural } from "../../../../lib/text.ts";
import { useCurrentUser } from "../../../http/current-user.ts";
import { actionUrl } from "../../../http/urls.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { CsrfField, HiddenFields } from "../../ui/hidden-fields.tsx";

export function Notes({ view: { experiment, dayAt, nowMs } }: { readonly view: ExperimentView }) {
  const { can } = useCurrentUser();
  const { name, about } = experiment;
  const notes = about?.notes ?? [];
  if (notes.length === 0 && !can("editor")) return null;
  return (
    <details class="notes how" id="notes">
      <summary>{notes.length === 0 ? "Note something on a day" : plural(notes.length, "note")}</summary>
      {notes.length === 0 ? null : (
        <ul>
          {notes.map(({ day, text }) => (
            <li key={`${day} ${text}`} class="note-line">
              <time dateTime={day}>{day}</time> <span class="note-text">{text}</span>
              {can("editor") ? (
                <form class="inline" method="post" action={actionUrl(name, "notes/remove")}>
                  <CsrfField />
                  <HiddenFields fields={{ day, text }} />
                  <button type="submit" class="quiet" aria-label={`Remove the note of ${day}: ${text}`}>
                    Remove
                  </button>
                </form>
              ) : null}
            </li>
          ))}
        </ul>
      )}
      {can("editor") ? (
        <form class="fields" method="post" action={actionUrl(name, "notes")}>
          <CsrfField />
          <label class="field">
            Day
            <input type="date" name="day" value={dayText(dayAt(nowMs))} required />
          </label>
          <label class="field grow">
            What happened
            <input name="text" maxLength={NOTE_LENGTH_MAX} required autocomplete="off" />
          </label>
          <button type="submit">Add note</button>
        </form>
      ) : null}
    </details>
  );
}
