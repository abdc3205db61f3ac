/** The activity log: who did what to which experiment, when, and what it was before and after. */
import type {
  ActivityFilter,
  ActivityPageQuery,
  Occurring,
  ActivityPage as Page,
} from "../../../service/administer/activity-query.ts";
import { useCurrentUser } from "../../http/current-user.ts";
import { ACTIVITY_PATH, CLIENTS_PATH, REMOVED_PATH, withQuery } from "../../http/urls.ts";
import { Options } from "../ui/choice.tsx";
import { ActivityTable } from "./activity-table.tsx";

interface ActivityPageProps {
  readonly query: ActivityPageQuery;
  readonly page: Page;
}

export function ActivityPage({ query, page: { entries, more, occurring } }: ActivityPageProps) {
  const { can } = useCurrentUser();
  const { page: _, ...filter } = query;
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  return (
    <>
      <Filters filter={filter} occurring={occurring} isFiltered={isFiltered} />
      {entries.length === 0 ? (
        <p>{isFiltered ? "Nothing in the log matches." : "Nobody has changed anything yet."}</p>
      ) : (
        <ActivityTable lines={entries} caption="Changes, latest first" withExperiment />
      )}
      <Pager query={query} more={more} />
      <p>
        <a href={REMOVED_PATH}>Removed experiments</a> can be restored for 7 days.
        {can("editor") ? (
          <>
            {" "}
            <a href={CLIENTS_PATH}>Why a client sees what it sees</a>.
          </>
        ) : null}{" "}
        This log as <a href={activityUrl(filter, ".csv")}>CSV</a> or <a href={activityUrl(filter, ".json")}>JSON</a>.
      </p>
    </>
  );
}

interface FiltersProps {
  readonly filter: ActivityFilter;
  readonly occurring: Occurring;
  readonly isFiltered: boolean;
}

const NAMES_ID = "names-in-log";

/** Experiments are too many to scroll through, so one types and is offered what fits. */
function Filters({
  filter: { experiment, actor, action },
  occurring: { experiments, actors, actions },
  isFiltered,
}: FiltersProps) {
  const chosenActors = actor === undefined || actors.includes(actor) ? actors : [actor, ...actors];
  return (
    <form class="filters" method="get" action={ACTIVITY_PATH}>
      <label class="search">
        <span class="hidden">Experiment, or a part of its name</span>
        <input
          type="search"
          name="experiment"
          value={experiment}
          list={NAMES_ID}
          placeholder="Any experiment"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
        />
      </label>
      <datalist id={NAMES_ID}>
        {experiments.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <label>
        <span class="hidden">Who</span>
        <select name="actor" data-submit>
          <Options
            choices={{ "": "Anybody", ...Object.fromEntries(chosenActors.map((name) => [name, name])) }}
            chosen={actor ?? ""}
          />
        </select>
      </label>
      <label>
        <span class="hidden">What</span>
        <select name="action" data-submit>
          <Options
            choices={{ "": "Any change", ...Object.fromEntries(actions.map((one) => [one.action, one.words])) }}
            chosen={action ?? ""}
          />
        </select>
      </label>
      <button type="submit">Show</button>
      {isFiltered ? <a href={ACTIVITY_PATH}>Show all</a> : null}
    </form>
  );
}

function Pager({ query, more }: { readonly query: ActivityPageQuery; readonly more: boolean }) {
  const { page } = query;
  if (page === 1 && !more) return null;
  return (
    <nav class="pager" aria-label="Pages">
      {page > 1 ? <a href={activityUrl({ ...query, page: page - 1 })}>Later</a> : null} Page {page}{" "}
      {more ? <a href={activityUrl({ ...query, page: page + 1 })}>Earlier</a> : null}
    </nav>
  );
}

export function activityUrl(
  { experiment, actor, action, page = 1 }: Partial<ActivityPageQuery>,
  file: "" | ".csv" | ".json" = "",
): string {
  return withQuery(`${ACTIVITY_PATH}${file}`, { experiment, actor, action, page: page > 1 ? page : undefined });
}
