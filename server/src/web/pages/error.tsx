/** What happened, and what to do. */
import { Layout } from "./layout.tsx";

export interface ErrorPageProps {
  readonly status: number;
  readonly message: string;
  readonly detail: string | undefined;
}

export function ErrorPage({ status, message, detail }: ErrorPageProps) {
  return (
    <Layout title={sentence(message)}>
      <div class="panel failed">
        {detail === undefined ? null : <p>{detail}</p>}
        <p>{adviceFor(status)}</p>
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

/** Messages are the API's, in small letters. */
function sentence(message: string): string {
  return message.charAt(0).toUpperCase() + message.slice(1);
}

function adviceFor(status: number): string {
  switch (status) {
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
