/** What an act changed: before and after, as far as there is something to say. */

import { stateWords } from "../../../service/administer/change-words.ts";
import type { Activity } from "../../../store/activity.ts";

/** Longest text that stands in a row; the rest unfolds. */
const TEXT_LENGTH_MAX = 80;
/** Longest text that unfolds: twenty descriptions, before and after, would make the page half a megabyte. */
const WHOLE_TEXT_LENGTH_MAX = 1_000;

export function Change({ action, before, after }: Pick<Activity, "action" | "before" | "after">) {
  if (before === null && after === null) return null;
  return (
    <>
      <Value action={action} text={before} /> <span class="muted">→</span> <Value action={action} text={after} />
    </>
  );
}

function Value({ action, text }: { readonly action: string; readonly text: string | null }) {
  if (text === null) return <span class="muted">none</span>;
  const shown = stateWords(action, text);
  if (shown.length <= TEXT_LENGTH_MAX) return <span>{shown}</span>;
  return (
    <details>
      <summary>{`${shown.slice(0, TEXT_LENGTH_MAX)}…`}</summary>
      <p class="whole-text">
        {shown.length <= WHOLE_TEXT_LENGTH_MAX ? shown : `${shown.slice(0, WHOLE_TEXT_LENGTH_MAX).toWellFormed()}…`}
      </p>
    </details>
  );
}
