/** The experiment by its segments: what is claimed, and then the figures. */
import { ofDimension, type SegmentDimension } from "../../../../service/analysis/segment-report.ts";
import { useCurrentUser } from "../../../http/current-user.ts";
import { actionUrl, withQuery } from "../../../http/urls.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { visitorWords } from "../../ui/for-people.ts";
import { count, rate, uplift, upliftRange } from "../../ui/format.ts";
import { How } from "../../ui/how.tsx";
import { Scroll } from "../../ui/scroll.tsx";
import { Switch } from "../../ui/switch.tsx";
import { viewUrl } from "./view-url.ts";

export function SegmentsSection({ view }: { readonly view: ExperimentView }) {
  const { experiment, query } = view;
  const { isGuest } = useCurrentUser();
  const { segments } = view.analysis;
  if (segments === null) return null;
  const { dimensions } = ofDimension(segments, query.segment);
  const names = experiment.alternatives.map(({ name }) => name);
  return (
    <section class="section" aria-labelledby="segments-title">
      <div class="section-head">
        <h2 id="segments-title">Segments</h2>
        <How anchor="segments">
          Whether an alternative does otherwise for some than for the rest, by the rate of {segments.kpi}. What is said
          here stays true however often one looks and however many segments there are; a segment never makes a winner.
        </How>
      </div>
      {segments.sentences.length === 0 ? (
        <p class="muted">No segment is known to differ from the rest.</p>
      ) : (
        <ul>
          {segments.sentences.map((sentence) => (
            <li key={sentence}>{visitorWords(sentence)}</li>
          ))}
        </ul>
      )}
      {segments.dimensions.length < 2 ? null : <DimensionSwitch view={view} all={segments.dimensions} />}
      {dimensions.map((dimension) => (
        <DimensionTable key={dimension.name} dimension={dimension} names={names} />
      ))}
      {isGuest ? null : (
        <div class="buttons">
          {dimensions.map(({ name }) => (
            <a key={name} class="button" href={withQuery(actionUrl(experiment.name, "export.csv"), { segment: name })}>
              CSV by {name}
            </a>
          ))}
        </div>
      )}
    </section>
  );
}

function DimensionSwitch({ view, all }: { readonly view: ExperimentView; readonly all: readonly SegmentDimension[] }) {
  const choices = [{ name: "", label: "All" }, ...all.map(({ name }) => ({ name, label: name }))].map(
    ({ name, label }) => ({
      label,
      url: `${viewUrl(view, { segment: name })}#segments-title`,
      isChosen: name === (view.query.segment ?? ""),
    }),
  );
  return (
    <div class="chart-switches">
      <Switch label="Segment" choices={choices} />
    </div>
  );
}

function DimensionTable({
  dimension,
  names,
}: {
  readonly dimension: SegmentDimension;
  readonly names: readonly string[];
}) {
  return (
    <Scroll label={`Table of ${dimension.name}`}>
      <table class="results kpi-table">
        <thead>
          <tr>
            <th scope="col">{dimension.name}</th>
            {names.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {dimension.values.map(({ name, arms, comparisons }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {arms.map(({ participants, conversions }, index) => {
                const difference = comparisons.find(({ alternative }) => alternative === index)?.difference ?? null;
                return (
                  <td key={names[index]}>
                    {rate(participants === 0 ? null : conversions / participants)} of {count(participants)}
                    {difference === null ? null : (
                      <span class="under">
                        {uplift(difference.estimate, limitsOf(difference))} ({upliftRange(limitsOf(difference))})
                      </span>
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function limitsOf({ low, high }: { readonly low: number; readonly high: number }) {
  return { lower: low, upper: high };
}
