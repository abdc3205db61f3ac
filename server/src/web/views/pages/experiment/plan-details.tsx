/** The form of a plan, folded away until somebody plans. */
import { useCurrentUser } from "../../../http/current-user.ts";
import { type ExperimentView, outlookOf } from "../../experiment-view.ts";
import { planDraftOf, seenBaselines } from "../../plan-draft.ts";
import { PlanForm } from "../plan-page.tsx";

export function PlanDetails({ view }: { readonly view: ExperimentView }) {
  const { experiment, kpi } = view;
  // Nothing is left to plan where everybody sees the winner.
  if (!useCurrentUser().can("editor") || experiment.winner !== null) return null;
  const outlook = outlookOf(view);
  return (
    <details class="how plan">
      <summary>{experiment.planning.plan === null ? "Plan this experiment" : "Change the plan"}</summary>
      <PlanForm {...{ experiment, outlook }} draft={planDraftOf(experiment, kpi, seenBaselines(outlook))} />
    </details>
  );
}
