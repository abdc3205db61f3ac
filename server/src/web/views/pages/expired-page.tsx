/** A form that came too late, with what was written in it. */
import type { SentField } from "../../http/form.ts";
import type { Screen } from "../layout.tsx";
import { CsrfField, SentFields } from "../ui/hidden-fields.tsx";
import { Problem } from "../ui/problem.tsx";

export interface PendingForm {
  readonly path: string;
  /** What its button says. */
  readonly label: string;
  readonly fields: readonly SentField[];
}

/** Fields that people write text into; the others say which thing the form is about. */
const WRITTEN: ReadonlyMap<string, string> = new Map(Object.entries({ description: "Description" }));

/** @param loginAt where to log in first, in another tab, for somebody who was logged out meanwhile */
export function expiredScreen(form: PendingForm, loginAt?: string): Screen {
  return { title: "Please send this form again", content: <ExpiredPage form={form} loginAt={loginAt} /> };
}

interface ExpiredPageProps {
  readonly form: PendingForm;
  readonly loginAt: string | undefined;
}

function ExpiredPage({ form: { path, label, fields }, loginAt }: ExpiredPageProps) {
  const isWritten = ([name]: SentField) => WRITTEN.has(name);
  return (
    <form class="panel confirm" method="post" action={path}>
      {loginAt === undefined ? (
        <Problem>
          Nothing was changed: the form was open for too long, or was opened before the last login. Here it is again as
          you filled it in. Look at it and send it once more.
        </Problem>
      ) : (
        <Problem>
          You have been logged out, and nothing was changed. <LoginLink href={loginAt} />, come back here, and send the
          form as you filled it in.
        </Problem>
      )}
      <p>
        It goes to <code>{path}</code>.
      </p>
      <CsrfField />
      <SentFields fields={fields.filter((field) => !isWritten(field))} />
      {fields.filter(isWritten).map(([name, value]) => (
        <p key={name} class="field">
          <label for={`again-${name}`}>{WRITTEN.get(name)}</label>
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

/** In another tab, because this one holds what was filled in. */
function LoginLink({ href }: { readonly href: string }) {
  return (
    <a href={href} target="_blank" rel="noopener">
      Log in in another tab
    </a>
  );
}
