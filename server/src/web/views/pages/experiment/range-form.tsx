/** Which days are shown, all unless somebody asks: a form by GET, so that a range has an address. */
import { dayText } from "../../../../domain/period.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { HiddenFields } from "../../ui/hidden-fields.tsx";

export function RangeForm({ view }: { readonly view: ExperimentView }) {
  const { root, query } = view;
  return (
    <details class="how end" open={query.from !== undefined || query.to !== undefined}>
      <summary>Choose days</summary>
      <form class="range" method="get" action={root}>
        <HiddenFields fields={kept(query)} />
        <label>
          From <input type="date" name="from" value={query.from === undefined ? "" : dayText(query.from)} />
        </label>
        <label>
          to <input type="date" name="to" value={query.to === undefined ? "" : dayText(query.to)} />
        </label>
        <button type="submit">Show</button>
      </form>
    </details>
  );
}

/** What the view was switched to stays; what goes without saying is not said. */
function kept({
  kpi,
  period,
  baseline,
  diff,
  chart,
  columns,
  show,
  segment,
}: ExperimentView["query"]): Readonly<Record<string, string>> {
  return {
    ...(kpi === undefined ? {} : { kpi }),
    ...(period === "day" ? {} : { period }),
    ...(baseline === undefined ? {} : { baseline }),
    ...(diff === "relative" ? {} : { diff }),
    ...(chart === undefined ? {} : { chart }),
    ...(show === undefined ? {} : { show: show.join(",") }),
    ...(segment === undefined ? {} : { segment }),
    ...(columns.length === 0 ? {} : { columns: columns.join(",") }),
  };
}
