/** Addresses of views of one experiment: the present one with some arguments changed, and defaults left out. */
import { dayText } from "../../../../domain/period.ts";
import { withQuery } from "../../../http/urls.ts";
import type { Column, ExperimentView } from "../../experiment-view.ts";

type Changes = Readonly<
  Partial<Record<"kpi" | "period" | "baseline" | "from" | "to" | "diff" | "chart" | "segment", string>>
> & {
  readonly columns?: readonly Column[];
  readonly show?: readonly number[];
};

/** @param path below the experiment, such as `chart.svg` */
export function viewUrl({ root, query }: ExperimentView, changes: Changes, path = ""): string {
  const { period, diff, chart, columns, show } = { ...query, ...changes };
  const kpi = changes.kpi ?? query.kpi;
  const url = withQuery(`${root}${path}`, {
    kpi,
    period: period === "day" ? undefined : period,
    baseline: changes.baseline ?? query.baseline,
    from: changes.from ?? (query.from === undefined ? undefined : dayText(query.from)),
    to: changes.to ?? (query.to === undefined ? undefined : dayText(query.to)),
    diff: diff === "relative" ? undefined : diff,
    columns: columns.length === 0 ? undefined : columns.join(","),
    chart,
    show: show?.join(",") || undefined,
    segment: changes.segment ?? query.segment,
  });
  // The default KPI has no name: `kpi=` asks for it, where leaving it out asks for the one that decides.
  return kpi === "" ? `${url}${url.includes("?") ? "&" : "?"}kpi=` : url;
}
