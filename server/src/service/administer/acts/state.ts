/**
 * Switches of an experiment that set one part of its definition. Semantics are Sixpack 2.7's: paused and archived are
 * independent flags.
 */
import { Type } from "typebox";
import { REASON_LENGTH_MAX } from "../../../domain/decided.ts";
import { SixpackError } from "../../../domain/errors.ts";
import {
  alternativeIndex,
  DESCRIPTION_LENGTH_MAX,
  type Experiment,
  isIntakeClosed,
  withArchived,
  withDecided,
  withDescription,
  withIntake,
  withMuted,
  withPaused,
  withWinner,
} from "../../../domain/experiment.ts";
import { decidedOf } from "../../analysis/decision.ts";
import type { Step } from "../../logged-change.ts";
import { type Act, type ActContext, type AdministerContext, change, type Part, setPart, type Target } from "../act.ts";
import { choice, choiceField, flagField, formField, requiredField } from "../fields.ts";

const CLOSED = "closed";
const INTAKES = ["open", CLOSED] as const;

const PAUSED: Part = {
  stateOf: ({ paused }) => (paused ? "paused" : "running"),
  set: (experiment, state) => withPaused(experiment, state === "paused"),
  wordFor: (state) => (state === "paused" ? "pause" : "resume"),
};

/** @param paused left out it toggles, as the buttons of 2.7 do. @throws SixpackError experiment-not-found, experiment-busy */
export function setPaused(context: AdministerContext, target: Target, paused?: boolean): Promise<Experiment> {
  return change(context, target, (stored) => pausedStep(paused ?? !stored.paused)(stored));
}

export function pausedStep(paused: boolean): Step {
  return setPart(PAUSED, paused ? "paused" : "running");
}

export const pause: Act = {
  path: "pause",
  role: "editor",
  label: "Pause or resume",
  body: { paused: Type.Optional(Type.Boolean({ description: "left out it toggles" })) },
  does: "answers everybody with the control, or goes on",
  run: (context, target, { body }) => setPaused(context, target, flagField(body, "paused")),
  done: (name, experiment) =>
    experiment?.paused === true ? `Paused: everybody gets the control of ${name}.` : `${name} goes on.`,
  log: {
    pause: { words: "paused", part: PAUSED, isMarked: true },
    resume: { words: "resumed", part: PAUSED, isMarked: true },
  },
};

const ARCHIVED: Part = {
  stateOf: ({ archived }) => (archived ? "archived" : "not archived"),
  set: (experiment, state) => withArchived(experiment, state === "archived"),
  wordFor: (state) => (state === "archived" ? "archive" : "unarchive"),
};

/** @throws SixpackError experiment-not-found, experiment-compacted, experiment-busy */
export function setArchived(context: AdministerContext, target: Target, archived: boolean): Promise<Experiment> {
  return change(context, target, archivedStep(archived, context.clock.nowMs()));
}

export function archivedStep(archived: boolean, nowMs: number): Step {
  return (stored) => {
    const step = setPart(ARCHIVED, archived ? "archived" : "not archived")(stored);
    return step && { ...step, next: withArchived(step.next, archived, nowMs) };
  };
}

export const archive: Act = {
  path: "archive",
  role: "editor",
  label: "Archive or unarchive",
  body: { archived: Type.Optional(Type.Boolean({ default: true })) },
  does: "puts it away, or takes it back; independent of pause",
  // As in 2.7, where the button never took anything out of the archive: a script that runs twice must not.
  run: (context, target, { body }) => setArchived(context, target, flagField(body, "archived") ?? true),
  done: (name, experiment) =>
    experiment?.archived === true ? `Archived ${name}.` : `Took ${name} back from the archive.`,
  log: {
    archive: { words: "archived", part: ARCHIVED, isMarked: true },
    unarchive: { words: "took back from the archive", part: ARCHIVED, isMarked: true },
  },
};

/** The log names the moment of the closing, so that an undo sets it back. */
const INTAKE: Part = {
  stateOf: ({ intakeClosedAtMs }) =>
    intakeClosedAtMs === undefined ? "open" : `${CLOSED} since ${new Date(intakeClosedAtMs).toISOString()}`,
  set: (experiment, state) => withIntake(experiment, state === null || state === "open" ? null : closedAtMs(state)),
  wordFor: (state) => (state === "open" ? "open-intake" : "close-intake"),
};

function closedAtMs(state: string): number {
  return Date.parse(state.slice(`${CLOSED} since `.length));
}

/** @throws SixpackError experiment-not-found, experiment-busy */
export function setIntake(
  context: AdministerContext,
  target: Target,
  intake: (typeof INTAKES)[number],
): Promise<Experiment> {
  return change(context, target, intakeStep(intake, context.clock.nowMs()));
}

/** Opens the intake, or closes it now; what is closed already stays closed since when it was. */
export function intakeStep(intake: (typeof INTAKES)[number], nowMs: number): Step {
  return (stored) => {
    if (intake === CLOSED && isIntakeClosed(stored)) return undefined;
    return setPart(INTAKE, INTAKE.stateOf(withIntake(stored, intake === CLOSED ? nowMs : null)))(stored);
  };
}

export const intake: Act = {
  path: "intake",
  role: "editor",
  label: "Close or open the intake",
  body: { intake: choice(INTAKES) },
  does: "takes nobody new in, or takes clients in again: who takes part keeps the alternative and goes on converting, everybody else gets the control and is not recorded",
  run: (context, target, { body }) => setIntake(context, target, choiceField(body, "intake", INTAKES)),
  done: (name, experiment) =>
    experiment !== undefined && isIntakeClosed(experiment)
      ? `${name} takes nobody new in. Who takes part goes on.`
      : `${name} takes clients in.`,
  log: {
    "close-intake": { words: "closed the intake", part: INTAKE, isMarked: true },
    "open-intake": { words: "opened the intake", part: INTAKE, isMarked: true },
  },
};

const MUTED: Part = {
  stateOf: ({ muted }) => (muted === true ? "muted" : "told"),
  set: (experiment, state) => withMuted(experiment, state === "muted"),
  wordFor: (state) => (state === "muted" ? "mute" : "unmute"),
};

export const mute: Act = {
  path: "mute",
  role: "editor",
  label: "Mute or unmute",
  body: { muted: Type.Optional(Type.Boolean({ default: true })) },
  does: "sends nothing of it to webhooks, or does again; the log and feeds go on",
  run: (context, target, { body }) =>
    change(context, target, setPart(MUTED, (flagField(body, "muted") ?? true) ? "muted" : "told")),
  done: (name, experiment) =>
    experiment?.muted === true ? `Webhooks hear nothing of ${name} any more.` : `Webhooks hear of ${name} again.`,
  log: { mute: { words: "muted", part: MUTED }, unmute: { words: "unmuted", part: MUTED } },
};

const WINNER: Part = {
  stateOf: ({ winner }) => winner,
  set: withWinner,
  wordFor: (state) => (state === null ? "reset-winner" : "set-winner"),
};

/**
 * From now on every client gets `winner`; `null` goes back to testing. What the data say at this moment is stored with
 * it, because later clients all get the winner.
 * @param reason why, in the words of whoever decides
 * @throws SixpackError experiment-not-found, unknown-alternative, alternative-retired, experiment-busy
 */
export async function setWinner(
  context: ActContext,
  target: Target,
  winner: string | null,
  reason?: string,
): Promise<Experiment> {
  const { store, analyst, clock } = context;
  const set = setPart(WINNER, winner);
  const seen = winner === null ? undefined : await store.definitions.read(target.name);
  if (winner === null || seen === undefined || alternativeIndex(seen, winner) === -1) {
    return change(context, target, set);
  }
  const analysis = await analyst.read(seen);
  return change(context, target, (stored) => {
    const step = set(stored);
    if (step === undefined || stored.life !== seen.life) return step;
    const atMs = clock.nowMs();
    const decided = decidedOf(analysis, { atMs, day: clock.dayAt(atMs) });
    return { ...step, next: withDecided(step.next, reason === undefined ? decided : { ...decided, reason }) };
  });
}

export const winner: Act = {
  path: "winner/",
  role: "editor",
  label: "Set winner",
  body: {
    alternative_name: Type.String(),
    reason: Type.Optional(Type.String({ maxLength: REASON_LENGTH_MAX, description: "may be left out" })),
  },
  does: "gives everybody that alternative, and keeps what the data said, with the reason",
  run: (context, target, { body }) =>
    setWinner(context, target, requiredField(body, "alternative_name"), reasonIn(body)),
  done: (_name, experiment) => `Everybody gets ${experiment?.winner ?? "the control"} now.`,
  log: { "set-winner": { words: "set the winner", part: WINNER, isMarked: true } },
};

/** @throws SixpackError invalid-form */
function reasonIn(body: unknown): string | undefined {
  const reason = formField(body, "reason")?.trim() ?? "";
  if (reason.length > REASON_LENGTH_MAX) {
    throw new SixpackError(
      "invalid-form",
      `Expected \`reason\` with at most ${REASON_LENGTH_MAX} characters, got ${reason.length}`,
    );
  }
  return reason === "" ? undefined : reason;
}

export const resetWinner: Act = {
  path: "winner/reset/",
  role: "editor",
  label: "Go back to testing",
  body: {},
  does: "goes back to testing",
  run: (context, target) => setWinner(context, target, null),
  done: (name) => `${name} is testing again.`,
  log: { "reset-winner": { words: "went back to testing", part: WINNER, isMarked: true } },
};

const DESCRIPTION: Part = {
  stateOf: ({ description }) => description,
  set: (experiment, state) => withDescription(experiment, state ?? ""),
  wordFor: () => "describe",
};

export const describe: Act = {
  path: "description",
  role: "editor",
  label: "Save description",
  body: {
    description: Type.String({ maxLength: DESCRIPTION_LENGTH_MAX, description: "empty takes it away" }),
  },
  does: "describes it, in Markdown without HTML and pictures",
  run: (context, target, { body }) => change(context, target, setPart(DESCRIPTION, requiredField(body, "description"))),
  done: () => "Saved the description.",
  log: { describe: { words: "described", part: DESCRIPTION } },
};
