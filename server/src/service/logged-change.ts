/** Changes of a definition that leave an entry in the activity log, and the entry alone. */
import { type ClientKey, hexOf } from "../domain/digest.ts";
import { SixpackError } from "../domain/errors.ts";
import type { Experiment } from "../domain/experiment.ts";
import type { ExperimentName } from "../domain/names.ts";
import { actorOf, type Caller } from "../domain/scope.ts";
import type { Activity } from "../store/activity.ts";
import { changeDefinition } from "./change.ts";
import type { ServiceContext } from "./context.ts";

export type LogContext = Pick<ServiceContext, "store" | "clock">;

type CallContext = LogContext & Pick<ServiceContext, "onUnlogged">;

/** In whose name something is logged. */
export interface Logged {
  /** A user's name, or one of `domain/actor.ts`. */
  readonly actor: string;
  /** Called with the log entry of the act; an act that changes nothing has none. */
  readonly onLogged?: (entry: Activity) => void;
}

export interface Entry {
  /** A word of `LOG_WORDS`. */
  readonly action: string;
  readonly before: string | null;
  readonly after: string | null;
  /** When it was done, where that is stored beside it, too. @default now */
  readonly atMs?: number;
}

export interface Change extends Entry {
  readonly next: Experiment;
  /** A side effect of the act, logged as an entry of its own before that of the act. */
  readonly with?: Entry | undefined;
}

/** One change of the definition; `undefined` changes nothing. */
export type Step = (stored: Experiment) => Change | undefined;

/** Where an entry that the store refuses keeps something from being done: it must be in the log before. */
export async function log(
  { store, clock }: LogContext,
  { actor, onLogged }: Logged,
  experiment: ExperimentName,
  { action, before, after, atMs = clock.nowMs() }: Entry,
): Promise<void> {
  const logged: Activity = { atMs, experiment, actor, action, before, after };
  await store.activity.append(logged);
  onLogged?.(logged);
}

/** Hexadecimal digits of a client's key in the log: enough to show that it was done, too few to identify the client. */
const DIGITS_IN_LOG = 6;

export function clientInLog(client: ClientKey): string {
  return `client ${hexOf(client).slice(0, DIGITS_IN_LOG)}…`;
}

/**
 * The entry of what is done already, and can't be taken back where the store takes no entry: the server's own log says then
 * what the activity log lacks.
 * @throws SixpackError not-logged
 */
export async function logDone(
  context: LogContext,
  logged: Logged,
  experiment: ExperimentName,
  entry: Entry,
): Promise<void> {
  try {
    await log(context, logged, experiment, entry);
  } catch (cause) {
    const { action, before, after } = entry;
    const lost = JSON.stringify({ experiment, actor: logged.actor, action, before, after });
    throw new SixpackError("not-logged", `Expected the activity log to take ${lost}, got an error of the store`, {
      cause,
    });
  }
}

/** The entry of what a call has done already. A visitor is not refused because of it: who runs the server hears of it. */
export async function logByCall(
  context: CallContext,
  caller: Caller,
  experiment: ExperimentName,
  entry: Entry,
): Promise<void> {
  await logDone(context, { actor: actorOf(caller) }, experiment, entry).catch(context.onUnlogged);
}

/**
 * A change that a call makes on its way, logged in the name of its caller.
 * @returns the stored definition afterwards, `undefined` when the experiment is gone
 * @throws SixpackError experiment-busy; whatever `step` throws
 */
export async function changeByCall(
  context: CallContext,
  name: ExperimentName,
  caller: Caller,
  step: Step,
): Promise<Experiment | undefined> {
  // The last run of the step is the one that was stored.
  let last: Change | undefined;
  const changed = await changeDefinition(context.store, name, (stored) => {
    last = step(stored);
    return last?.next ?? stored;
  });
  if (changed !== undefined && last !== undefined) await logByCall(context, caller, name, last);
  return changed;
}
