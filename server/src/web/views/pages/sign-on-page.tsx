/** What people see of a login that takes place at a provider: the way there, and what went wrong. */
import { signOnUrl } from "../../http/urls.ts";
import { Problem } from "../ui/problem.tsx";

interface SignOnPageProps {
  /** Path to go to afterwards. */
  readonly next: string;
  readonly message?: string | undefined;
  /** Whether the provider should ask anew who it is. */
  readonly again?: boolean;
}

export function SignOnPage({ next, message, again = false }: SignOnPageProps) {
  return (
    <div class="panel login">
      <Problem>{message}</Problem>
      {/* A link: browsers let no form of ours lead to another host. */}
      <a class="button primary" href={signOnUrl(next, again)}>
        {again ? "Log in as somebody else" : "Log in"}
      </a>
    </div>
  );
}

/** The session here has ended, and the browser goes on to end that of the provider. */
export function LeavingPage({ to }: { readonly to: string }) {
  return (
    <div class="panel login">
      <p>You are logged out here. Your provider is asked to log you out, too.</p>
      <a class="button primary" href={to}>
        Go on
      </a>
    </div>
  );
}
