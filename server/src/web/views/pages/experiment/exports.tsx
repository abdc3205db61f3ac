/** Files to take away. */
import { dayText } from "../../../../domain/period.ts";
import { useCurrentUser } from "../../../http/current-user.ts";
import { actionUrl, experimentJsonUrl, linksUrl, withQuery } from "../../../http/urls.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { CsrfField } from "../../ui/hidden-fields.tsx";
import { viewUrl } from "./view-url.ts";

export function Exports({ view }: { readonly view: ExperimentView }) {
  const { experiment, kpi } = view;
  const { can } = useCurrentUser();
  const { from, to, baseline } = view.query;
  const days = { from: from && dayText(from), to: to && dayText(to) };
  const ofKpi = { kpi: kpi.name ?? undefined, ...days };
  return (
    <section class="section" aria-labelledby="exports-title">
      <div class="section-head">
        <h2 id="exports-title">Export</h2>
        {from === undefined && to === undefined ? null : <span class="muted">of the days shown</span>}
      </div>
      <div class="buttons">
        <a class="button" href={`${view.root}readout`}>
          Readout for a manager
        </a>
        <a class="button" href={withQuery(actionUrl(experiment.name, "export.csv"), days)}>
          Tidy CSV, every KPI
        </a>
        {view.keepsClientIds && can("admin") ? (
          <a class="button" href={actionUrl(experiment.name, "clients.csv")}>
            CSV per client, with ids
          </a>
        ) : null}
        <a class="button" href={withQuery(experimentJsonUrl(experiment.name), { ...ofKpi, baseline })}>
          JSON
        </a>
        <a class="button" href={viewUrl(view, {}, "chart.svg")}>
          Chart as SVG
        </a>
        <a class="button" href={viewUrl(view, {}, "summary.md")}>
          Summary in Markdown
        </a>
        {can("editor") ? (
          <a class="button" href={linksUrl(experiment.name)}>
            Share links
          </a>
        ) : null}
        <form method="post" action={withQuery(actionUrl(experiment.name, "export"), ofKpi)}>
          <CsrfField />
          <button type="submit">CSV of Sixpack 2.7</button>
        </form>
      </div>
    </section>
  );
}
