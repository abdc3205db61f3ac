/** How often we would be wrong on an experiment's own traffic, and how soon right. */
import type { Experiment } from "../../../domain/experiment.ts";
import { shownName } from "../../../lib/shown-name.ts";
import { percent } from "../../../lib/text.ts";
import { CALIBRATION_RUNS, type CalibrationState } from "../../../service/analysis/calibrator.ts";
import { calibrationSentences } from "../../../service/report/calibration-json.ts";
import type { Calibration } from "../../../stats/calibration.ts";
import { calibrationUrl, experimentUrl } from "../../http/urls.ts";
import { forPeople } from "../ui/for-people.ts";
import { count } from "../ui/format.ts";
import { CsrfField } from "../ui/hidden-fields.tsx";

interface CalibrationPageProps {
  readonly experiment: Experiment;
  readonly state: CalibrationState;
}

export function CalibrationPage({ experiment: { name }, state }: CalibrationPageProps) {
  return (
    <>
      <p>
        The visitors of <a href={experimentUrl(name)}>{shownName(name)}</a> are played again {CALIBRATION_RUNS} times:
        everybody draws an alternative anew, and does on the same days what they did. So the alternatives do not differ,
        and whoever claims a difference is wrong. The verdict is read at the end of every day. Then a difference is put
        in, to see when it is found.
      </p>
      <State name={name} state={state} />
    </>
  );
}

function State({ name, state }: { readonly name: string; readonly state: CalibrationState }) {
  switch (state.kind) {
    case "running":
      return (
        <p class="notice" role="status">
          It is being computed, beside the server. <a href={calibrationUrl(name)}>Look again</a> in some seconds.
        </p>
      );
    case "done":
      return (
        <>
          <Result result={state.result} />
          <p class="muted small spaced">
            Played on {state.day} with {count(state.participants)} visitors, and kept until tomorrow or until the server
            restarts. With {CALIBRATION_RUNS} plays each share is exact to about 3 percentage points.
          </p>
        </>
      );
    case "failed":
    case "none":
      return (
        <>
          {state.kind === "none" ? null : <p class="notice notice-warning">Not computed: {forPeople(state.problem)}</p>}
          <form class="spaced" method="post" action={calibrationUrl(name)}>
            <CsrfField />
            <button type="submit">Calibrate</button>
          </form>
        </>
      );
  }
}

function Result({ result }: { readonly result: Calibration }) {
  const { runs, equal, planted } = result;
  const share = (times: number) => percent(times / runs);
  const rows: readonly (readonly [rule: string, wrong: number, found: number | null])[] = [
    ["Our verdict, looked at every day", equal.ours, planted.found],
    ["The usual test, looked at every day", equal.usualAlways, null],
    ["The usual test, once at the end", equal.usualOnce, planted.foundOnce],
  ];
  return (
    <>
      {calibrationSentences(result).map((sentence) => (
        <p key={sentence} class="spaced">
          {sentence}
        </p>
      ))}
      <div class="panel spaced">
        <table class="results kpi-table" id="calibration">
          <thead>
            <tr>
              <th scope="col">Rule</th>
              <th scope="col" class="number">
                Wrong claims
              </th>
              <th scope="col" class="number">
                Finds the difference
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([rule, wrong, found]) => (
              <tr key={rule}>
                <th scope="row">{rule}</th>
                <td class="number">{share(wrong)}</td>
                <td class="number">{found === null ? "–" : share(found)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
