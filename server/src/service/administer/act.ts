/**
 * One act of a person on an experiment: a change of its definition by compare-and-set, and an entry in the activity log
 * of what was stored. An act that changes nothing writes nothing and is not logged.
 */
import { SixpackError } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import type { ExperimentName } from "../../domain/names.ts";
import type { Activity } from "../../store/store.ts";
import { changeDefinition } from "../change.ts";
import type { ServiceContext } from "../context.ts";

/** Every word that `Activity.action` may hold, for the acts of this folder and for imports. */
export const ACTIONS = [
  "declare",
  "pause",
  "resume",
  "archive",
  "unarchive",
  "set-winner",
  "reset-winner",
  "describe",
  "set-traffic",
  "hold-traffic",
  "release-traffic",
  "set-weights",
  "set-policy",
  "add-alternative",
  "retire-alternative",
  "set-plan",
  "clear-plan",
  "reset",
  "delete",
  "restore",
  "import",
  "forget",
  "compact",
  "export-clients",
] as const;
export type Action = (typeof ACTIONS)[number];

export type AdministerContext = Pick<ServiceContext, "store" | "clock">;

/** Which experiment, and who acts on it. */
export interface Act {
  /** As it stands in the path: looked up, never made, so that old names keep working. */
  readonly name: string;
  /** A user's name, for the activity log. */
  readonly actor: string;
  /** Told of the entry that the act left in the log; an act that changes nothing leaves none. */
  readonly onLogged?: (entry: Activity) => void;
}

export interface Entry {
  readonly action: Action;
  readonly before: string | null;
  readonly after: string | null;
}

export interface Change extends Entry {
  readonly next: Experiment;
  /** What the act brings with it, as an entry of its own before the act's. */
  readonly with?: Entry | undefined;
}

/** One act on the definition; `undefined` changes nothing. */
export type Step = (stored: Experiment) => Change | undefined;

export async function change(context: AdministerContext, act: Act, step: Step): Promise<Experiment> {
  // The last run of the step is the one that was stored: what it saw is the "before" of the log.
  let last: Change | undefined;
  const experiment = await changeDefinition(context.store, act.name as ExperimentName, (stored) => {
    last = step(stored);
    return last === undefined ? stored : last.next;
  });
  if (experiment === undefined) throw notFound(act.name);
  for (const entry of [last?.with, last]) {
    if (entry !== undefined) await log(context, act, experiment.name, entry);
  }
  return experiment;
}

export async function log({ store, clock }: AdministerContext, act: Act, experiment: ExperimentName, entry: Entry) {
  const { action, before, after } = entry;
  const logged: Activity = { atMs: clock.nowMs(), experiment, actor: act.actor, action, before, after };
  await store.appendActivity(logged);
  act.onLogged?.(logged);
}

export function notFound(name: string): SixpackError {
  return new SixpackError("experiment-not-found", `Expected an experiment that exists, got ${JSON.stringify(name)}`);
}
