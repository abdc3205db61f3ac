/** What the experiment does by itself, as a line of steps: taken, and to come. Nothing where it runs until somebody ends it. */
import { type Step, stepsOf } from "../../../../domain/due-steps.ts";
import { unreachable } from "../../../../domain/errors.ts";
import { type OffsetAt, wallText } from "../../../../domain/wall-time.ts";
import { plural } from "../../../../lib/text.ts";
import { useCurrentUser } from "../../../http/current-user.ts";
import { actionUrl } from "../../../http/urls.ts";
import type { ExperimentView } from "../../experiment-view.ts";
import { count } from "../../ui/format.ts";
import { CsrfField, HiddenFields } from "../../ui/hidden-fields.tsx";

export function ScheduleSection({ view }: { readonly view: ExperimentView }) {
  const { experiment, offsetAt } = view;
  const { can } = useCurrentUser();
  const steps = stepsOf(experiment, offsetAt);
  if (steps.length === 0) return null;
  return (
    <section class="section" aria-labelledby="schedule-title">
      <div class="section-head">
        <h2 id="schedule-title">Schedule</h2>
        {can("editor") ? (
          <a class="small end" href={actionUrl(experiment.name, "schedule")}>
            Change the schedule
          </a>
        ) : null}
      </div>
      <div id="schedule">
        <ol class="timeline">
          {steps.map((step) => (
            <StepItem key={step.step} {...{ view, step }} />
          ))}
        </ol>
      </div>
    </section>
  );
}

function StepItem({ view: { experiment, offsetAt, activity }, step }: { view: ExperimentView; step: Step }) {
  const { can } = useCurrentUser();
  const { done } = step;
  const undone =
    done !== undefined && !activity.some(({ atMs, action }) => atMs === done.atMs && action === done.action);
  return (
    <li class={done === undefined ? "timeline-ahead" : "timeline-done"}>
      <strong>{titleOf(step, experiment.schedule?.onHarm === "pause")}</strong>{" "}
      <span class="muted">
        {done === undefined
          ? timeText(step, offsetAt)
          : `done ${clockText(done.atMs, offsetAt)}${done.action === null ? ": there was nothing left to do" : done.because === undefined ? "" : `: ${done.because}`}`}
      </span>{" "}
      {done === undefined || done.action === null || undone || !can("editor") ? null : (
        <form class="inline" method="post" action={actionUrl(experiment.name, "undo")}>
          <CsrfField />
          <HiddenFields fields={{ at_ms: String(done.atMs), action: done.action }} />
          <button type="submit" class="quiet">
            Take it back
          </button>
        </form>
      )}
    </li>
  );
}

function titleOf({ step }: Step, pauses: boolean): string {
  switch (step) {
    case "start":
      return "Intake opens";
    case "close":
      return "Intake closes";
    case "end":
      return "Experiment ends";
    case "harm":
      return pauses ? "Pauses on harm" : "Intake closes on harm";
    default:
      return unreachable(step);
  }
}

/** When a step comes, in words. */
function timeText({ when }: Step, offsetAt: OffsetAt): string {
  switch (when.kind) {
    case "at":
      return clockText(when.atMs, offsetAt);
    case "at-size":
      return when.participants === null
        ? "at the planned size: there is no plan"
        : `at ${count(when.participants)} visitors`;
    case "after-intake":
      return `${plural(when.days, "day")} after the intake closed`;
    case "on-harm":
      return "when an alternative is shown worse";
    default:
      return unreachable(when);
  }
}

/** `2026-05-03 09:00 (UTC+2)`: by the server's wall clock. */
function clockText(atMs: number, offsetAt: OffsetAt): string {
  const minutes = Math.round(offsetAt(atMs) / 60_000);
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const zone = minutes === 0 ? "UTC" : `UTC${minutes < 0 ? "−" : "+"}${hours}${rest === 0 ? "" : `:${rest}`}`;
  return `${wallText(atMs, offsetAt).replace("T", " ")} (${zone})`;
}
