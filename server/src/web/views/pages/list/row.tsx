/** One experiment in the list. */
import { type Experiment, stateOf } from "../../../../domain/experiment.ts";
import { dayText } from "../../../../domain/period.ts";
import type { StepKind } from "../../../../domain/schedule.ts";
import { shownName } from "../../../../lib/shown-name.ts";
import { plural } from "../../../../lib/text.ts";
import { isDraft } from "../../../../service/administer/make-draft.ts";
import type { Check } from "../../../../service/analysis/check.ts";
import type { ExperimentSummary, Leader } from "../../../../service/analysis/summary.ts";
import type { Figures, OverviewRow } from "../../../../service/report/overview.ts";
import { useCurrentUser } from "../../../http/current-user.ts";
import { experimentUrl, labelledUrl } from "../../../http/urls.ts";
import { type Axis, IntervalBar } from "../../charts/interval-bar.tsx";
import { seriesClass } from "../../charts/palette.ts";
import { Sparkline } from "../../charts/sparkline.tsx";
import { HealthMark, IntakeChip, StateChip } from "../../ui/chips.tsx";
import { DirectionMark } from "../../ui/direction-mark.tsx";
import { amount, count, dayAgo, rate, share, shortCount, uplift, upliftRange } from "../../ui/format.ts";
import { oneLine } from "../../ui/markdown.tsx";
import { Range } from "../../ui/range.tsx";
import { Tags } from "../../ui/tags.tsx";
import { VerdictMark } from "../../ui/verdict-mark.tsx";
import { Pick } from "./selected-bar.tsx";

export interface RowProps {
  readonly row: OverviewRow;
  readonly axis: Axis;
  readonly kpi: string | null;
}

export function Row({ row: { experiment, figures }, axis, kpi }: RowProps) {
  const { can } = useCurrentUser();
  const state = stateOf(experiment);
  return (
    <tr id={`row-${encodeURIComponent(experiment.name)}`}>
      <th scope="row" class="cell-name">
        {can("editor") ? <Pick name={experiment.name} /> : null}
        <a class="name-link" href={experimentUrl(experiment.name, kpi ?? undefined)}>
          {shownName(experiment.name)}
        </a>
        <span class="line">
          {state === "active" ? null : <StateChip state={state} />}
          <IntakeChip experiment={experiment} />
          <DraftChip experiment={experiment} figures={figures} />
          <NextStep figures={figures} />
          <Said experiment={experiment} />
        </span>
      </th>
      {figures.kind === "read" ? (
        <Cells experiment={experiment} figures={figures} axis={axis} />
      ) : (
        <td colspan={6} class="cell-failed">
          <HealthMark word="error" /> This experiment could not be read: {figures.message}
        </td>
      )}
    </tr>
  );
}

/** Whose it is and what it belongs to, then what it is about: as much as fits. */
export function Said({ experiment: { about, description } }: { readonly experiment: Experiment }) {
  return (
    <>
      <Tags tags={about?.tags} />
      {about?.owner === undefined ? null : (
        <a class="owner" href={labelledUrl({ owner: about.owner })}>
          {about.owner}
        </a>
      )}
      {description === null ? null : <span class="describe">{oneLine(description)}</span>}
    </>
  );
}

const NEXT_WORDS = { start: "starts", close: "closes", harm: "stops", end: "ends" } as const satisfies Record<
  StepKind,
  string
>;

/** Nobody has come yet. */
export function DraftChip({ experiment, figures }: Pick<OverviewRow, "experiment" | "figures">) {
  if (figures.kind === "failed" || !isDraft(experiment, figures.summary.lastActivityDay !== null)) return null;
  return <span class="chip">Draft</span>;
}

/** What the experiment does next by itself, and on which day. */
export function NextStep({ figures }: Pick<OverviewRow, "figures">) {
  if (figures.kind === "failed" || figures.next === undefined) return null;
  const { step, day } = figures.next;
  return (
    <span class="muted small">
      {NEXT_WORDS[step]} {dayText(day)}
    </span>
  );
}

interface Judged {
  readonly experiment: Experiment;
  readonly figures: Figures;
}

/** What the data say, and below it what stands in the way, or how far the plan is. */
function VerdictCell({ experiment, figures }: Judged) {
  return (
    <>
      <VerdictMark experiment={experiment} verdict={figures.summary.verdict} />
      <ConcernOrProgress experiment={experiment} figures={figures} />
    </>
  );
}

/** The worst that asks for something to be done and that the verdict does not say; else how far the plan is, if there is one. */
export function ConcernOrProgress({ experiment, figures: { summary, concerns } }: Judged) {
  const said = experiment.winner === null && summary.verdict.kind === "sample-ratio-mismatch" ? "sample-ratio" : null;
  const worst = concerns.find(({ kind }) => kind !== said);
  return worst === undefined ? <Progress summary={summary} /> : <Concern check={worst} />;
}

function Concern({ check: { word, finding } }: { readonly check: Check }) {
  return (
    <span class="concern" title={finding}>
      <HealthMark word={word} /> {finding}
    </span>
  );
}

function Cells({ experiment, figures, axis }: Judged & Pick<RowProps, "axis">) {
  const { summary, today } = figures;
  const { leader, participants, conversions } = summary;
  return (
    <>
      <td class="cell-verdict" data-label="Verdict">
        <VerdictCell experiment={experiment} figures={figures} />
      </td>
      <td class="cell-best" data-label="Uplift over control">
        <LeaderCell leader={leader} axis={axis} />
      </td>
      <td class="number" data-label="Control">
        {figure(summary, summary.control.figure)}
        {summary.mean === null ? null : <span class="under">{summary.mean.label}</span>}
        {summary.isPooled ? <span class="under">pooled</span> : null}
      </td>
      <td class="number" data-label="Visitors">
        <span title={count(participants)}>{shortCount(participants)}</span>
        <span class="under">{shortCount(conversions)} conv.</span>
      </td>
      <td class="cell-spark" data-label="30 days">
        <Sparkline values={summary.sparkline} label={sparkLabel(summary)} />
      </td>
      <td class="cell-last" data-label="Last activity">
        {dayAgo(summary.lastActivityDay, today)}
      </td>
    </>
  );
}

/** A rate, or a mean value where the experiment is decided on one. */
export function figure({ mean }: ExperimentSummary, value: number | null): string {
  return mean === null ? rate(value) : amount(value, mean.unit);
}

/** One colour for every row: which alternative it is says its name, and a second colour would look like a warning. */
const LEADER_COLOUR = seriesClass(1);

export function LeaderCell({ leader, axis }: { readonly leader: Leader | null; readonly axis: Axis }) {
  if (leader === null) return <span class="muted">nothing to compare</span>;
  const { name, uplift: effect } = leader;
  if (effect === null) {
    return (
      <span class="best">
        <span class="best-name">{name}</span>
        <span class="muted">not enough data</span>
      </span>
    );
  }
  const { estimate, range } = effect;
  if (estimate === null) {
    return (
      <span class="best">
        <span class="best-name">{name}</span>
        <span class="best-figure">
          <DirectionMark effect={effect} /> <span class="muted">no uplift over a control that may be 0</span>
        </span>
      </span>
    );
  }
  return (
    <span class="best">
      <span class="best-name">{name}</span>
      <span class="best-figure">
        <DirectionMark effect={effect} /> {uplift(estimate, range)}
        <Range>{upliftRange(range)}</Range>
      </span>
      <IntervalBar axis={axis} interval={range} estimate={estimate} colour={LEADER_COLOUR} width={120} />
    </span>
  );
}

/** Nothing without a plan. */
function Progress({ summary: { progress } }: { readonly summary: ExperimentSummary }) {
  const { progress: part, daysLeft } = progress;
  if (part === null) return null;
  return (
    <span class="list-progress">
      <progress value={part} max={1} aria-label="Progress to the planned sample" />
      <span class="muted small">
        {share(part)}
        {daysLeft.kind === "estimated" ? `, ${count(daysLeft.days)} d left` : ""}
      </span>
    </span>
  );
}

export function sparkLabel({ sparkline }: ExperimentSummary): string {
  const total = sparkline.reduce((sum, value) => sum + value, 0);
  return `${plural(total, "visitor")} in the last ${sparkline.length} days`;
}
