/** The decision in one sentence, and behind "why" the conditions that led to it. */
import { control, decisionOf, type Experiment, saidOf } from "../../../../domain/experiment.ts";
import { dayText } from "../../../../domain/period.ts";
import { plural } from "../../../../lib/text.ts";
import type { Verdict } from "../../../../stats/report.ts";
import { type ConditionState, conditionsOf } from "../../../../stats/why.ts";
import { useCurrentUser } from "../../../http/current-user.ts";
import { METHOD_PATH } from "../../../http/urls.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { date } from "../../ui/format.ts";
import { splitSentence, toneOf } from "../../ui/verdict-mark.tsx";
import { DecideForm } from "./decide-form.tsx";
import { DecisionPanel } from "./decision-panel.tsx";

const CONDITIONS: Readonly<Record<ConditionState, { readonly sign: string; readonly word: string }>> = {
  met: { sign: "✓", word: "Met" },
  waiting: { sign: "…", word: "Not yet" },
  against: { sign: "✗", word: "Against it" },
  open: { sign: "○", word: "Open" },
};

export function Banner({ view }: { readonly view: ExperimentView }) {
  const { verdict } = view.analysis;
  if (verdict === null) return <NoDecision view={view} />;
  const ended = endedSentence(view.experiment);
  return (
    <DecisionPanel tone={toneOf(view.experiment, verdict)}>
      <div>
        {ended === null ? null : (
          <p class="banner-text">
            <strong>{ended.lead}</strong> {ended.rest}
          </p>
        )}
        <Said view={view} verdict={verdict} isEnded={ended !== null} />
        {ended === null ? <DecideForm experiment={view.experiment} verdict={verdict} /> : null}
        <IntakeNote experiment={view.experiment} />
        {decisionOf(view.experiment) === undefined ? <Why view={view} /> : null}
      </div>
    </DecisionPanel>
  );
}

interface SaidProps {
  readonly verdict: Verdict;
  readonly view: ExperimentView;
  readonly isEnded: boolean;
}

/** What the data say; once a winner is set what they said that day, as those that came later compare nothing. */
function Said({ view: { experiment }, verdict, isEnded }: SaidProps) {
  const decided = decisionOf(experiment);
  const [lead, rest] = splitSentence(saidOf(experiment, verdict).sentence);
  if (!isEnded) {
    return (
      <p class="banner-text" id="decision">
        <strong>{lead}</strong>
        {rest}
      </p>
    );
  }
  const when =
    decided === undefined
      ? `${experiment.winner === null ? "The data so far say" : "With all data since"}: `
      : `On ${dayText(decided.day)}, with ${plural(decided.participants, "visitor")}, the data said: `;
  return (
    <p class="muted" id="decision">
      {when}
      {lead}
      {rest}
    </p>
  );
}

function Why({ view }: { readonly view: ExperimentView }) {
  const { isGuest } = useCurrentUser();
  return (
    <details class="why">
      <summary>Why</summary>
      <ul class="conditions">
        {conditionsOf(view.analysis.report).map(({ state, text }) => (
          <li key={text}>
            <span class={`condition-sign condition-${state}`} aria-hidden="true">
              {CONDITIONS[state].sign}
            </span>
            <span class="hidden">{CONDITIONS[state].word}: </span>
            {text}
          </li>
        ))}
      </ul>
      <p class="muted small">
        Rules are checked from bad news to good; the first that fits is the verdict.{" "}
        {isGuest ? null : <a href={`${METHOD_PATH}#verdict`}>The rules</a>}
      </p>
    </details>
  );
}

/** The decision stands in front: what comes still belongs to people who took part before. */
function IntakeNote({ experiment }: { readonly experiment: Experiment }) {
  const { intakeClosedAtMs } = experiment;
  if (intakeClosedAtMs === undefined || endedSentence(experiment) !== null) return null;
  return (
    <p class="muted">
      Intake closed since {date(intakeClosedAtMs)}: who takes part goes on, new visitors get {control(experiment)}, the
      control, and are not counted.
    </p>
  );
}

/** Days or a baseline were chosen: such a view describes the data and decides nothing. */
function NoDecision({ view }: { readonly view: ExperimentView }) {
  const { experiment } = view;
  return (
    <DecisionPanel tone="calm">
      <p class="banner-text" id="decision">
        <strong>No decision here:</strong> it is made on all days, against {control(experiment)}, the control.{" "}
        <a href={view.root}>Show it</a>
      </p>
    </DecisionPanel>
  );
}

/** Where nobody is tested any more that comes first: advice to keep running would be odd. `null` while it runs. */
function endedSentence(experiment: Experiment): { readonly lead: string; readonly rest: string } | null {
  const { winner, archived, paused } = experiment;
  const shown = winner ?? `${control(experiment)}, the control`;
  if (archived) return { lead: "Archived:", rest: `everybody gets ${shown}, and nothing is counted.` };
  if (winner !== null) return { lead: "Decided:", rest: `everybody gets ${winner}, and nobody new is tested.` };
  if (paused) return { lead: "Paused:", rest: `everybody gets ${shown}, until it is resumed.` };
  return null;
}
