/** On a page that was reset, for as long as it can be undone: where one looks for what is missing. */
import { DAY_MS } from "../../../../lib/time.ts";
import { RESTORABLE_MS } from "../../../../store/store.ts";
import { useCurrentUser } from "../../../http/current-user.ts";
import { REMOVED_PATH } from "../../../http/urls.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { date } from "../../ui/format.ts";

export function ResetNotice({ view: { activity, nowMs } }: { readonly view: ExperimentView }) {
  const { can, isGuest } = useCurrentUser();
  const last = activity.find(({ action }) => action === "reset" || action === "restore");
  // A guest is told no names.
  if (isGuest) return null;
  if (last?.action !== "reset" || nowMs - last.atMs >= RESTORABLE_MS) return null;
  return (
    <div class="notice notice-draft" id="was-reset">
      <p>
        <strong>Reset on {date(last.atMs)}</strong> by {last.actor}. What it held ({last.before ?? "nothing"}) can be
        restored for {RESTORABLE_MS / DAY_MS} days.
      </p>
      {can("admin") ? (
        <a class="button" href={REMOVED_PATH}>
          Look at what was removed
        </a>
      ) : null}
    </div>
  );
}
