/** What was reset or deleted in the last days, and the way back. */
import { shownName } from "../../../lib/shown-name.ts";
import { DAY_MS } from "../../../lib/time.ts";
import type { Lost } from "../../../service/administer/lost.ts";
import { RESTORABLE_MS } from "../../../store/store.ts";
import { useCurrentUser } from "../../http/current-user.ts";
import { actionUrl, experimentUrl } from "../../http/urls.ts";
import { count } from "../ui/format.ts";
import { CsrfField, HiddenFields } from "../ui/hidden-fields.tsx";
import { Moment } from "../ui/moment.tsx";
import { Scroll } from "../ui/scroll.tsx";
import { activityUrl } from "./activity-page.tsx";

interface RemovedPageProps {
  readonly removed: readonly Lost[];
  /** Names that live, of which a restore moves the present life aside. */
  readonly live: ReadonlySet<string>;
}

export function RemovedPage({ removed, live }: RemovedPageProps) {
  const { can } = useCurrentUser();
  if (removed.length === 0) {
    return <p>Nothing was reset or deleted in the last {RESTORABLE_MS / DAY_MS} days.</p>;
  }
  return (
    <>
      <p class="lead">
        Restore brings an experiment back with all its visitors and conversions. If another one has its name by then,
        the two change places: that one is kept here, and can come back too.
        {can("admin") ? "" : " Restoring asks for the role admin."}
      </p>
      <Scroll label="Table of removed experiments">
        <table class="results">
          <caption class="hidden">Removed experiments, latest first</caption>
          <thead>
            <tr>
              <th scope="col">Experiment</th>
              <th scope="col" class="number">
                Visitors
              </th>
              <th scope="col">Removed</th>
              <th scope="col">Can come back until</th>
              <th scope="col">
                <span class="hidden">Restore</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {removed.map((lost) => (
              <Row key={lost.experiment.life} lost={lost} isLive={live.has(lost.experiment.name)} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}

function Row({ lost, isLive }: { readonly lost: Lost; readonly isLive: boolean }) {
  const { experiment, removedAtMs, how, participants, actor } = lost;
  const { name, life, alternatives } = experiment;
  return (
    <tr>
      <th scope="row" class="cell-arm">
        {isLive ? <a href={experimentUrl(name)}>{shownName(name)}</a> : shownName(name)}
        <span class="under">{alternatives.map((alternative) => alternative.name).join(", ")}</span>
      </th>
      <td class="number" data-label="Visitors">
        {participants === undefined ? "can't be read" : count(participants)}
      </td>
      <td data-label="Removed">
        <a href={activityUrl({ experiment: name })}>{how}</a>
        {actor === undefined ? "" : ` by ${actor}`}
        <span class="under">
          <Moment atMs={removedAtMs} />
        </span>
      </td>
      <td data-label="Can come back until">
        <Moment atMs={removedAtMs + RESTORABLE_MS} />
      </td>
      <td class="cell-actions">
        {useCurrentUser().can("admin") ? (
          <form method="post" action={actionUrl(name, "restore/")}>
            <CsrfField />
            <HiddenFields fields={{ incarnation: String(life) }} />
            <button
              type="submit"
              aria-label={`Restore ${shownName(name)}, ${how} ${new Date(removedAtMs).toISOString()}`}
            >
              Restore
            </button>
          </form>
        ) : null}
      </td>
    </tr>
  );
}
