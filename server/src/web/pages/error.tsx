/** What happened, and what to do. */
import { Layout } from "./layout.tsx";

export interface ErrorPageProps {
  readonly status: number;
  readonly message: string;
  readonly detail: string | undefined;
}

export function ErrorPage({ status, message, detail }: ErrorPageProps) {
  return (
    <Layout title={`${status}: ${message}`}>
      {detail === undefined ? null : <p>{detail}</p>}
      <p>
        {status === 503 ? "Reload this page in a moment, or go" : "Go"} <a href="/">to the list of experiments</a>.
      </p>
    </Layout>
  );
}
