/** The form of a plan on a page of its own, where a refusal is told beside what was filled in. */

import { shownName } from "../ui/name.ts";
import { Problem } from "../ui/problem.tsx";
import { experimentUrl } from "../urls.ts";
import { useVisitor } from "../visitor.ts";
import { PlanForm, type PlanFormProps } from "./plan-form.tsx";

export interface PlanPageProps extends PlanFormProps {
  /** What was wrong with the form sent last; `undefined` when nothing was. */
  readonly problem: string | undefined;
}

export function PlanPage({ experiment, draft, problem }: PlanPageProps) {
  if (!useVisitor().can("editor")) return null;
  return (
    <section class="panel padded">
      <Problem>{problem}</Problem>
      <PlanForm experiment={experiment} draft={draft} />
      <p class="spaced">
        <a href={experimentUrl(experiment.name)}>Back to {shownName(experiment.name)}</a>
      </p>
    </section>
  );
}
