/** What the cap of the KPI shown cut off, and the means without it. */

import { isPlanned } from "../../../../domain/plan.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { amount, count } from "../../ui/format.ts";

export function CapNote({ view }: { readonly view: ExperimentView }) {
  const { analysis, kpi, experiment } = view;
  const cap = analysis.caps[analysis.shown];
  if (cap === null || cap === undefined || view.figure !== "means") return null;
  if (cap.amount === null) {
    return (
      <p class="muted small" id="cap">
        No cap yet: it will be the 99th percentile of the totals, taken once after the first week, when 100 visitors
        have converted.
        {analysis.report.plan.lookAwaited && isPlanned(experiment, kpi.name) ? " The planned look waits for it." : ""}
      </p>
    );
  }
  const limit = amount(cap.amount, kpi.unit);
  const without = experiment.alternatives.map(({ name }, index) => {
    return `${name} ${amount(cap.rawMeans[index] ?? null, kpi.unit)}`;
  });
  return (
    <p class="muted small" id="cap">
      {count(cap.above)} of {count(cap.participants)} visitors above {limit}
      {cap.p99 ? ", the 99th percentile," : ""} count as {limit} each. As values came, the means are{" "}
      {without.join(", ")}. Averages per conversion are of values as they came.
      {cap.late ? " The cap was chosen after the data were seen." : ""}
    </p>
  );
}
