/** At the head of an experiment that nobody has taken part in: what comes next, and that all of it can still be changed. */
import type { Experiment } from "../../../../domain/experiment.ts";
import { useCurrentUser } from "../../../http/current-user.ts";
import { actionUrl } from "../../../http/urls.ts";

export function DraftNotice({ experiment }: { readonly experiment: Experiment }) {
  const { can } = useCurrentUser();
  return (
    <div class="notice notice-draft" id="draft">
      <p>
        <strong>A draft.</strong> Put the code below where the decision falls; the experiment begins with its first
        visitor.{can("editor") ? " Until then all of it can be changed." : ""}
      </p>
      {can("editor") ? (
        <a class="button" href={actionUrl(experiment.name, "draft")}>
          Change the draft
        </a>
      ) : null}
    </div>
  );
}
