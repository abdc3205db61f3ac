/** The form of a schedule: what an experiment does by itself, and when. */
import type { Experiment } from "../../../domain/experiment.ts";
import { MEASURE_DAYS_MAX, NO_TERMS, type ON_HARM } from "../../../domain/schedule.ts";
import { type OffsetAt, wallText } from "../../../domain/wall-time.ts";
import { formField } from "../../../service/administer/fields.ts";
import { actionUrl, experimentUrl } from "../../http/urls.ts";
import { Choice } from "../ui/choice.tsx";
import { count } from "../ui/format.ts";
import { CsrfField, HiddenFields } from "../ui/hidden-fields.tsx";
import { Problem } from "../ui/problem.tsx";

/** The fields as texts: as they are stored, or as they were sent. */
type ScheduleDraft = Readonly<Record<(typeof FIELDS)[number], string>>;

const FIELDS = ["starts_at", "close_intake", "close_intake_at", "measure_for_days", "ends_at", "on_harm"] as const;

export function scheduleDraftOf(
  { schedule = { ...NO_TERMS, done: [] } }: Experiment,
  offsetAt: OffsetAt,
): ScheduleDraft {
  const { startsAtMs, closeIntake, measureForDays, endsAtMs, onHarm } = schedule;
  const at = (atMs: number | null) => (atMs === null ? "" : wallText(atMs, offsetAt));
  const isAt = typeof closeIntake === "number";
  return {
    starts_at: at(startsAtMs),
    close_intake: isAt ? "at" : closeIntake === null ? "never" : "at_planned_size",
    close_intake_at: isAt ? at(closeIntake) : "",
    measure_for_days: measureForDays === null ? "" : String(measureForDays),
    ends_at: at(endsAtMs),
    on_harm: onHarm,
  };
}

export function scheduleDraftIn(body: unknown): ScheduleDraft {
  const entries = FIELDS.map((field) => [field, formField(body, field) ?? ""]);
  return Object.fromEntries(entries) as ScheduleDraft;
}

interface SchedulePageProps {
  readonly experiment: Experiment;
  readonly draft: ScheduleDraft;
  /** What was wrong with the form sent last; `undefined` when nothing was. */
  readonly problem: string | undefined;
}

export function SchedulePage({ experiment, draft, problem }: SchedulePageProps) {
  const action = actionUrl(experiment.name, "schedule");
  const size = experiment.planning.plan?.size?.participants;
  return (
    <div class="panel padded">
      <Problem>{problem}</Problem>
      <p>
        Times are those of the server's time zone. Each step is taken once, by itself, and stands in the activity log;
        what you take back stays taken back.
      </p>
      <form id="schedule-form" class="stack spaced" method="post" action={action}>
        <CsrfField />
        <Moment name="starts_at" label="Takes visitors in from" value={draft.starts_at} />
        <fieldset class="fields">
          <legend>Then nobody new takes part, and whoever does goes on</legend>
          <Choice name="close_intake" label="Intake closes" chosen={draft.close_intake} choices={CLOSE_LABELS(size)} />
          <Moment name="close_intake_at" label="At the time" value={draft.close_intake_at} />
        </fieldset>
        <label class="field">
          Goes on measuring after the intake closed, in days
          <input
            name="measure_for_days"
            type="number"
            min="1"
            max={String(MEASURE_DAYS_MAX)}
            value={draft.measure_for_days}
          />
        </label>
        <Moment name="ends_at" label="Ends at the latest, and moves to the archive" value={draft.ends_at} />
        <Choice
          name="on_harm"
          label="When an alternative is shown worse"
          chosen={draft.on_harm}
          choices={HARM_LABELS}
        />
      </form>
      <div class="buttons spaced">
        <button type="submit" form="schedule-form" class="primary">
          Save schedule
        </button>
        {experiment.schedule === undefined ? null : (
          <form method="post" action={action}>
            <CsrfField />
            <HiddenFields fields={{ clear: "true" }} />
            <button type="submit">Take the schedule away</button>
          </form>
        )}
        <a class="button" href={experimentUrl(experiment.name)}>
          Cancel
        </a>
      </div>
    </div>
  );
}

const CLOSE_LABELS = (size: number | undefined) => ({
  never: "never by itself",
  at_planned_size: size === undefined ? "at the planned size (needs a plan)" : `at ${count(size)} visitors, as planned`,
  at: "at a time",
});

const HARM_LABELS = {
  alert: "only say so",
  close_intake: "close the intake",
  pause: "pause: everybody gets the control",
} as const satisfies Record<(typeof ON_HARM)[number], string>;

function Moment({ name, label, value }: { readonly name: string; readonly label: string; readonly value: string }) {
  return (
    <label class="field">
      {label}
      <input name={name} type="datetime-local" value={value} />
    </label>
  );
}
