/**
 * Takes the due steps of schedules, each once: the process whose write succeeds logs it, as actor `schedule`, or
 * `guardrail` after harm. Every process looks; compare-and-set lets one of them take the step.
 */

import { GUARDRAIL_ACTOR, SCHEDULE_ACTOR } from "../domain/actor.ts";
import { dueSteps, type Seen, stepsOf } from "../domain/due-steps.ts";
import { unreachable } from "../domain/errors.ts";
import type { Experiment } from "../domain/experiment.ts";
import { defaultKpi, kpiWords } from "../domain/kpi.ts";
import type { DoneStep, Schedule, StepKind } from "../domain/schedule.ts";
import { hasPassed } from "../lib/time.ts";
import { harmIn } from "../stats/verdict-arms.ts";
import { archivedStep, intakeStep, pausedStep } from "./administer/acts/state.ts";
import { changeDefinition } from "./change.ts";
import type { ServiceContext } from "./context.ts";
import { eachExperiment, type Failure } from "./each-experiment.ts";
import { type Change, type Entry, logDone } from "./logged-change.ts";

/** How often a process looks, in milliseconds. */
export const SCHEDULES_INTERVAL_MS = 10_000;

type ScheduleContext = Pick<ServiceContext, "store" | "clock" | "analyst">;

/** Longest time between two reports of an experiment that stops on harm, in milliseconds. */
const HARM_INTERVAL_MS = 60_000;

/**
 * The rounds of one process. Each uses a moment that has surely passed, even if the clock is set back
 * (`ops/steady-past.ts`). A round throws SixpackError store-unavailable where the experiments could not be listed.
 */
export function scheduleKeeper(context: ScheduleContext): (nowMs: number) => Promise<readonly Failure[]> {
  let harmLookedAtMs = Number.NEGATIVE_INFINITY;
  return (nowMs) => {
    const looksForHarm = hasPassed(HARM_INTERVAL_MS, harmLookedAtMs, nowMs);
    if (looksForHarm) harmLookedAtMs = nowMs;
    return eachExperiment(context.store, async (listed) => {
      if (!isWorthALook(context, listed, nowMs, looksForHarm)) return;
      // Before an experiment ends, its last look is taken, because archived experiments are not looked at.
      const { experiment, report, kpis, counts } = await context.analyst.readCounted(listed);
      const harm = harmIn(report).map(({ arm, kpi }, index) => {
        const than = index === 0 ? ` does worse than ${experiment.alternatives[0]?.name}` : "";
        return `${experiment.alternatives[arm]?.name}${than} on ${kpiWords(kpis[kpi] ?? defaultKpi(experiment))}`;
      });
      const seen = { participants: counts.participants, harm: harm.length > 0 };
      for (const _ of dueSteps(experiment, seen, nowMs, context.clock.offsetAt)) {
        await takeFirst(context, experiment, seen, harm.join(", "), nowMs);
      }
    });
  };
}

/** A report costs milliseconds, and a step with a fixed moment needs none before. */
function isWorthALook({ clock }: ScheduleContext, listed: Experiment, nowMs: number, looksForHarm: boolean): boolean {
  const pending = stepsOf(listed, clock.offsetAt).filter(({ done }) => done === undefined);
  return pending.some(({ when }) =>
    when.kind === "at" ? when.atMs <= nowMs : when.kind !== "after-intake" && looksForHarm,
  );
}

/** Takes the first step that is due by then: another process may have been faster. */
async function takeFirst(
  { store, clock }: ScheduleContext,
  { name, life }: Experiment,
  seen: Seen,
  harm: string,
  nowMs: number,
): Promise<void> {
  const atMs = clock.nowMs();
  let taken: { readonly step: StepKind; readonly entry: Entry | undefined } | undefined;
  const stored = await changeDefinition(store, name, (found) => {
    taken = undefined;
    // What was seen belongs to the life that was looked at.
    const [step] = found.life === life ? dueSteps(found, seen, nowMs, clock.offsetAt) : [];
    if (step === undefined || found.schedule === undefined) return found;
    const change = changeFor(step, found, atMs);
    taken = { step, entry: change };
    const done = { step, atMs, action: change?.action ?? null, ...(step === "harm" ? { because: harm } : {}) };
    return withDone(change?.next ?? found, found.schedule, done);
  });
  if (stored === undefined || taken?.entry === undefined) return;
  const actor = taken.step === "harm" ? GUARDRAIL_ACTOR : SCHEDULE_ACTOR;
  // The moment of the step, by which the page finds the entry to undo.
  await logDone({ store, clock }, { actor }, name, { ...taken.entry, atMs });
}

/** What a step changes; `undefined` if people did it before, or the experiment is archived already. */
function changeFor(step: StepKind, experiment: Experiment, nowMs: number): Change | undefined {
  if (experiment.archived) return undefined;
  switch (step) {
    case "start":
      return intakeStep("open", nowMs)(experiment);
    case "close":
      return experiment.winner === null ? intakeStep("closed", nowMs)(experiment) : undefined;
    case "harm":
      if (experiment.winner !== null) return undefined;
      return experiment.schedule?.onHarm === "pause"
        ? pausedStep(true)(experiment)
        : intakeStep("closed", nowMs)(experiment);
    case "end":
      return archivedStep(true, nowMs)(experiment);
    default:
      return unreachable(step);
  }
}

function withDone(experiment: Experiment, schedule: Schedule, done: DoneStep): Experiment {
  return { ...experiment, schedule: { ...schedule, done: [...schedule.done, done] } };
}
