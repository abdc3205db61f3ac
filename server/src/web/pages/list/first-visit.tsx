/** The page of an empty server: a first call to paste, and a line that comes alive when it arrives. */
import { Snippets } from "../../ui/snippets.tsx";
import { Layout } from "../layout.tsx";

const EXAMPLE = { experiment: "button-color", alternatives: ["red", "blue"], kpi: null } as const;

export function FirstVisit({ apiUrl }: { readonly apiUrl: string }) {
  return (
    <Layout title="Start with one request" list="active" watch="list">
      <div class="first">
        <p class="lead">
          An experiment begins with the first call that names it. Nothing has to be set up: paste this into a terminal,
          and watch this page.
        </p>
        <Snippets apiUrl={apiUrl} {...EXAMPLE} />
        <p class="waiting" role="status" data-first-visit>
          <span class="waiting-dot" aria-hidden="true" />
          <span>Waiting for the first request. Reload this page after you have sent it.</span>
        </p>
      </div>
    </Layout>
  );
}
