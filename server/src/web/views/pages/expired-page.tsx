/** A form that came too late, with what was written in it. */

import type { Screen } from "../layout.tsx";
import { CsrfField, HiddenFields } from "../ui/hidden-fields.tsx";
import { Problem } from "../ui/problem.tsx";

export interface PendingForm {
  readonly path: string;
  /** What its button says. */
  readonly label: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Fields that people write text into; the others say which thing the form is about. */
const WRITTEN: Readonly<Record<string, string>> = { description: "Description" };

export function expiredScreen(form: PendingForm): Screen {
  return { title: "Please send this form again", content: <ExpiredPage form={form} /> };
}

function ExpiredPage({ form: { path, label, fields } }: { readonly form: PendingForm }) {
  const entries = Object.entries(fields);
  const isWritten = ([name]: readonly [string, string]) => Object.hasOwn(WRITTEN, name);
  return (
    <form class="panel" method="post" action={path}>
      <Problem>
        Nothing was changed: the form was open for too long, or was opened before the last login. Here it is again as
        you filled it in. Look at it and send it once more.
      </Problem>
      <p>
        It goes to <code>{path}</code>.
      </p>
      <CsrfField />
      <HiddenFields fields={Object.fromEntries(entries.filter((entry) => !isWritten(entry)))} />
      {entries.filter(isWritten).map(([name, value]) => (
        <p key={name} class="field">
          <label for={`again-${name}`}>{WRITTEN[name]}</label>
          <textarea id={`again-${name}`} name={name} rows={8}>
            {value}
          </textarea>
        </p>
      ))}
      <p>
        <button type="submit" class="primary">
          {label}
        </button>
      </p>
    </form>
  );
}
