/**
 * Ending a life of an experiment, and bringing one back. A reset keeps what people set up and forgets the rest, as in
 * Sixpack 2.7; a delete forgets everything. New here: both can be undone for RESTORABLE_MS.
 */
import { Type } from "typebox";
import { freshDraft } from "../../../domain/draft.ts";
import { SixpackError } from "../../../domain/errors.ts";
import type { Experiment } from "../../../domain/experiment.ts";
import { heldSlices } from "../../../domain/layer.ts";
import { DAY_MS } from "../../../lib/time.ts";
import { RESTORABLE_MS, type RemovedExperiment } from "../../../store/store.ts";
import { UNSETTLED, untilSettled } from "../../change.ts";
import { findExperiment } from "../../find-experiment.ts";
import { logDone } from "../../logged-change.ts";
import { countsNow } from "../../stored-tallies.ts";
import { unlessUnreadable } from "../../unless-unreadable.ts";
import type { Act, AdministerContext, Target } from "../act.ts";
import { numberField, WHOLE_NUMBER_MAX } from "../fields.ts";
import { holding } from "../layers.ts";

/**
 * Begins a new life with the same alternatives and description. Flags, winner, KPIs and all records stay with the old
 * one.
 * @throws SixpackError experiment-not-found, experiment-busy
 */
export async function reset(context: AdministerContext, target: Target): Promise<Experiment> {
  const nowMs = context.clock.nowMs();
  const successor = await end(context, target, "reset", nowMs, (experiment) => freshDraft(experiment, nowMs));
  if (successor === undefined)
    throw new SixpackError("internal", `Expected a new life of ${target.name} after its reset, got none`);
  return successor;
}

/** @throws SixpackError experiment-not-found, experiment-busy */
export async function remove(context: AdministerContext, target: Target): Promise<void> {
  await end(context, target, "delete", context.clock.nowMs(), () => undefined);
}

/**
 * Brings back what a reset or delete took away, records included. An experiment that took the name meanwhile is moved
 * aside, so that a restore can be undone too.
 * @param life which life; `undefined` is the one removed last
 * @throws SixpackError nothing-to-restore, slice-taken
 */
export async function restore(
  context: AdministerContext,
  target: Target,
  life: number | undefined,
): Promise<Experiment> {
  const { store, clock } = context;
  const candidates = (await listRestorable(context)).filter(({ experiment }) => experiment.name === target.name);
  const chosen = life === undefined ? candidates[0] : candidates.find(({ experiment }) => experiment.life === life);
  const restored =
    chosen === undefined
      ? undefined
      : await holding(context, target.name, heldSlices(chosen.experiment), () =>
          store.lives.restore(chosen.experiment.name, chosen.experiment.life, clock.nowMs()),
        );
  if (chosen === undefined || restored === undefined) {
    throw new SixpackError("nothing-to-restore", `Expected something removed within ${RESTORABLE_MS / DAY_MS} days`);
  }
  const removedAt = new Date(chosen.removedAtMs).toISOString();
  await logDone(context, target, restored.name, {
    action: "restore",
    before: `${chosen.how} ${removedAt}`,
    after: await contents(context, restored),
  });
  return restored;
}

/** What can still be brought back, removed last first. */
export async function listRestorable({ store, clock }: AdministerContext): Promise<readonly RemovedExperiment[]> {
  const untilMs = clock.nowMs() - RESTORABLE_MS;
  return (await store.lives.listRemoved())
    .filter(({ removedAtMs }) => removedAtMs > untilMs)
    .sort((a, b) => b.removedAtMs - a.removedAtMs || b.experiment.life - a.experiment.life);
}

async function end(
  context: AdministerContext,
  target: Target,
  action: "reset" | "delete",
  nowMs: number,
  successorOf: (experiment: Experiment) => ReturnType<typeof freshDraft> | undefined,
): Promise<Experiment | undefined> {
  const { store } = context;
  return untilSettled(target.name, async () => {
    const experiment = await findExperiment(context, target.name);
    const before = await contents(context, experiment);
    const outcome = await store.lives.remove(experiment, nowMs, successorOf(experiment));
    // Somebody changed it while its tallies were read. That change was acknowledged, so it must be in the successor and
    // the log.
    if (outcome.kind !== "removed") return UNSETTLED;
    // The moment by which the log finds the life that it ended.
    await logDone(context, target, experiment.name, { action, before, after: null, atMs: nowMs });
    return outcome.successor;
  });
}

/**
 * What a life contained, for the log: people who reset by mistake want to know what was lost. A life that was damaged can be
 * ended all the same.
 */
async function contents({ store }: AdministerContext, experiment: Experiment): Promise<string> {
  const counts = await unlessUnreadable(countsNow(store, experiment), undefined);
  return counts === undefined ? "what can't be read" : `${counts.participants} visitors`;
}

const RESTORE = { path: "restore/", label: "Restore" };

/** Read before they are run: see `typed`. */
const CONFIRMED = {
  confirm_name: Type.Optional(
    Type.String({ description: "left out by scripts of 2.7; given, it must be the name of the experiment" }),
  ),
};

export const resetAct: Act = {
  path: "reset/",
  role: "admin",
  label: "Reset",
  body: CONFIRMED,
  does: "keeps name, alternatives, description, plan, traffic and who decides it, and weights; forgets participants, conversions, KPIs, winner and both flags",
  run: reset,
  done: (name) => `Reset ${name}. What it had measured can be restored for 7 days.`,
  log: { reset: { words: "reset", ends: true } },
  typed: true,
  back: RESTORE,
};

export const deleteAct: Act = {
  path: "delete/",
  role: "admin",
  label: "Delete",
  body: CONFIRMED,
  does: "forgets everything",
  run: (context, target) => remove(context, target).then(() => undefined),
  done: (name) => `Deleted ${name}. It can be restored for 7 days.`,
  log: { delete: { words: "deleted", ends: true } },
  typed: true,
  back: RESTORE,
};

export const restoreAct: Act = {
  ...RESTORE,
  role: "admin",
  body: {
    incarnation: Type.Optional(
      Type.Integer({ minimum: 0, maximum: WHOLE_NUMBER_MAX, description: "left out: the last one removed" }),
    ),
  },
  does: "brings back what a reset or delete took away in the last 7 days",
  run: (context, target, { body }) => restore(context, target, numberField(body, "incarnation")),
  done: (name) => `Restored ${name}.`,
  log: { restore: { words: "restored", ends: true } },
};
