/** The login: name, password, and where to go afterwards. */
import { PENDING, type SentField } from "../../http/form.ts";
import { LOGIN_PATH } from "../../http/urls.ts";
import { CsrfField, SentFields } from "../ui/hidden-fields.tsx";
import { Problem } from "../ui/problem.tsx";
import type { PendingForm } from "./expired-page.tsx";

export interface LoginPageProps {
  /** Path to go to afterwards. */
  readonly next: string;
  /** What went wrong, or why the login is asked for. */
  readonly message?: string | undefined;
  readonly name?: string | undefined;
  /** A form that waits for the login. */
  readonly pending?: PendingForm | undefined;
}

export function LoginPage({ next, message, name, pending }: LoginPageProps) {
  return (
    <form class="panel login" method="post" action={LOGIN_PATH}>
      <Problem id="login-message">{message}</Problem>
      <CsrfField />
      <SentFields fields={[["next", next], ...(pending === undefined ? [] : pendingFields(pending))]} />
      <p class="field">
        <label for="login-name">Name</label>
        <input
          id="login-name"
          name="name"
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          value={name}
          aria-describedby={message === undefined ? undefined : "login-message"}
        />
      </p>
      <p class="field">
        <label for="login-password">Password</label>
        <input id="login-password" name="password" type="password" autocomplete="current-password" required />
      </p>
      <p>
        <button type="submit" class="primary">
          Log in
        </button>
      </p>
    </form>
  );
}

/** As `routes/login.tsx` reads them. */
function pendingFields({ path, label, fields }: PendingForm): readonly SentField[] {
  return [
    ["pending_path", path],
    ["pending_label", label],
    ...fields.map(([field, value]): SentField => [`${PENDING}${field}`, value]),
  ];
}
