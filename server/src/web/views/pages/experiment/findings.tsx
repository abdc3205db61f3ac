/** What an experiment has shown, section by section: the same for those who run it and for those who got a link to it. */
import { InTurns } from "../../../http/page-steps.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { BanditSection } from "./bandit-section.tsx";
import { ChartSection } from "./chart-section.tsx";
import { HealthSection } from "./health-section.tsx";
import { KpiSwitch } from "./kpi-switch.tsx";
import { KpiTable } from "./kpi-table.tsx";
import { ResultsSection } from "./results.tsx";
import { SegmentsSection } from "./segments-section.tsx";

export function Findings({ view }: { readonly view: ExperimentView }) {
  return (
    <InTurns>
      <KpiSwitch view={view} />
      <ResultsSection view={view} />
      <BanditSection view={view} />
      <ChartSection view={view} />
      <KpiTable view={view} />
      <SegmentsSection view={view} />
      <HealthSection view={view} />
    </InTurns>
  );
}
