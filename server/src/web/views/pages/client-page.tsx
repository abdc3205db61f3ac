/** What is kept of one client, what it would get now, and the step of the decision that says so. */
import { alternativeName } from "../../../domain/experiment.ts";
import { kpiLabel } from "../../../domain/kpi.ts";
import { shownName } from "../../../lib/shown-name.ts";
import type { ClientInExperiment, Supposed } from "../../../service/client-view.ts";
import { type RecordJson, recordJson } from "../../../service/report/record-json.ts";
import { CLIENTS_PATH, experimentUrl } from "../../http/urls.ts";
import { count } from "../ui/format.ts";
import { Scroll } from "../ui/scroll.tsx";

interface ClientPageProps {
  readonly client: string | undefined;
  readonly supposed: Supposed;
  /** `undefined` before a client is asked for. */
  readonly views: readonly ClientInExperiment[] | undefined;
}

export function ClientPage({ client, supposed, views }: ClientPageProps) {
  return (
    <>
      <form method="get" action={CLIENTS_PATH} class="fields">
        <Field name="client_id" label="Client id" value={client} required />
        <Field name="experiment" label="Also in experiment" value={supposed.experiment} />
        <Field name="force" label="If it forced" value={supposed.force} />
        <Field name="user_agent" label="If its user agent was" value={supposed.userAgent} />
        <Field name="ip_address" label="If its address was" value={supposed.address} />
        <button type="submit">Explain</button>
      </form>
      <p class="muted small spaced">
        Looking a client up is noted in the activity log. Nothing is recorded of the client.
      </p>
      {views === undefined ? null : <Views views={views} />}
    </>
  );
}

function Field(props: {
  readonly name: string;
  readonly label: string;
  readonly value: string | undefined;
  readonly required?: true;
}) {
  const { name, label, value, required } = props;
  return (
    <label class="field grow">
      {label}
      <input type="text" name={name} value={value ?? ""} required={required} autocomplete="off" />
    </label>
  );
}

function Views({ views }: { readonly views: readonly ClientInExperiment[] }) {
  if (views.length === 0) return <p>No experiment has a record of this client.</p>;
  return (
    <>
      {views.map((view) => (
        <View key={view.experiment.name} view={view} />
      ))}
    </>
  );
}

function View({ view: { experiment, answer, steps, record } }: { readonly view: ClientInExperiment }) {
  const kept = recordJson(experiment, record);
  return (
    <section class="section">
      <h2>
        <a href={experimentUrl(experiment.name)}>{shownName(experiment.name)}</a>
      </h2>
      <p>
        Gets <strong>{shownName(alternativeName(experiment, answer.index))}</strong> ({answer.reason}).
      </p>
      {kept === null ? null : <Kept record={kept} />}
      <ol>
        {steps.map(({ step, answered, says }) => (
          <li key={step}>{answered ? <strong>{says}</strong> : says}</li>
        ))}
      </ol>
    </section>
  );
}

function Kept({ record: { day, explored, segments, kpis } }: { readonly record: RecordJson }) {
  return (
    <>
      <p>{`Joined on ${day}${explored ? ", drawn evenly" : ""}.`}</p>
      {segments === undefined ? null : (
        <p>
          Segments:{" "}
          {Object.entries(segments)
            .map(([name, value]) => `${name}=${value}`)
            .join(", ")}
          .
        </p>
      )}
      {kpis.length === 0 ? null : (
        <Scroll label="What it reached">
          <table class="results">
            <caption class="hidden">What it reached</caption>
            <thead>
              <tr>
                <th scope="col">KPI</th>
                <th scope="col">First on</th>
                <th scope="col" class="number">
                  Events
                </th>
                <th scope="col" class="number">
                  Total
                </th>
              </tr>
            </thead>
            <tbody>
              {kpis.map(({ kpi, day: first, events, total }) => (
                <tr key={kpi}>
                  <td>{kpiLabel(kpi)}</td>
                  <td>{first}</td>
                  <td class="number">{count(events)}</td>
                  <td class="number">{total}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </>
  );
}
