/** What was reset or deleted in the last days, and the way back. */

import { shownName } from "../../../lib/shown-name.ts";
import { DAY_MS } from "../../../lib/time.ts";
import { RESTORABLE_MS, type RemovedExperiment } from "../../../store/store.ts";
import { useCurrentUser } from "../../http/current-user.ts";
import { actionUrl, experimentUrl } from "../../http/urls.ts";
import { CsrfField, HiddenFields } from "../ui/hidden-fields.tsx";
import { activityUrl, Moment } from "./activity-page.tsx";

export interface RemovedPageProps {
  readonly removed: readonly RemovedExperiment[];
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
      <p>
        An experiment comes back with its participants and conversions. What has the name by then is moved aside in its
        turn and stands here instead.
        {can("admin") ? "" : " Restoring asks for the role admin."}
      </p>
      <div class="table-scroll">
        <table>
          <caption class="hidden">Removed experiments, latest first</caption>
          <thead>
            <tr>
              <th scope="col">Experiment</th>
              <th scope="col">Alternatives</th>
              <th scope="col">How</th>
              <th scope="col">When</th>
              <th scope="col">Can come back until</th>
              <th scope="col">Restore</th>
            </tr>
          </thead>
          <tbody>
            {removed.map((life) => (
              <Row key={life.experiment.life} removed={life} isLive={live.has(life.experiment.name)} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Row({ removed, isLive }: { readonly removed: RemovedExperiment; readonly isLive: boolean }) {
  const { experiment, removedAtMs, how } = removed;
  const { name, life, alternatives } = experiment;
  return (
    <tr>
      <th scope="row">{isLive ? <a href={experimentUrl(name)}>{shownName(name)}</a> : shownName(name)}</th>
      <td>{alternatives.map((alternative) => alternative.name).join(", ")}</td>
      <td>
        <a href={activityUrl({ experiment: name, actor: undefined, page: 1 })}>{how}</a>
      </td>
      <td>
        <Moment atMs={removedAtMs} />
      </td>
      <td>
        <Moment atMs={removedAtMs + RESTORABLE_MS} />
      </td>
      <td>
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
