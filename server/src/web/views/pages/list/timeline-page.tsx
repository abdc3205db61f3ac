/** One bar for each experiment, on one axis of days. The words beside it say the same without the picture. */
import { stateOf } from "../../../../domain/experiment.ts";
import { type Day, dayText } from "../../../../domain/period.ts";
import { shownName } from "../../../../lib/shown-name.ts";
import { plural } from "../../../../lib/text.ts";
import type { Span, Timeline } from "../../../../service/report/run-spans.ts";
import type { Selection } from "../../../../service/report/selection.ts";
import { InTurns } from "../../../http/page-steps.ts";
import { experimentUrl, TIMELINE_PATH } from "../../../http/urls.ts";
import { Tags } from "../../ui/tags.tsx";
import { SelectionFields, ViewSwitch } from "./filters.tsx";
import { selectionUrl, timelineUrl } from "./view.ts";

interface TimelinePageProps {
  readonly timeline: Timeline;
  readonly query: Selection;
  readonly beside: string | null;
}

export function TimelinePage({ timeline, query, beside }: TimelinePageProps) {
  const { spans, more, from, to, busiest, without, labels } = timeline;
  return (
    <>
      <search>
        <form class="filters" method="get" action={TIMELINE_PATH}>
          <SelectionFields query={query} labels={labels} />
          {query.status === "all" ? null : <input type="hidden" name="status" value={query.status} />}
          <button type="submit">Show</button>
          <ViewSwitch
            chosen="timeline"
            urls={{
              table: selectionUrl(query, "table"),
              cards: selectionUrl(query, "cards"),
              timeline: timelineUrl(query, null),
            }}
          />
        </form>
      </search>
      {beside === null ? null : (
        <p class="notice">
          Those that ran at the same time as <strong>{shownName(beside)}</strong>.{" "}
          <a href={timelineUrl(query, null)}>Show all</a>
        </p>
      )}
      {busiest === null || from === null ? (
        <p class="notice">No experiment with a visitor matches.</p>
      ) : (
        <>
          <p class="muted small">
            {plural(spans.length + more, "experiment")}, {dayText(from)} to {dayText(to)}. At most {busiest.running} ran
            at once
            {busiest.running > 1 ? `, for the first time on ${dayText(busiest.day)}` : ""}.
            {without === 0 ? "" : ` ${plural(without, "more has", "more have")} no visitor yet.`}
          </p>
          <div class="panel runs">
            <p class="run-axis" aria-hidden="true">
              {daysOnAxis(from, to).map((day) => (
                <span key={day}>{dayText(day)}</span>
              ))}
            </p>
            <ul>
              <InTurns>
                {spans.map((span) => (
                  <Run key={span.experiment.name} span={span} from={from} to={to} query={query} />
                ))}
              </InTurns>
            </ul>
            {more > 0 ? <p class="padded muted small">{plural(more, "more")} not drawn: narrow the list.</p> : null}
          </div>
        </>
      )}
    </>
  );
}

const STATE_WORDS = { active: "", paused: "paused, ", archived: "archived, " } as const;

interface RunProps {
  readonly span: Span;
  readonly from: Day;
  readonly to: Day;
  readonly query: Selection;
}

function Run({ span, from, to, query }: RunProps) {
  const { experiment, overlaps, isOpen } = span;
  const { winner, name } = experiment;
  const state = stateOf(experiment);
  const end = isOpen ? "today" : dayText(span.to);
  return (
    <li class={`run run-${isOpen ? "open" : winner === null ? "ended" : "decided"}`}>
      <span class="run-name">
        <a class="name-link" href={experimentUrl(name)}>
          {shownName(name)}
        </a>
        <Tags tags={experiment.about?.tags} />
      </span>
      <Bar span={span} from={from} to={to} />
      <span class="run-words">
        {dayText(span.from)} to {end}, {plural(span.to - span.from + 1, "day")}
        <span class="under">
          {STATE_WORDS[state]}
          {winner === null ? "" : `winner ${winner}, `}
          {overlaps.length === 0 ? (
            "alone"
          ) : (
            <a href={timelineUrl(query, name)}>
              with {plural(overlaps.length, "other")}
              <span class="hidden"> beside {shownName(name)}</span>
            </a>
          )}
        </span>
      </span>
    </li>
  );
}

const WIDTH = 1_000;
/** A day in a decade is still seen. */
const BAR_MIN = 4;

function Bar({ span, from, to }: Omit<RunProps, "query">) {
  const days = to - from + 1;
  const at = (day: number) => ((day - from) / days) * WIDTH;
  const width = Math.max(BAR_MIN, at(span.to + 1) - at(span.from));
  const x = Math.min(at(span.from), WIDTH - width);
  return (
    <svg class="run-bar" viewBox={`0 0 ${WIDTH} 16`} preserveAspectRatio="none" aria-hidden="true">
      {[0, 0.25, 0.5, 0.75, 1].map((part) => (
        <line key={part} x1={part * WIDTH} x2={part * WIDTH} y1="0" y2="16" vector-effect="non-scaling-stroke" />
      ))}
      <rect x={x.toFixed(1)} y="3" width={width.toFixed(1)} height="10" vector-effect="non-scaling-stroke" />
    </svg>
  );
}

/** The ends and the middle, each once. */
function daysOnAxis(from: Day, to: Day): readonly Day[] {
  return [...new Set([from, Math.round((from + to) / 2) as Day, to])];
}
