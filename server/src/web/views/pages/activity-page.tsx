/** The activity log: who did what to which experiment, when, and what it was before and after. */

import { shownName } from "../../../lib/shown-name.ts";
import type { ActivityPageQuery, ActivityPage as Page } from "../../../service/administer/activity-query.ts";
import { logWord } from "../../../service/administer/acts/acts.ts";
import { type Activity, UNREADABLE_ACTION } from "../../../store/activity.ts";
import { useCurrentUser } from "../../http/current-user.ts";
import { ACTIVITY_PATH, CLIENTS_PATH, experimentUrl, REMOVED_PATH } from "../../http/urls.ts";
import { Change } from "./activity-change.tsx";

export interface ActivityPageProps {
  readonly query: ActivityPageQuery;
  readonly page: Page;
}

export function ActivityPage({ query, page: { entries, more } }: ActivityPageProps) {
  const { can } = useCurrentUser();
  const filtered = query.experiment !== undefined || query.actor !== undefined;
  return (
    <>
      <Filters query={query} />
      {entries.length === 0 ? (
        <p>
          {filtered
            ? "Nothing matches: no experiment or person has that in its name."
            : "Nobody has changed anything yet."}
        </p>
      ) : (
        <ActivityTable entries={entries} caption="Changes, latest first" withExperiment />
      )}
      <Pager query={query} more={more} />
      <p>
        <a href={REMOVED_PATH}>Removed experiments</a> can be restored for 7 days.
        {can("editor") ? (
          <>
            {" "}
            <a href={CLIENTS_PATH}>Why a client sees what it sees</a>.
          </>
        ) : null}
      </p>
    </>
  );
}

export interface ActivityTableProps {
  readonly entries: readonly Activity[];
  readonly caption: string;
  /** Off on the page of one experiment. */
  readonly withExperiment?: boolean;
}

/** Also for the page of one experiment. */
export function ActivityTable({ entries, caption, withExperiment = false }: ActivityTableProps) {
  return (
    <div class="table-scroll">
      <table class="activity">
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            {withExperiment ? <th scope="col">Experiment</th> : null}
            <th scope="col">What</th>
            <th scope="col">Before → after</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry, index) => (
            <Row key={`${entry.atMs} ${index}`} entry={entry} withExperiment={withExperiment} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ entry, withExperiment }: { readonly entry: Activity; readonly withExperiment: boolean }) {
  const { atMs, actor, experiment, action, before, after } = entry;
  if (action === UNREADABLE_ACTION) {
    return (
      <tr>
        <td colSpan={withExperiment ? 5 : 4}>An entry that can't be read: {after}</td>
      </tr>
    );
  }
  return (
    <tr>
      <td>
        <Moment atMs={atMs} />
      </td>
      <td>
        <a href={activityUrl({ experiment: undefined, actor, page: 1 })}>{actor}</a>
      </td>
      {withExperiment ? (
        <td>
          <a href={experimentUrl(experiment)}>{shownName(experiment)}</a>
        </td>
      ) : null}
      <td>{logWord(action)?.words ?? action}</td>
      <td>
        <Change action={action} before={before} after={after} />
      </td>
    </tr>
  );
}

/** In UTC, as everywhere; machines read the attribute. */
export function Moment({ atMs }: { readonly atMs: number }) {
  const iso = new Date(atMs).toISOString();
  return <time dateTime={iso}>{`${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`}</time>;
}

function Filters({ query: { experiment, actor } }: { readonly query: ActivityPageQuery }) {
  return (
    <form class="filters" method="get" action={ACTIVITY_PATH}>
      <label>
        Experiment, or a part of its name{" "}
        <input name="experiment" value={experiment} autocapitalize="none" spellcheck={false} />
      </label>{" "}
      <label>
        Who <input name="actor" value={actor} autocapitalize="none" spellcheck={false} />
      </label>{" "}
      <button type="submit">Show</button> <a href={ACTIVITY_PATH}>Show all</a>
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

export function activityUrl({ experiment, actor, page }: ActivityPageQuery): string {
  const query = new URLSearchParams();
  if (experiment !== undefined) query.set("experiment", experiment);
  if (actor !== undefined) query.set("actor", actor);
  if (page > 1) query.set("page", String(page));
  const text = query.toString();
  return text === "" ? ACTIVITY_PATH : `${ACTIVITY_PATH}?${text}`;
}
