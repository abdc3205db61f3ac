/** What the frame of every page says to whoever looks at it: who they are, what just happened, and what to beware of. */
import { CSRF_FIELD } from "../form.ts";
import { actionUrl, LOGOUT_PATH } from "../urls.ts";
import { useVisitor } from "../visitor.ts";

/** The token that every form that changes something carries. */
export function CsrfField() {
  return <input type="hidden" name={CSRF_FIELD} value={useVisitor().csrfToken()} />;
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

/** For the header: the name, and the way out. Nothing where nobody logs in. */
export function VisitorBar() {
  const { name, canLogOut } = useVisitor();
  if (name === null) return null;
  return (
    <div class="visitor">
      <span class="visitor-name">{name}</span>
      {canLogOut ? (
        <form method="post" action={LOGOUT_PATH}>
          <CsrfField />
          <button type="submit">Log out</button>
        </form>
      ) : null}
    </div>
  );
}

/** For the top of `main`. */
export function Notices() {
  const { openToAll, unknown } = useVisitor();
  return (
    <>
      {openToAll ? (
        <p class="notice notice-warning" role="note">
          <strong>Open to everybody.</strong> Whoever reaches this address can change and delete experiments. Set{" "}
          <code>auth: password</code> to ask for a login.
        </p>
      ) : null}
      {unknown ? null : <FlashNotice />}
    </>
  );
}

function FlashNotice() {
  const flash = useVisitor().takeFlash();
  if (flash === undefined) return null;
  const { text, undo } = flash;
  return (
    <div class="notice notice-done" role="status">
      <p>{text}</p>
      {undo === null ? null : (
        <form method="post" action={actionUrl(undo.experiment, undo.action)}>
          <CsrfField />
          <HiddenFields fields={undo.fields} />
          <button type="submit">{undo.label}</button>
        </form>
      )}
    </div>
  );
}
