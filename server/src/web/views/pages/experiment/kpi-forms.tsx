/** What the KPI shown is called and counts; which KPIs count at all. */
import type { Experiment } from "../../../../domain/experiment.ts";
import { droppedKpis, kpiNamed } from "../../../../domain/experiment-kpis.ts";
import { type Kpi, kpisOf } from "../../../../domain/kpi.ts";
import { CAP_LENGTH_MAX, type Counted, capText, WINDOW_DAYS_MAX } from "../../../../domain/kpi-definition.ts";
import { isPlanned } from "../../../../domain/plan.ts";
import { useCurrentUser } from "../../../http/current-user.ts";
import { actionUrl } from "../../../http/urls.ts";
import { Choice } from "../../ui/choice.tsx";
import { CsrfField } from "../../ui/hidden-fields.tsx";

interface KpiFormsProps {
  readonly experiment: Experiment;
  /** The KPI that the page shows. */
  readonly shown: Kpi;
}

export function KpiForms({ experiment, shown }: KpiFormsProps) {
  const { can } = useCurrentUser();
  const names = kpisOf(experiment).flatMap(({ name }) => (name === null || isPlanned(experiment, name) ? [] : [name]));
  const dropped = droppedKpis(experiment);
  return (
    <>
      <DescribeForm experiment={experiment} shown={shown} />
      <form class="fields" method="post" action={actionUrl(experiment.name, "kpis")}>
        <CsrfField />
        <label class="field">
          KPI to count
          <input name="kpi" type="text" size={16} required list="dropped-kpis" />
        </label>
        <datalist id="dropped-kpis">
          {dropped.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <button type="submit">Add KPI</button>
      </form>
      {names.length > 0 && can("admin") ? (
        <form class="fields" method="post" action={actionUrl(experiment.name, "kpis/drop")}>
          <CsrfField />
          <label class="field">
            KPI that counts no more
            <select name="kpi">
              {names.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <button type="submit">Drop KPI</button>
        </form>
      ) : null}
      {dropped.length > 0 ? <p class="muted small">Dropped: {dropped.join(", ")}</p> : null}
    </>
  );
}

export const COUNTED_LABELS = {
  rate: "who converted: rate",
  value: "values: mean per visitor",
  events: "conversions: how many per visitor",
} as const satisfies Record<Counted, string>;

function DescribeForm({ experiment, shown }: KpiFormsProps) {
  const { name, counts, better } = shown;
  const kpi = kpiNamed(experiment, name);
  if (kpi === undefined) return null;
  return (
    <form class="fields" method="post" action={actionUrl(experiment.name, "kpis/describe")}>
      <CsrfField />
      <input type="hidden" name="kpi" value={name ?? ""} />
      <label class="field">
        Label of {name ?? "the default KPI"}, with its unit
        <input name="label" type="text" size={16} placeholder="Revenue (€)" value={kpi.label ?? ""} />
      </label>
      <Choice name="counts" label="It counts" choices={COUNTED_LABELS} chosen={counts} />
      <Choice name="better" label="Better is" choices={{ higher: "higher", lower: "lower" }} chosen={better} />
      <label class="field">
        At most this much of one visitor
        <input
          name="cap"
          type="text"
          size={10}
          maxLength={CAP_LENGTH_MAX}
          placeholder="400 or p99"
          value={kpi.cap === undefined ? "" : capText(kpi.cap)}
        />
      </label>
      <label class="field">
        Days after joining that count
        <input name="window_days" type="number" min={0} max={WINDOW_DAYS_MAX} value={kpi.windowDays ?? ""} />
      </label>
      <button type="submit">Save KPI</button>
    </form>
  );
}
