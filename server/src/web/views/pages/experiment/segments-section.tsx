/** The experiment by its segments: what is claimed, and then the figures. */

import { ofDimension, type SegmentDimension, type SegmentValue } from "../../../../service/analysis/segment-report.ts";
import { useCurrentUser } from "../../../http/current-user.ts";
import { actionUrl, withQuery } from "../../../http/urls.ts";
import { AXIS_MIN_OF_RATES, type Axis, AxisLabels, IntervalBar, sharedAxis } from "../../charts/interval-bar.tsx";
import { seriesClass } from "../../charts/palette.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { count, rate } from "../../ui/format.ts";
import { How } from "../../ui/how.tsx";
import { Scroll } from "../../ui/scroll.tsx";
import { Switch } from "../../ui/switch.tsx";
import { effectRange, effectText } from "./arms.ts";
import { viewUrl } from "./view-url.ts";

/** Segments are compared by differences of rates, so figures and axis are percentage points. */
const RATES = { isMean: false, unit: null } as const;

export function SegmentsSection({ view }: { readonly view: ExperimentView }) {
  const { experiment, query } = view;
  const { isGuest } = useCurrentUser();
  const { segments } = view.analysis;
  if (segments === null) return null;
  const { dimensions } = ofDimension(segments, query.segment);
  const names = experiment.alternatives.map(({ name }) => name);
  const differences = dimensions.flatMap(({ values }) =>
    values.flatMap(({ comparisons }) => comparisons.flatMap(({ difference }) => difference ?? [])),
  );
  const axis = differences.length === 0 ? null : sharedAxis(differences.map(limitsOf), AXIS_MIN_OF_RATES);
  return (
    <section class="section" aria-labelledby="segments-title">
      <div class="section-head">
        <h2 id="segments-title">Segments</h2>
        <How anchor="segments" about="segments">
          Whether an alternative does otherwise for some than for the rest, by the rate of {segments.label}. All of it
          together is wrong in at most one experiment of twenty, however often one looks and however many segments there
          are. It is an idea for the next test: a segment never makes a winner. Bars are the difference from {names[0]}{" "}
          in points, all on one axis, drawn toward that of all by as much as chance explains.
        </How>
      </div>
      {segments.sentences.length === 0 ? (
        <p class="muted">No segment is known to differ from the rest.</p>
      ) : (
        <ul>
          {segments.sentences.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
      {segments.dimensions.length < 2 ? null : <DimensionSwitch view={view} all={segments.dimensions} />}
      {dimensions.map((dimension) => (
        <DimensionTable key={dimension.name} dimension={dimension} names={names} axis={axis} />
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

interface DimensionTableProps {
  readonly dimension: SegmentDimension;
  /** Of the alternatives; the first is what the others are compared with. */
  readonly names: readonly string[];
  /** That of all dimensions shown, so that they compare; `null` while nothing can be compared. */
  readonly axis: Axis | null;
}

function DimensionTable({ dimension, names, axis }: DimensionTableProps) {
  return (
    <Scroll label={`Table of ${dimension.name}`}>
      <table class="results segment-table">
        <thead>
          <tr>
            <th scope="col">{dimension.name}</th>
            {names.map((name, index) => (
              <th key={name} scope="col">
                {name}
                {axis === null || index === 0 ? null : (
                  <AxisLabels axis={axis} label={(value) => effectText(value, "absolute", RATES)} />
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {dimension.values.map((value) => (
            <tr key={value.name}>
              <th scope="row" data-label={dimension.name}>
                {value.name}
              </th>
              {names.map((name, index) => (
                <ArmFigures key={name} name={name} value={value} index={index} axis={axis} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

interface ArmFiguresProps extends Pick<DimensionTableProps, "axis"> {
  readonly name: string;
  readonly value: SegmentValue;
  readonly index: number;
}

function ArmFigures({ name, value: { arms, comparisons }, index, axis }: ArmFiguresProps) {
  const { participants, conversions } = arms[index] ?? { participants: 0, conversions: 0 };
  const difference = comparisons.find(({ alternative }) => alternative === index)?.difference ?? null;
  return (
    <td data-label={name}>
      {rate(participants === 0 ? null : conversions / participants)} of {count(participants)}
      {difference === null || axis === null ? null : (
        <>
          <span class="under">
            {effectText(difference.estimate, "absolute", RATES)} ({effectRange(limitsOf(difference), "absolute", RATES)}
            )
          </span>
          <IntervalBar
            axis={axis}
            interval={limitsOf(difference)}
            estimate={difference.estimate}
            colour={seriesClass(index)}
          />
        </>
      )}
    </td>
  );
}

function limitsOf({ low, high }: { readonly low: number; readonly high: number }) {
  return { lower: low, upper: high };
}
