/** Which KPI is shown. */
import { kpisOf } from "../../../../domain/kpi.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { viewUrl } from "./view-url.ts";

export function KpiSwitch({ view }: { readonly view: ExperimentView }) {
  const kpis = new Map([...view.analysis.kpis, ...kpisOf(view.experiment)].map((kpi) => [kpi.name, kpi.label]));
  if (kpis.size < 2) return null;
  return (
    <nav class="kpis" aria-label="KPI">
      <ul class="switch">
        {[...kpis].map(([name, label]) => (
          <li key={name ?? ""}>
            <a
              href={viewUrl(view, { kpi: name ?? "" })}
              title={label}
              aria-current={name === view.kpi.name ? "true" : undefined}
            >
              {label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
