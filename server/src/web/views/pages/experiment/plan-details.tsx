/** The form of a plan, folded away until somebody plans. */

import { useCurrentUser } from "../../../http/current-user.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { planDraftOf, seenBaselines } from "../../plan-draft.ts";
import { PlanForm } from "../plan-page.tsx";

export function PlanDetails({ view: { experiment, kpi, outlook } }: { readonly view: ExperimentView }) {
  if (!useCurrentUser().can("editor")) return null;
  return (
    <details class="how plan">
      <summary>{experiment.planning.plan === null ? "Plan this experiment" : "Change the plan"}</summary>
      <PlanForm {...{ experiment, outlook }} draft={planDraftOf(experiment, kpi, seenBaselines(outlook))} />
    </details>
  );
}
