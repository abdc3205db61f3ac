/**
 * Decides when each step of a schedule is due, from definition, data and clock. `service/keep-schedules.ts` carries
 * each out once.
 */
import type { Experiment } from "./experiment.ts";
import { type DoneStep, isDone, type ScheduleTerms, STEP_KINDS, type StepKind } from "./schedule.ts";
import { daysLater, type OffsetAt } from "./wall-time.ts";

/** What the data say, as far as a schedule asks. */
export interface Seen {
  readonly participants: number;
  /** Whether an alternative is shown worse on the KPI that decides or on a guardrail. */
  readonly harm: boolean;
}

/** When a step comes: at a moment, with enough participants, once the intake is closed, or when there is harm. */
type StepTime =
  | { readonly kind: "at"; readonly atMs: number }
  | { readonly kind: "at-size"; readonly participants: number | null }
  | { readonly kind: "after-intake"; readonly days: number }
  | { readonly kind: "on-harm" };

export interface Step {
  readonly step: StepKind;
  readonly when: StepTime;
  readonly done: DoneStep | undefined;
}

/** Every step that the schedule has, taken or to come. */
export function stepsOf(experiment: Experiment, offsetAt: OffsetAt): readonly Step[] {
  const { schedule, planning } = experiment;
  if (schedule === undefined) return [];
  const { startsAtMs, closeIntake, measureForDays, endsAtMs, onHarm, done } = schedule;
  const step = (kind: StepKind, when: StepTime): Step => ({
    step: kind,
    when,
    done: done.find((one) => one.step === kind),
  });
  const close: readonly Step[] =
    closeIntake === "planned-size"
      ? [step("close", { kind: "at-size", participants: planning.plan?.size?.participants ?? null })]
      : closeIntake === null
        ? []
        : [step("close", { kind: "at", atMs: closeIntake })];
  const end = endOf(experiment, { measureForDays, endsAtMs }, offsetAt);
  return [
    ...(startsAtMs === null ? [] : [step("start", { kind: "at", atMs: startsAtMs })]),
    ...close,
    ...(end === undefined ? [] : [step("end", end)]),
    ...(onHarm === "alert" ? [] : [step("harm", { kind: "on-harm" })]),
  ];
}

/** The steps that are due and not taken yet, in order. A step may turn out to have nothing left to change. */
export function dueSteps(experiment: Experiment, seen: Seen, nowMs: number, offsetAt: OffsetAt): readonly StepKind[] {
  const isDue = ({ when }: Step): boolean => {
    switch (when.kind) {
      case "at":
        return when.atMs <= nowMs;
      case "at-size":
        return when.participants !== null && seen.participants >= when.participants;
      case "after-intake":
        return false;
      case "on-harm":
        return seen.harm;
    }
  };
  return stepsOf(experiment, offsetAt)
    .filter((step) => step.done === undefined && isDue(step))
    .map(({ step }) => step)
    .sort((a, b) => STEP_KINDS.indexOf(a) - STEP_KINDS.indexOf(b));
}

/** Whether the intake is closed because the experiment has not started. */
export function awaitsStart({ schedule }: Pick<Experiment, "schedule">): boolean {
  return schedule !== undefined && schedule.startsAtMs !== null && !isDone(schedule, "start");
}

/** Whichever comes first: the moment of the end, or the last day of measuring. */
function endOf(
  experiment: Experiment,
  { measureForDays, endsAtMs }: Pick<ScheduleTerms, "measureForDays" | "endsAtMs">,
  offsetAt: OffsetAt,
): StepTime | undefined {
  const { intakeClosedAtMs } = experiment;
  if (measureForDays === null) return endsAtMs === null ? undefined : { kind: "at", atMs: endsAtMs };
  if (intakeClosedAtMs === undefined || awaitsStart(experiment)) {
    return endsAtMs === null ? { kind: "after-intake", days: measureForDays } : { kind: "at", atMs: endsAtMs };
  }
  const measuredAtMs = daysLater(intakeClosedAtMs, measureForDays, offsetAt);
  return { kind: "at", atMs: Math.min(measuredAtMs, endsAtMs ?? measuredAtMs) };
}
