/** The page of an empty server: a first call to open or to paste, and a line that comes alive when it arrives. */
import { useCurrentUser } from "../../../http/current-user.ts";
import { NEW_PATH } from "../../../http/urls.ts";
import { Layout } from "../../layout.tsx";
import { participation, Snippets } from "../../ui/snippets.tsx";

const EXAMPLE = { experiment: "button-color", alternatives: ["red", "blue"], kpi: null } as const;

function Making() {
  if (!useCurrentUser().can("editor")) return null;
  return (
    <>
      Or <a href={NEW_PATH}>make an experiment in a form</a>.
    </>
  );
}

export function FirstVisit({ apiUrl }: { readonly apiUrl: string }) {
  const asked = participation(EXAMPLE).map((field) => [...field]);
  const firstCall = `${apiUrl}/participate?${new URLSearchParams(asked)}`;
  return (
    <Layout title="Start with one request" list="active" watch="list">
      <div class="first">
        <p class="lead">
          An experiment begins with the first call that names it. Nothing has to be set up:{" "}
          <a href={firstCall} target="_blank" rel="noreferrer">
            make that call in the browser
          </a>
          , or paste it into a terminal, and watch this page. <Making />
        </p>
        <div class="first-columns">
          <div>
            <p class="waiting panel" role="status" data-first-visit>
              <span class="waiting-dot" aria-hidden="true" />
              <span>Waiting for the first request. Reload this page after you have sent it.</span>
            </p>
            <Snippets apiUrl={apiUrl} {...EXAMPLE} isOpen />
          </div>
          <ol class="steps">
            <li>
              <strong>Participate</strong> answers which alternative a visitor gets. The same visitor always gets the
              same one; the first alternative is the control.
            </li>
            <li>
              <strong>Convert</strong> says that the visitor reached the goal. Each visitor counts once per goal.
            </li>
            <li>
              <strong>Look</strong> here as often as you like: the intervals hold however often you do. The page says
              when the data are enough.
            </li>
          </ol>
        </div>
      </div>
    </Layout>
  );
}
