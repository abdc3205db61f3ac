/** How far the experiment is, and what it could find today. */
import { plural } from "../../../../lib/text.ts";
import type { Verdict } from "../../../../stats/report.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { count, rate, share } from "../../ui/format.ts";
import { How } from "../../ui/how.tsx";
import { daysLeftText } from "../../ui/plan-size.tsx";
import { PlanDetails } from "./plan-details.tsx";

export function ProgressSection({ view }: { readonly view: ExperimentView }) {
  const { report, health, verdict } = view.analysis;
  // A range of days has no plan, and nothing is found in it; nor where nobody is tested any more.
  const isDecided = verdict !== null;
  const { winner, archived } = view.experiment;
  const isUnderWay = isDecided && winner === null && !archived;
  const { participants, participantsPlanned, progress, detectableUplift, daysLeft } = report.plan;
  const { chosenAmong } = report.settings;
  const left = isUnderWay ? daysLeftText(daysLeft) : null;
  return (
    <section class="panel padded progress" aria-labelledby="progress-title">
      <h2 class="hidden" id="progress-title">
        Progress
      </h2>
      <div class="progress-line" id="progress">
        {participantsPlanned === null ? (
          <span>
            {plural(participants, "visitor")}
            {isDecided ? ", no plan" : ""}
          </span>
        ) : (
          <>
            <span>
              {count(participants)} of {count(participantsPlanned)} visitors
              <span class="muted">, {share(progress)}</span>
            </span>
            <progress value={progress ?? 0} max={1} aria-label="Progress to the planned sample" />
          </>
        )}
        {left === null ? null : <span class="muted">{left}</span>}
        {detectableUplift === null || !isUnderWay || !OPEN.has(verdict.kind) ? null : (
          <span class="muted">{foundText(detectableUplift, participantsPlanned !== null)}</span>
        )}
        {health.planLate ? (
          <span class="muted">The plan was made after much of the data had come: it has no planned look.</span>
        ) : null}
        {chosenAmong > 1 ? (
          <span class="muted">
            Which KPI decides was changed after data had come. It counts as one of {chosenAmong} that may have been
            chosen, so a difference has to be clearer.
          </span>
        ) : null}
      </div>
      <div class="progress-line">
        <PlanDetails view={view} />
        <How anchor="plan" about="the plan">
          A plan says before the data come how many visitors the decision takes. Days left follow from the last seven
          days of traffic, never from the effect seen so far. The change that the visitors so far are enough to find is
          the smallest true one that the test which decides today would find with the planned power.
        </How>
      </div>
    </section>
  );
}

/** While nothing is shown, one asks what could be; afterwards it stands beside a larger figure and confuses. */
const OPEN: ReadonlySet<Verdict["kind"]> = new Set(["too-early", "keep-running", "inconclusive"]);

/** A plan finds less with as many visitors: without one every look counts. */
function foundText(change: number, isPlanned: boolean): string {
  const found =
    change >= 1
      ? "too few to find even a doubling"
      : `enough to find a ${change < 0 ? "fall" : "rise"} of ${rate(Math.abs(change))} or more`;
  return isPlanned ? `The visitors so far are ${found}.` : `Without a plan, the visitors so far are ${found}.`;
}
