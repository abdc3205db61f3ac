/**
 * What people do to an experiment from the dashboard, with an entry in the activity log for each act.
 *
 * Semantics are Sixpack 2.7's: paused and archived are independent flags, a reset keeps name, alternatives and
 * description and forgets the rest, a delete forgets everything. New here: both can be undone for RESTORABLE_MS.
 */
import { Counts } from "../../domain/counts.ts";
import { SixpackError } from "../../domain/errors.ts";
import {
  type Experiment,
  freshDraft,
  withArchived,
  withDescription,
  withPaused,
  withWinner,
} from "../../domain/experiment.ts";
import type { ExperimentName } from "../../domain/names.ts";
import { RESTORABLE_MS, type RemovedExperiment } from "../../store/store.ts";
import { UNSETTLED, untilSettled } from "../change.ts";
import { type Act, type AdministerContext, change, log, notFound } from "./act.ts";

/** The wanted state of a flag; `toggle` turns it over, as the buttons of 2.7 do. */
export type Switch = boolean | "toggle";

/** @throws SixpackError experiment-not-found, experiment-busy */
export function setPaused(context: AdministerContext, act: Act, paused: Switch): Promise<Experiment> {
  return change(context, act, (stored) => {
    const next = paused === "toggle" ? !stored.paused : paused;
    if (next === stored.paused) return undefined;
    return {
      next: withPaused(stored, next),
      action: next ? "pause" : "resume",
      before: pausedText(stored.paused),
      after: pausedText(next),
    };
  });
}

/** @throws SixpackError experiment-not-found, experiment-busy */
export function setArchived(context: AdministerContext, act: Act, archived: Switch): Promise<Experiment> {
  return change(context, act, (stored) => {
    const next = archived === "toggle" ? !stored.archived : archived;
    if (next === stored.archived) return undefined;
    return {
      next: withArchived(stored, next),
      action: next ? "archive" : "unarchive",
      before: archivedText(stored.archived),
      after: archivedText(next),
    };
  });
}

/**
 * From now on every client gets `winner`; `null` goes back to testing.
 * @throws SixpackError experiment-not-found, unknown-alternative, experiment-busy
 */
export function setWinner(context: AdministerContext, act: Act, winner: string | null): Promise<Experiment> {
  return change(context, act, (stored) => {
    const next = withWinner(stored, winner);
    if (next.winner === stored.winner) return undefined;
    return { next, action: winner === null ? "reset-winner" : "set-winner", before: stored.winner, after: next.winner };
  });
}

/** @throws SixpackError experiment-not-found, invalid-description, experiment-busy */
export function describe(context: AdministerContext, act: Act, description: string): Promise<Experiment> {
  return change(context, act, (stored) => {
    const next = withDescription(stored, description);
    if (next.description === stored.description) return undefined;
    return { next, action: "describe", before: stored.description, after: next.description };
  });
}

/**
 * Begins a new life with the same alternatives and description. Flags, winner, KPIs and all records stay with the old
 * one.
 * @throws SixpackError experiment-not-found, experiment-busy
 */
export async function reset(context: AdministerContext, act: Act): Promise<Experiment> {
  const nowMs = context.clock.nowMs();
  const successor = await end(context, act, "reset", nowMs, (experiment) => freshDraft(experiment, nowMs));
  if (successor === undefined)
    throw new SixpackError("internal", `Expected a new life of ${act.name} after its reset, got none`);
  return successor;
}

/** @throws SixpackError experiment-not-found, experiment-busy */
export async function remove(context: AdministerContext, act: Act): Promise<void> {
  await end(context, act, "delete", context.clock.nowMs(), () => undefined);
}

/**
 * Brings back what a reset or delete took away, records included. What lives under the name by then is moved aside in
 * its turn, so that a restore can be undone too.
 * @param incarnation which life; `undefined` is the one removed last
 * @throws SixpackError nothing-to-restore
 */
export async function restore(
  context: AdministerContext,
  act: Act,
  incarnation: number | undefined,
): Promise<Experiment> {
  const { store, clock } = context;
  const candidates = (await listRestorable(context)).filter(({ experiment }) => experiment.name === act.name);
  const chosen =
    incarnation === undefined
      ? candidates[0]
      : candidates.find(({ experiment }) => experiment.incarnation === incarnation);
  const restored =
    chosen === undefined
      ? undefined
      : await store.restoreExperiment(chosen.experiment.name, chosen.experiment.incarnation, clock.nowMs());
  if (chosen === undefined || restored === undefined) {
    throw new SixpackError(
      "nothing-to-restore",
      `Expected something removed within ${RESTORABLE_MS / 86_400_000} days`,
    );
  }
  const removedAt = new Date(chosen.removedAtMs).toISOString();
  await log(context, act, restored.name, {
    action: "restore",
    before: `${chosen.how} ${removedAt}`,
    after: await contents(context, restored),
  });
  return restored;
}

/** What can still be brought back, removed last first. */
export async function listRestorable({ store, clock }: AdministerContext): Promise<readonly RemovedExperiment[]> {
  const untilMs = clock.nowMs() - RESTORABLE_MS;
  return (await store.listRemoved())
    .filter(({ removedAtMs }) => removedAtMs > untilMs)
    .sort((a, b) => b.removedAtMs - a.removedAtMs || b.experiment.incarnation - a.experiment.incarnation);
}

async function end(
  context: AdministerContext,
  act: Act,
  action: "reset" | "delete",
  nowMs: number,
  successorOf: (experiment: Experiment) => ReturnType<typeof freshDraft> | undefined,
): Promise<Experiment | undefined> {
  const { store } = context;
  return untilSettled(act.name, async () => {
    const experiment = await store.readExperiment(act.name as ExperimentName);
    if (experiment === undefined) throw notFound(act.name);
    const before = await contents(context, experiment);
    const outcome = await store.removeExperiment(experiment, nowMs, successorOf(experiment));
    // Somebody changed it while its tallies were read: what was just acknowledged goes into the successor and the log.
    if (outcome.kind !== "removed") return UNSETTLED;
    await log(context, act, experiment.name, { action, before, after: null });
    return outcome.successor;
  });
}

/** What a life holds, for the log: people who reset by mistake want to know what was lost. */
async function contents({ store }: AdministerContext, experiment: Experiment): Promise<string> {
  return `${Counts.of(await store.readTallies(experiment)).participants} participants`;
}

/** As the log says it. */
export function pausedText(paused: boolean): string {
  return paused ? "paused" : "running";
}

/** As the log says it. */
export function archivedText(archived: boolean): string {
  return archived ? "archived" : "not archived";
}
