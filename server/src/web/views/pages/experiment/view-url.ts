/** Addresses of views of one experiment: the present one with some arguments changed, and defaults left out. */
import { dayText } from "../../../../domain/period.ts";
import { withQuery } from "../../../http/urls.ts";
import type { ExperimentView } from "../../experiment-view.ts";

type Changes = Readonly<Partial<Record<"kpi" | "period" | "baseline" | "from" | "to" | "diff" | "chart", string>>>;

/** @param path below the experiment, such as `chart.svg` */
export function viewUrl({ root, query }: ExperimentView, changes: Changes, path = ""): string {
  const { period, diff, chart } = { ...query, ...changes };
  const kpi = changes.kpi ?? query.kpi;
  const url = withQuery(`${root}${path}`, {
    kpi,
    period: period === "day" ? undefined : period,
    baseline: changes.baseline ?? query.baseline,
    from: changes.from ?? (query.from === undefined ? undefined : dayText(query.from)),
    to: changes.to ?? (query.to === undefined ? undefined : dayText(query.to)),
    diff: diff === "relative" ? undefined : diff,
    chart: chart === "cumulative" ? undefined : chart,
  });
  // The default KPI has no name: `kpi=` asks for it, where leaving it out asks for the one that decides.
  return kpi === "" ? `${url}${url.includes("?") ? "&" : "?"}kpi=` : url;
}
