/** The form of a plan, folded away until somebody plans. */
import type { ExperimentView } from "../../experiment-view.ts";
import { planDraftOf } from "../../plan-form.ts";
import { useVisitor } from "../../visitor.ts";
import { PlanForm } from "../plan-form.tsx";

export function PlanDetails({ view: { experiment, kpi } }: { readonly view: ExperimentView }) {
  if (!useVisitor().can("editor")) return null;
  return (
    <details class="how plan">
      <summary>{experiment.planning.plan === null ? "Plan this experiment" : "Change the plan"}</summary>
      <PlanForm experiment={experiment} draft={planDraftOf(experiment, kpi)} />
    </details>
  );
}
