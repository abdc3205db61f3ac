/** Lists saved by name, each a link; the one in view can be taken away, and any other list saved. */
import { type SavedView, VIEW_NAME_LENGTH_MAX } from "../../../../service/report/saved-views.ts";
import { useCurrentUser } from "../../../http/current-user.ts";
import { VIEWS_PATH } from "../../../http/urls.ts";
import { CsrfField, HiddenFields } from "../../ui/hidden-fields.tsx";

interface SavedProps {
  readonly views: readonly SavedView[];
  /** The list in view, without its page. */
  readonly url: string;
  /** Whether there is something to save: a list that the tabs have is saved already. */
  readonly isNarrowed: boolean;
}

export function Saved({ views, url, isNarrowed }: SavedProps) {
  const { can } = useCurrentUser();
  const current = views.find((view) => sameQuery(view.url, url));
  const saving = can("editor") && current === undefined && isNarrowed;
  if (views.length === 0 && !saving) return null;
  return (
    <div class="saved" id="saved">
      {views.length === 0 ? null : (
        <nav aria-label="Saved views">
          <ul class="tabs">
            {views.map((view) => (
              <li key={view.name}>
                <a href={view.url} aria-current={view === current ? "page" : undefined}>
                  {view.name}
                </a>
              </li>
            ))}
          </ul>
        </nav>
      )}
      {saving ? (
        <details class="save-view">
          <summary>Save this view</summary>
          <form class="fields" method="post" action={VIEWS_PATH}>
            <CsrfField />
            <HiddenFields fields={{ url }} />
            <label class="field">
              Name, for everybody here
              <input name="name" maxLength={VIEW_NAME_LENGTH_MAX} required autocomplete="off" />
            </label>
            <button type="submit">Save view</button>
          </form>
        </details>
      ) : null}
      {can("editor") && current !== undefined ? (
        <form method="post" action={`${VIEWS_PATH}/remove`}>
          <CsrfField />
          <HiddenFields fields={{ name: current.name }} />
          <button type="submit" class="quiet">
            Remove this view
          </button>
        </form>
      ) : null}
    </div>
  );
}

/** Whatever the order and spelling of what they ask for. */
function sameQuery(a: string, b: string): boolean {
  return spelled(a) === spelled(b);
}

function spelled(url: string): string {
  const [path = "", query = ""] = url.split("?", 2);
  const parts = [...new URLSearchParams(query)].map(([name, value]) => JSON.stringify([name, value]));
  return `${path} ${parts.sort().join()}`;
}
