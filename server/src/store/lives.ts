/**
 * The lives of an experiment, and which changes of their state are allowed.
 *
 * A life begins live, or staged while it is loaded. A reset or delete moves it aside, from where it can be brought back; a
 * sweep frees it in the end. At most one life of a name is live. `moveOf` decides, and writes nothing: an engine reads
 * the lives, asks, and writes the answer in one atomic step if they are still the same.
 *
 *     const move = moveOf({ live, named: undefined }, { kind: "remove", experiment, nowMs, successor: undefined });
 *     if (move.kind === "moved") for (const life of move.written) put(life);
 */
import { SixpackError, unreachable } from "../domain/errors.ts";
import type { Experiment } from "../domain/experiment.ts";
import type { ChangeOutcome, RemovalOutcome, RemovedExperiment } from "./store.ts";
import { definitionFault, definitionOfToday, type UnreadableExperiment } from "./stored-schema.ts";
import type { PublishOutcome } from "./transfer.ts";

export const LIFE_STATES = [
  "live",
  /** Being loaded; nobody takes part. */
  "staged",
  /** Moved aside by a reset, or by a life that was brought in. */
  "reset",
  "deleted",
  /** Its keys are being freed; it can't come back. */
  "sweeping",
] as const;
export type LifeState = (typeof LIFE_STATES)[number];

export interface Life {
  readonly experiment: Experiment;
  readonly state: LifeState;
  /** Since when it is in that state, in milliseconds since 1970, UTC. */
  readonly sinceMs: number;
}

/** @param life as it was parsed @param named what to call it where it has no name */
export function checkedLife(life: unknown, named: string): Life | UnreadableExperiment {
  const { experiment: stored, state, sinceMs } = (life ?? {}) as Partial<Life>;
  const experiment = definitionOfToday(stored) as Partial<Life>["experiment"];
  const name = typeof experiment?.name === "string" ? experiment.name : named;
  const fault = definitionFault(experiment);
  if (fault !== undefined) return { name, reason: `Expected ${fault}` };
  const isNumbered = [experiment?.life, experiment?.version, sinceMs].every(Number.isSafeInteger);
  if (!isNumbered || !LIFE_STATES.some((known) => known === state)) {
    return { name, reason: "Expected a state, a version and a moment, got something else" };
  }
  return { ...(life as Life), experiment: experiment as Experiment };
}

export function isUnreadable(life: Life | UnreadableExperiment): life is UnreadableExperiment {
  return "reason" in life;
}

export function unreadable({ name, reason }: UnreadableExperiment): SixpackError {
  return new SixpackError(
    "experiment-unreadable",
    `The definition of ${name} can't be read. ${reason}. Until it is repaired nothing takes its place: docs/operations.md, A bad day.`,
  );
}

/** Of a life that is no longer there to be loaded: what is put would be nobody's, and stay for ever. */
export function freedMeanwhile({ name }: Experiment): SixpackError {
  return new SixpackError(
    "transfer-failed",
    `Expected the life of ${name} that is loaded, got none: it was freed meanwhile`,
  );
}

/** What an act has to know of the lives stored under a name. */
interface Present {
  readonly live: Life | undefined;
  /** The life that the act is about, where it is not about the live one. */
  readonly named: Life | undefined;
}

export type Act =
  /** A life begins, unless the name is taken. */
  | { readonly kind: "begin"; readonly experiment: Experiment }
  /** A life begins aside. */
  | { readonly kind: "stage"; readonly experiment: Experiment; readonly nowMs: number }
  /** The live one gets its next definition, whose version is the one on which it was made. */
  | { readonly kind: "change"; readonly next: Experiment }
  /** The live one ends, if it is still that version; a reset has a successor. */
  | {
      readonly kind: "remove";
      readonly experiment: Experiment;
      readonly nowMs: number;
      readonly successor: Experiment | undefined;
    }
  /** A removed life comes back. */
  | { readonly kind: "restore"; readonly nowMs: number }
  /** A staged life becomes the live one; `replace` moves another one aside for it. */
  | { readonly kind: "publish"; readonly nowMs: number; readonly replace: boolean }
  /** A staged life is given up. */
  | { readonly kind: "discard" }
  /** A life that is aside since that moment or longer is to be freed. */
  | { readonly kind: "sweep"; readonly untilMs: number };

export type Move =
  /** `live` is the live one from now on; `written` are the lives that change, the ended one first. */
  | { readonly kind: "moved"; readonly live: Experiment | undefined; readonly written: readonly Life[] }
  /** Another life has the name. */
  | { readonly kind: "taken"; readonly experiment: Experiment }
  /** Somebody else changed it first. */
  | { readonly kind: "conflict"; readonly experiment: Experiment }
  /** The life is not there, or not in a state from which that can be done. */
  | { readonly kind: "missing" };

const MISSING: Move = { kind: "missing" };

export function moveOf({ live, named }: Present, act: Act): Move {
  switch (act.kind) {
    case "begin":
      if (live !== undefined) return { kind: "taken", experiment: live.experiment };
      return moved(begun(act.experiment));
    case "stage":
      return aside(live, { experiment: act.experiment, state: "staged", sinceMs: act.nowMs });
    case "change": {
      const { next } = act;
      if (live === undefined) return MISSING;
      if (!isSame(live.experiment, next)) return { kind: "conflict", experiment: live.experiment };
      const experiment = { ...next, createdAtMs: live.experiment.createdAtMs, version: next.version + 1 };
      return moved({ ...live, experiment });
    }
    case "remove": {
      const { experiment, nowMs, successor } = act;
      if (live?.experiment.life !== experiment.life) return MISSING;
      if (!isSame(live.experiment, experiment)) return { kind: "conflict", experiment: live.experiment };
      const ended: Life = { ...live, state: successor === undefined ? "deleted" : "reset", sinceMs: nowMs };
      if (successor === undefined) return { kind: "moved", live: undefined, written: [ended] };
      return moved(begun({ ...successor, version: experiment.version + 1 }), ended);
    }
    case "restore":
      if (named?.state !== "reset" && named?.state !== "deleted") return MISSING;
      return broughtIn(named, live, act.nowMs);
    case "publish":
      if (named?.state !== "staged") return MISSING;
      if (live !== undefined && !act.replace) return { kind: "taken", experiment: live.experiment };
      return broughtIn(named, live, act.nowMs);
    case "discard":
      return named?.state === "staged" ? aside(live, { ...named, state: "sweeping" }) : MISSING;
    case "sweep":
      if (named === undefined || named.state === "live") return MISSING;
      if (named.state === "sweeping") return { kind: "moved", live: live?.experiment, written: [] };
      if (named.sinceMs > act.untilMs) return MISSING;
      return aside(live, { ...named, state: "sweeping" });
    default:
      return unreachable(act);
  }
}

function isSame(stored: Experiment, { life, version }: Experiment): boolean {
  return stored.life === life && stored.version === version;
}

function begun(experiment: Experiment): Life {
  return { experiment, state: "live", sinceMs: experiment.createdAtMs };
}

function moved(live: Life, ...ended: readonly Life[]): Move {
  return { kind: "moved", live: live.experiment, written: [...ended, live] };
}

function aside(live: Life | undefined, life: Life): Move {
  return { kind: "moved", live: live?.experiment, written: [life] };
}

/** The version is above that of both, so that what any process remembers of either counts as old. */
function broughtIn(life: Life, live: Life | undefined, nowMs: number): Move {
  const version = Math.max(life.experiment.version, live?.experiment.version ?? 0) + 1;
  const next: Life = { experiment: { ...life.experiment, version }, state: "live", sinceMs: nowMs };
  return live === undefined ? moved(next) : moved(next, { ...live, state: "reset", sinceMs: nowMs });
}

// What the verbs of a store answer to a move.

export function changeOutcome(move: Move): ChangeOutcome {
  if (move.kind === "conflict" || move.kind === "missing") return move;
  return { kind: "changed", experiment: liveOf(move) };
}

export function removalOutcome(move: Move): RemovalOutcome {
  if (move.kind === "moved") return { kind: "removed", successor: move.live };
  return { kind: move.kind === "conflict" ? "conflict" : "missing" };
}

export function publishOutcome(move: Move): PublishOutcome {
  if (move.kind === "taken" || move.kind === "missing") return move;
  return { kind: "published", experiment: liveOf(move) };
}

/** As `listRemoved` has it; nothing for a life in another state. */
export function removedOf({ experiment, state, sinceMs }: Life): readonly RemovedExperiment[] {
  return state === "reset" || state === "deleted" ? [{ experiment, removedAtMs: sinceMs, how: state }] : [];
}

/** The life that is live after a move. @throws SixpackError internal: there is none */
export function liveOf(move: Move): Experiment {
  if (move.kind === "moved" && move.live !== undefined) return move.live;
  throw new SixpackError("internal", `Expected a life to be live, got ${move.kind}`);
}
