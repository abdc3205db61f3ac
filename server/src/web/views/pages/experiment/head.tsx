/** What the experiment is, how it runs, and what can be done to it at once. */
import type { ComponentChildren } from "preact";
import { activeIndexes } from "../../../../domain/epochs.ts";
import {
  currentEpoch,
  currentShares,
  type Experiment,
  isIntakeClosed,
  stateOf,
} from "../../../../domain/experiment.ts";
import { sliceText } from "../../../../domain/layer.ts";
import { dayText } from "../../../../domain/period.ts";
import { isLearning } from "../../../../domain/policy/policies.ts";
import { plural } from "../../../../lib/text.ts";
import { DAY_MS } from "../../../../lib/time.ts";
import { useCurrentUser } from "../../../http/current-user.ts";
import { useFrame } from "../../../http/frame.ts";
import { actionUrl, withQuery } from "../../../http/urls.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { IntakeChip, StateChip } from "../../ui/chips.tsx";
import { date, rate, share } from "../../ui/format.ts";
import { CsrfField, HiddenFields } from "../../ui/hidden-fields.tsx";
import { Menu } from "../../ui/menu.tsx";
import { TRAFFIC_ID } from "../sharing-forms.tsx";
import { weightId } from "./settings.tsx";

export function HeadActions({ experiment }: { readonly experiment: Experiment }) {
  const { can } = useCurrentUser();
  const { paused, archived, winner, managedBy } = experiment;
  return (
    <>
      <span class="chips" id="state">
        <StateChip state={stateOf(experiment)} />
        {archived && paused ? <span class="state state-paused">Paused</span> : null}
        <IntakeChip experiment={experiment} />
        {managedBy === undefined ? null : <span class="chip">managed by {managedBy}</span>}
        {winner === null ? null : <span class="chip chip-winner">winner {winner}</span>}
      </span>
      {can("editor") ? <Buttons experiment={experiment} isAdmin={can("admin")} /> : null}
    </>
  );
}

function Buttons({ experiment, isAdmin }: { readonly experiment: Experiment; readonly isAdmin: boolean }) {
  const { name, paused, archived, winner } = experiment;
  return (
    <div class="buttons end">
      <form method="post" action={actionUrl(name, "pause")}>
        <CsrfField />
        <HiddenFields fields={{ paused: String(!paused) }} />
        <button type="submit">{paused ? "Resume" : "Pause"}</button>
      </form>
      {winner === null ? null : (
        <form method="post" action={actionUrl(name, "winner/reset/")}>
          <CsrfField />
          <button type="submit">Go back to testing</button>
        </form>
      )}
      <a class="button" href={actionUrl(name, "archive")} data-dialog>
        {archived ? "Take back" : "Archive"}
      </a>
      <Menu id="more" label="More" about="for this experiment">
        <li>
          <a href={actionUrl(name, "intake")} data-dialog>
            {isIntakeClosed(experiment) ? "Open intake" : "Close intake"}
          </a>
        </li>
        {isAdmin ? (
          <>
            <li>
              <a href={actionUrl(name, "reset")} data-dialog>
                Reset
              </a>
            </li>
            <li>
              <a class="danger" href={actionUrl(name, "delete")} data-dialog>
                Delete
              </a>
            </li>
          </>
        ) : null}
      </Menu>
    </div>
  );
}

/** The ones before and after it, in the list that it stands in; a script puts in the list that one came from. */
export function Neighbours({ experiment }: { readonly experiment: Experiment }) {
  const { counts } = useFrame();
  if (counts === undefined || counts.all < 2) return null;
  const status = stateOf(experiment);
  const url = (action: string) => withQuery(actionUrl(experiment.name, action), { status });
  return (
    <nav class="neighbours" aria-label="Other experiments">
      <a href={url("previous")} data-neighbour>
        <span aria-hidden="true">‹</span> Previous
      </a>
      <a href={url("next")} data-neighbour>
        Next <span aria-hidden="true">›</span>
      </a>
    </nav>
  );
}

interface FactsProps {
  readonly view: ExperimentView;
  /** Stands at the end of the line. */
  readonly children?: ComponentChildren;
}

export function Facts({ view, children }: FactsProps) {
  const { experiment, analysis } = view;
  const { createdAtMs, alternatives } = experiment;
  const active = activeIndexes(experiment);
  const retired = alternatives.length - active.length;
  const { trafficFraction, slice } = currentEpoch(experiment);
  const { excluded, share: outside } = analysis.health.exclusion;
  return (
    <div class="facts-line">
      <ul class="facts" id="facts">
        <li>Created {date(createdAtMs)}</li>
        <li>{ageText(view)}</li>
        <Fact setAt={TRAFFIC_ID}>
          {share(trafficFraction)} of {slice === undefined ? "traffic" : `the slice ${sliceText(slice)}`}
          {excluded === 0 ? "" : `, ${plural(excluded, "visitor")} left out (${rate(outside)})`}
        </Fact>
        <Fact setAt={weightId(experiment, active[0] ?? 0)}>
          {plural(active.length, "alternative")}, {sharingText(experiment)}
          {retired === 0 ? "" : `; ${retired} retired`}
        </Fact>
      </ul>
      {children}
    </div>
  );
}

/** Leads whoever may change it to where it is set. */
function Fact({ setAt, children }: { readonly setAt: string; readonly children: ComponentChildren }) {
  return <li>{useCurrentUser().can("editor") ? <a href={`#${setAt}`}>{children}</a> : children}</li>;
}

/** The days that the verdict counts, and since when where that is older than the definition, as after an import. */
function ageText({ analysis: { health, report }, experiment, nowMs }: ExperimentView): string {
  if (health.firstDay === null) return "no visitors yet";
  const { daysComplete } = report.settings;
  if (daysComplete === 0) return "in its first day";
  const days = `${plural(daysComplete, "whole day")} of data`;
  return daysComplete * DAY_MS > nowMs - experiment.createdAtMs ? `${days}, since ${dayText(health.firstDay)}` : days;
}

/** Of the alternatives that take part. */
function sharingText(experiment: Experiment): string {
  if (isLearning(currentEpoch(experiment).policy)) return "shares set by the bandit";
  const weights = currentShares(experiment);
  const active = activeIndexes(experiment).map((index) => weights[index] ?? 0);
  if (active.every((weight) => weight === active[0])) return "equal weights";
  const total = active.reduce((sum, weight) => sum + weight, 0);
  return `weights ${active.map((weight) => share(weight / total)).join(" / ")}`;
}
