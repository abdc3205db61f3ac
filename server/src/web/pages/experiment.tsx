/** One experiment: its counts and what can be done to it. */
import type { ComponentChildren } from "preact";
import { type CompatAlternative, compatExperiment } from "../../service/compat.ts";
import { type KpiView, stateOf } from "../../service/report.ts";
import { CSRF_FIELD } from "../csrf.ts";
import { actionUrl, experimentJsonUrl } from "../urls.ts";
import { Layout } from "./layout.tsx";

export interface ExperimentPageProps {
  readonly view: KpiView;
  readonly csrfToken: string;
}

export function ExperimentPage({ view, csrfToken }: ExperimentPageProps) {
  const { experiment, kpi } = view;
  return (
    <Layout title={experiment.name}>
      <p>
        {stateOf(experiment)}
        {experiment.winner === null ? "" : ` · everybody gets ${experiment.winner}`}
        {kpi === null ? "" : ` · KPI ${kpi}`}
      </p>
      {experiment.description === null ? null : <p>{experiment.description}</p>}
      <Results alternatives={compatExperiment(view).alternatives} />
      <Actions view={view} csrfToken={csrfToken} />
      <p>
        <a href={experimentJsonUrl(experiment.name)}>JSON</a>
      </p>
    </Layout>
  );
}

function Results({ alternatives }: { readonly alternatives: readonly CompatAlternative[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Alternative</th>
          <th scope="col">Participants</th>
          <th scope="col">Conversions</th>
          <th scope="col">Rate</th>
          <th scope="col">Sixpack label</th>
        </tr>
      </thead>
      <tbody>
        {alternatives.map((alternative) => (
          <tr key={alternative.name}>
            <th scope="row">{alternative.name}</th>
            <td>{alternative.participant_count}</td>
            <td>{alternative.completed_count}</td>
            <td>{alternative.conversion_rate} %</td>
            <td>{alternative.confidence_level}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Actions({ view: { experiment }, csrfToken }: ExperimentPageProps) {
  const form = (action: string, label: string, fields?: ComponentChildren) => (
    <form method="post" action={actionUrl(experiment.name, action)}>
      <input type="hidden" name={CSRF_FIELD} value={csrfToken} />
      {fields}
      <button type="submit">{label}</button>
    </form>
  );
  const hidden = (name: string, value: string) => <input type="hidden" name={name} value={value} />;
  return (
    <section aria-label="Actions">
      {form("pause", experiment.paused ? "Resume" : "Pause", hidden("paused", String(!experiment.paused)))}
      {form("archive", experiment.archived ? "Unarchive" : "Archive", hidden("archived", String(!experiment.archived)))}
      {experiment.winner === null
        ? experiment.alternatives.map(({ name }) => form("winner/", `Use ${name}`, hidden("alternative_name", name)))
        : form("winner/reset/", "Reset winner")}
      {form(
        "description",
        "Save description",
        <label>
          Description <textarea name="description">{experiment.description ?? ""}</textarea>
        </label>,
      )}
      {form("export", "Export CSV")}
      {form("reset/", "Reset")}
      {form("delete/", "Delete")}
    </section>
  );
}
