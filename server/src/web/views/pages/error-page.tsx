/** What happened, and what to do. */
import { ERRORS, type ErrorCode } from "../../../domain/errors.ts";
import { useCurrentUser } from "../../http/current-user.ts";
import { Layout } from "../layout.tsx";
import { forPeople } from "../ui/for-people.ts";
import { sentence } from "../ui/problem.tsx";

interface ErrorPageProps {
  readonly code: ErrorCode;
  readonly detail: string | undefined;
}

/** Refusals of everything that comes this way: their details say what to do, and no other page will do better. */
const SHUT: ReadonlySet<ErrorCode> = new Set(["foreign-host", "forwarded-request"]);

export function ErrorPage({ code, detail }: ErrorPageProps) {
  const { status, message } = ERRORS[code];
  const { isGuest } = useCurrentUser();
  // To a guest no other page is of use either.
  if (isGuest || SHUT.has(code)) {
    return (
      <Layout title={sentence(message)}>
        <div class="panel failed">
          {detail === undefined ? null : <p>{forPeople(detail, code)}</p>}
          <p class="muted small">Error {status}</p>
        </div>
      </Layout>
    );
  }
  return (
    <Layout title={sentence(message)}>
      <div class="panel failed">
        {detail === undefined ? null : <p>{forPeople(detail, code)}</p>}
        <p>{adviceFor(code)}</p>
        <p>
          <a class="button" href="/">
            All active experiments
          </a>
        </p>
        <p class="muted small">Error {status}</p>
      </div>
    </Layout>
  );
}

function adviceFor(code: ErrorCode): string {
  // Sending it again would help nobody whose role forbids it.
  if (code === "forbidden") return "Ask somebody whose role allows it.";
  if (code === "not-logged") return "It need not be done again.";
  // No reload mends what is damaged.
  if (code === "experiment-unreadable") return "Nothing was changed. Ask whoever runs this server to repair it.";
  switch (ERRORS[code].status) {
    case 500:
      return "This is not your doing. Reload the page in a moment. The server's log says what went wrong.";
    case 503:
      return "Nothing was changed. Reload this page in a moment.";
    case 403:
      return "Go back, reload the page you came from, and send the form again.";
    case 404:
      return "It may have been deleted or renamed. Look for it in the list.";
    case 409:
      return "Go back, look at what changed, and try again.";
    default:
      return "Go back and try again.";
  }
}
