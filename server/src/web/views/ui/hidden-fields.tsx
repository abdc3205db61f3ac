/** Fields of a form that nobody fills in. */
import { useCurrentUser } from "../../http/current-user.ts";
import { CSRF_FIELD, type SentField } from "../../http/form.ts";

/** The token that every form that changes something carries. */
export function CsrfField() {
  return <input type="hidden" name={CSRF_FIELD} value={useCurrentUser().csrfToken()} />;
}

/** What was sent before, to be sent again. */
export function SentFields({ fields }: { readonly fields: readonly SentField[] }) {
  return (
    <>
      {fields.map(([name, value], index) => (
        <input key={index} type="hidden" name={name} value={value} />
      ))}
    </>
  );
}

/** Fields that a person does not fill in. */
export function HiddenFields({ fields }: { readonly fields: Readonly<Record<string, string>> }) {
  return (
    <>
      {Object.entries(fields).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
    </>
  );
}
