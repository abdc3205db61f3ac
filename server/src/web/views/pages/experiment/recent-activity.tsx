/** Who did what to this experiment, newest first. */
import type { ExperimentView } from "../../experiment-view.ts";
import { activityUrl } from "../activity-page.tsx";
import { ActivityTable } from "../activity-table.tsx";

export function ActivitySection({ view: { activity, experiment } }: { readonly view: ExperimentView }) {
  return (
    <section class="section" aria-labelledby="activity-title">
      <div class="section-head">
        <h2 id="activity-title">Activity</h2>
        <a class="small end" href={activityUrl({ experiment: experiment.name })}>
          All entries
        </a>
      </div>
      <div id="activity">
        {activity.length === 0 ? (
          <p class="muted">Nobody has changed anything yet.</p>
        ) : (
          <ActivityTable lines={activity} caption="Changes of this experiment, latest first" />
        )}
      </div>
    </section>
  );
}
