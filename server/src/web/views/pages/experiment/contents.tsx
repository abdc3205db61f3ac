/** The way to each part of a long page, in sight wherever one stands. */
import { useCurrentUser } from "../../../http/current-user.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { hasKpiTable } from "./kpi-table.tsx";

export function Contents({ view }: { readonly view: ExperimentView }) {
  const { can } = useCurrentUser();
  const parts: readonly (readonly [id: string, label: string, isThere: boolean])[] = [
    ["results-title", "Results", true],
    ["bandit-title", "Bandit", view.analysis.bandit !== null],
    ["chart-title", "Over time", true],
    ["kpis-title", "KPIs", hasKpiTable(view)],
    ["segments-title", "Segments", view.analysis.segments !== null],
    ["health", "Health", true],
    ["settings-title", "Settings", can("editor")],
    ["code", "Code", true],
    ["exports-title", "Export", true],
    ["activity-title", "Activity", true],
  ];
  return (
    <nav class="contents" aria-label="On this page">
      <ul>
        {parts
          .filter(([, , isThere]) => isThere)
          .map(([id, label]) => (
            <li key={id}>
              <a href={`#${id}`}>{label}</a>
            </li>
          ))}
      </ul>
    </nav>
  );
}
