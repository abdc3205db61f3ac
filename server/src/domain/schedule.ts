/**
 * What an experiment does by itself: open and close its intake, go on measuring for some days, and stop on harm.
 * `due-steps.ts` says when.
 */
export const ON_HARM = ["alert", "close_intake", "pause"] as const;
type OnHarm = (typeof ON_HARM)[number];

/** In the order in which they come. */
export const STEP_KINDS = ["start", "close", "harm", "end"] as const;
export type StepKind = (typeof STEP_KINDS)[number];

/** What people set. Moments are in milliseconds since 1970; `null` is never. */
export interface ScheduleTerms {
  /** Until then the intake is closed. */
  readonly startsAtMs: number | null;
  /** When the intake closes: at a moment, or with as many participants as the plan asks for. */
  readonly closeIntake: number | "planned-size" | null;
  /** Days after the intake closed, whoever closed it, at which the experiment ends. */
  readonly measureForDays: number | null;
  /** When it ends, that is, is archived. */
  readonly endsAtMs: number | null;
  /** What to do when an alternative is shown worse. */
  readonly onHarm: OnHarm;
}

export interface DoneStep {
  readonly step: StepKind;
  readonly atMs: number;
  /** The action in the log; `null` where there was nothing left to do. */
  readonly action: string | null;
  /** What did harm, as it was seen then: "blue does worse than red on purchase". */
  readonly because?: string;
}

export interface Schedule extends ScheduleTerms {
  /** Each step is taken once: if a person undoes it, it is not repeated. */
  readonly done: readonly DoneStep[];
}

/** Longest time of measuring, in days. */
export const MEASURE_DAYS_MAX = 366;

export const NO_TERMS: ScheduleTerms = {
  startsAtMs: null,
  closeIntake: null,
  measureForDays: null,
  endsAtMs: null,
  onHarm: "alert",
};

/** The schedule of a new life: the steps that lie in the future, and the terms without a date. */
export function renewed(schedule: Schedule, nowMs: number): Schedule {
  const ahead = (atMs: number | null) => (atMs !== null && atMs > nowMs ? atMs : null);
  const { startsAtMs, closeIntake, endsAtMs } = schedule;
  return {
    ...schedule,
    startsAtMs: ahead(startsAtMs),
    closeIntake: closeIntake === "planned-size" ? closeIntake : ahead(closeIntake),
    endsAtMs: ahead(endsAtMs),
    done: [],
  };
}

export function isDone({ done }: Schedule, kind: StepKind): boolean {
  return done.some(({ step }) => step === kind);
}

/** The terms as programs read and write them, with times in ISO 8601, UTC. */
export interface PlainTerms {
  readonly starts_at: string | null;
  /** `at_planned_size`, or a time. */
  readonly close_intake: string | null;
  readonly measure_for_days: number | null;
  readonly ends_at: string | null;
  readonly on_harm: OnHarm;
}

export function plainTerms({ startsAtMs, closeIntake, measureForDays, endsAtMs, onHarm }: ScheduleTerms): PlainTerms {
  const at = (atMs: number | null) => (atMs === null ? null : new Date(atMs).toISOString());
  return {
    starts_at: at(startsAtMs),
    close_intake: closeIntake === "planned-size" ? "at_planned_size" : at(closeIntake),
    measure_for_days: measureForDays,
    ends_at: at(endsAtMs),
    on_harm: onHarm,
  };
}
