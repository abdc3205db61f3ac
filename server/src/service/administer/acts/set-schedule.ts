/** The schedule of an experiment: set, changed and removed by people, carried out by `keep-schedules.ts`. */
import { Type } from "typebox";
import { awaitsStart } from "../../../domain/due-steps.ts";
import { SixpackError } from "../../../domain/errors.ts";
import { type Experiment, isIntakeClosed } from "../../../domain/experiment.ts";
import { quote } from "../../../domain/names.ts";
import {
  type DoneStep,
  MEASURE_DAYS_MAX,
  NO_TERMS,
  ON_HARM,
  plainTerms,
  type Schedule,
  type ScheduleTerms,
} from "../../../domain/schedule.ts";
import { momentOf, type OffsetAt } from "../../../domain/wall-time.ts";
import type { Change } from "../../logged-change.ts";
import { type Act, type AdministerContext, change, type Part, type Target } from "../act.ts";
import { choice, choiceField, flagField, formField } from "../fields.ts";
import { intakeStep } from "./state.ts";

/** The text of a schedule in the log: its terms as JSON. */
const SCHEDULE: Part = {
  stateOf: ({ schedule }) => (schedule === undefined ? null : textOf(schedule)),
  set: (experiment, state) => withTerms(experiment, state === null ? null : termsIn(state)),
  wordFor: (state) => (state === null ? "clear-schedule" : "set-schedule"),
};

/** A form has two: the choice, and the time that goes with `at`. */
type CloseField = "close_intake" | "close_intake_at";

/** Where the terms came from. */
interface Sent {
  /** In which the time came at which the intake closes. @default "close_intake" */
  readonly closeField?: CloseField;
  /** Whether the start may have passed, as in the file of an experiment that runs elsewhere. @default false */
  readonly mayHaveStarted?: boolean;
}

/**
 * Sets the schedule; `null` removes it. With a start that lies ahead the intake is closed until then. Steps that were
 * taken stay taken while their moment stays the same.
 * @throws SixpackError experiment-not-found, invalid-form, experiment-busy
 */
export function setSchedule(
  context: AdministerContext,
  target: Target,
  terms: ScheduleTerms | null,
  sent: Sent = {},
): Promise<Experiment> {
  const nowMs = context.clock.nowMs();
  return change(context, target, (stored) => {
    if (terms !== null) check(stored, terms, nowMs, sent);
    const next = withTerms(stored, terms);
    const [before, after] = [SCHEDULE.stateOf(stored), SCHEDULE.stateOf(next)];
    if (before === after) return undefined;
    const entry = { action: SCHEDULE.wordFor(after), before, after };
    const waits = terms !== null && terms.startsAtMs !== null && terms.startsAtMs > nowMs;
    const closing: Change | undefined = waits ? intakeStep("closed", nowMs)(next) : undefined;
    return { ...entry, next: closing?.next ?? next, with: closing };
  });
}

function withTerms({ schedule, ...experiment }: Experiment, terms: ScheduleTerms | null): Experiment {
  if (terms === null) return experiment;
  return {
    ...experiment,
    schedule: { ...terms, done: (schedule?.done ?? []).filter((one) => holds(one, schedule, terms)) },
  };
}

function holds({ step }: DoneStep, before: Schedule | undefined, terms: ScheduleTerms): boolean {
  if (before === undefined) return false;
  switch (step) {
    case "start":
      return before.startsAtMs === terms.startsAtMs;
    case "close":
      return before.closeIntake === terms.closeIntake;
    case "end":
      return before.endsAtMs === terms.endsAtMs && before.measureForDays === terms.measureForDays;
    case "harm":
      return before.onHarm === terms.onHarm;
  }
}

function check({ planning, schedule }: Experiment, terms: ScheduleTerms, nowMs: number, sent: Sent): void {
  const { closeField = "close_intake", mayHaveStarted = false } = sent;
  const { startsAtMs, closeIntake, endsAtMs } = terms;
  const closesAtMs = typeof closeIntake === "number" ? closeIntake : null;
  const moments = [
    ["starts_at", startsAtMs, schedule?.startsAtMs],
    [closeField, closesAtMs, schedule?.closeIntake],
    ["ends_at", endsAtMs, schedule?.endsAtMs],
  ] as const;
  for (const [field, atMs, before] of mayHaveStarted ? moments.slice(1) : moments) {
    if (atMs !== null && atMs !== before && atMs <= nowMs) throw refusal(field, "a time that lies ahead", isoOf(atMs));
  }
  const given = moments.flatMap(([field, atMs]) => (atMs === null ? [] : [{ field, atMs }]));
  given.forEach(({ field, atMs }, index) => {
    const last = given[index - 1];
    if (last !== undefined && last.atMs >= atMs) throw refusal(field, `a time after \`${last.field}\``, isoOf(atMs));
  });
  if (closeIntake === "planned-size" && (planning.plan?.size ?? null) === null) {
    throw refusal("close_intake", "never or a time until a size is planned", "the planned size");
  }
}

/** The terms of a form or JSON body. @throws SixpackError invalid-form */
export function scheduleField(body: unknown, offsetAt: OffsetAt): ScheduleTerms | null {
  if (flagField(body, "clear") === true) return null;
  const moment = (field: string): number | null => {
    const text = formField(body, field) ?? "";
    if (text.trim() === "") return null;
    const atMs = momentOf(text, offsetAt);
    if (atMs === undefined) throw refusal(field, "a time such as 2026-05-03T09:00", quote(text));
    return atMs;
  };
  const close = formField(body, "close_intake") ?? "";
  const closeIntake = (): ScheduleTerms["closeIntake"] => {
    if (close === "" || close === "never") return null;
    if (close === "at_planned_size") return "planned-size";
    if (close !== "at") return moment("close_intake");
    const atMs = moment("close_intake_at");
    if (atMs === null) throw refusal("close_intake_at", "a time", "none");
    return atMs;
  };
  const terms: ScheduleTerms = {
    startsAtMs: moment("starts_at"),
    closeIntake: closeIntake(),
    measureForDays: daysIn(formField(body, "measure_for_days") ?? ""),
    endsAtMs: moment("ends_at"),
    onHarm: choiceField(body, "on_harm", ON_HARM, "alert"),
  };
  return textOf(terms) === textOf(NO_TERMS) ? null : terms;
}

function daysIn(text: string): number | null {
  if (text.trim() === "") return null;
  const days = /^\d{1,4}$/.test(text.trim()) ? Number(text) : 0;
  if (days >= 1 && days <= MEASURE_DAYS_MAX) return days;
  throw refusal("measure_for_days", `whole days from 1 to ${MEASURE_DAYS_MAX}`, quote(text));
}

function textOf(terms: ScheduleTerms): string {
  return JSON.stringify(plainTerms(terms));
}

/** A schedule as its fields are sent; without those that are not set. */
export function scheduleJson(terms: ScheduleTerms): object {
  return Object.fromEntries(Object.entries(plainTerms(terms)).filter(([, value]) => value !== null));
}

/** What the log says. @throws TypeError: whoever may write there may have written anything */
function termsIn(state: string): ScheduleTerms | null {
  try {
    // Its times name their zone.
    return scheduleField(JSON.parse(state), () => 0);
  } catch (cause) {
    throw new TypeError("Expected a schedule in the log, got something else", { cause });
  }
}

function isoOf(atMs: number): string {
  return new Date(atMs).toISOString();
}

function refusal(field: string, expected: string, got: string): SixpackError {
  return new SixpackError("invalid-form", `Expected \`${field}\` as ${expected}, got ${got}`);
}

const CLOSINGS = ["never", "at_planned_size", "at"] as const;
const MOMENT = "`2026-05-03T09:00` in the server's time zone, or with a zone of its own; empty for never";

export const schedule: Act = {
  path: "schedule",
  role: "editor",
  label: "Save schedule",
  body: {
    starts_at: Type.Optional(Type.String({ description: MOMENT })),
    ends_at: Type.Optional(Type.String({ description: MOMENT })),
    close_intake: Type.Optional(
      Type.Union([choice(CLOSINGS), Type.String()], {
        description: "or a time; left out or empty: `never`; `at` goes with `close_intake_at`",
      }),
    ),
    close_intake_at: Type.Optional(Type.String({ description: "a time" })),
    measure_for_days: Type.Optional(
      Type.Integer({ minimum: 1, maximum: MEASURE_DAYS_MAX, description: "after the intake closed" }),
    ),
    on_harm: Type.Optional(choice(ON_HARM, { default: "alert" })),
    clear: Type.Optional(Type.Boolean({ description: "with `true`: no schedule" })),
  },
  does: "says what the experiment does by itself, as `schedule` or `guardrail` in the log: open and close its intake, end in the archive, stop on harm",
  run: (context, target, { body }) => {
    const closeField = formField(body, "close_intake") === "at" ? "close_intake_at" : "close_intake";
    return setSchedule(context, target, scheduleField(body, context.clock.offsetAt), { closeField });
  },
  done: (_name, experiment) => {
    const saved = experiment?.schedule === undefined ? "Took the schedule away." : "Saved the schedule.";
    const staysClosed = experiment !== undefined && isIntakeClosed(experiment) && !awaitsStart(experiment);
    return staysClosed ? `${saved} The intake stays closed until somebody opens it.` : saved;
  },
  log: {
    "set-schedule": { words: "set the schedule", part: SCHEDULE },
    "clear-schedule": { words: "took the schedule away", part: SCHEDULE },
  },
  page: "schedule",
};
