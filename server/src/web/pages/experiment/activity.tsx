/** Who did what to this experiment, newest first. */
import type { Plan } from "../../../domain/plan.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { moment, plural, uplift } from "../../ui/format.ts";
import { Scroll } from "../../ui/scroll.tsx";
import { ACTIVITY_PATH, withQuery } from "../../urls.ts";
import { kpiLabel } from "./kpis.tsx";

/** Longest value shown of what was before and after; all of it is in the log of all experiments. */
const SHOWN_LENGTH_MAX = 120;

export function ActivitySection({ view: { activity, experiment } }: { readonly view: ExperimentView }) {
  return (
    <section class="section" aria-labelledby="activity-title">
      <div class="section-head">
        <h2 id="activity-title">Activity</h2>
        <a class="small" href={withQuery(ACTIVITY_PATH, { experiment: experiment.name })}>
          All entries
        </a>
      </div>
      {activity.length === 0 ? (
        <p class="muted">Nobody has changed anything yet.</p>
      ) : (
        <Scroll label="Activity log">
          <table class="log">
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Who</th>
                <th scope="col">What</th>
                <th scope="col">Before → after</th>
              </tr>
            </thead>
            <tbody>
              {activity.map(({ atMs, actor, action, before, after }) => (
                <tr key={`${atMs} ${action}`}>
                  <td>
                    <time dateTime={new Date(atMs).toISOString()}>{moment(atMs)}</time>
                  </td>
                  <td>{actor}</td>
                  <td>{action.replaceAll("-", " ")}</td>
                  <td class="cell-change">
                    {before === null && after === null ? "" : `${shown(action, before)} → ${shown(action, after)}`}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}

function shown(action: string, value: string | null): string {
  if (value === null) return "nothing";
  const text = action.endsWith("-plan") ? planText(value) : value;
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text;
}

/** The log keeps plans as JSON; people want the size and the gain that it can find. */
function planText(json: string): string {
  try {
    const { primary, size }: Plan = JSON.parse(json);
    const kpi = kpiLabel(primary.kpi);
    if (size === null) return `${kpi} decides`;
    return `${kpi} decides at ${plural(size.participants, "participant")}, to find ${uplift(size.minimumUplift)}`;
  } catch {
    // Written by a version that planned otherwise.
    return json;
  }
}
