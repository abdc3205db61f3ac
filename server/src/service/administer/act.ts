/**
 * One act of a person on an experiment: a change of its definition by compare-and-set, and an entry in the activity log
 * of what was stored. An act that changes nothing writes nothing and is not logged.
 */
import type { TSchema } from "typebox";
import { SixpackError } from "../../domain/errors.ts";
import type { Experiment, LayerSlice } from "../../domain/experiment.ts";
import { sameSlice } from "../../domain/layer.ts";
import { quote } from "../../domain/names.ts";
import type { Role } from "../../domain/role.ts";
import { shownJson } from "../../lib/shown-json.ts";
import { didYouMean } from "../../lib/suggest.ts";
import { changeDefinition, UNSETTLED, untilSettled } from "../change.ts";
import type { ServiceContext } from "../context.ts";
import { notFound } from "../find-experiment.ts";
import { type Change, type LogContext, type Logged, logDone, type Step } from "../logged-change.ts";
import { holding, takenBy } from "./layers.ts";

export type AdministerContext = LogContext;

/** What acts on the dashboard need beside the store: some store what the data said. */
export type ActContext = AdministerContext & Pick<ServiceContext, "analyst">;

/** Which experiment, and who acts on it. */
export interface Target extends Logged {
  /** As it stands in the path: looked up, never made, so that old names keep working. */
  readonly name: string;
}

/** What is sent with an act: a form or JSON body, and the parts of its path. */
interface Sent {
  readonly body: unknown;
  readonly params: unknown;
}

/**
 * Something that people do to an experiment. Route, button, words, undo and the row of `docs/http-api.md` are made from
 * this record. A new act is a new record, and a line in `ACTS`.
 */
export interface Act {
  /** The end of its path, `<…>` standing for a part of it. */
  readonly path: string;
  readonly role: Role;
  /** The label of its button. */
  readonly label: string;
  /** The fields of its body by name. `run` is given no other, so that none can be read that `/openapi.json` lacks. */
  readonly body: Fields;
  /** As the docs have it. */
  readonly does: string;
  /** Called by `perform`. Returns the experiment as the act left it; `undefined` where it is gone. */
  readonly run: (context: ActContext, target: Target, sent: Sent) => Promise<Experiment | undefined>;
  /** What the page says afterwards. */
  readonly done: (name: string, experiment: Experiment | undefined) => string;
  /** Every word that it may leave in the log. */
  readonly log: Readonly<Record<string, LogWord>>;
  /** The page that shows a refusal beside its form; if left out, a refusal is a page of its own. */
  readonly page?: "share" | "plan" | "schedule";
  /** The name of the experiment must be typed to confirm, because much is lost. */
  readonly typed?: true;
  /** The act that reverses it as a whole. Other acts are undone by their log entry, if its word has a part. */
  readonly back?: { readonly path: string; readonly label: string };
}

/** JSON Schema of fields, each described in the words of docs/http-api.md. Forms send numbers and flags as text. */
export type Fields = Readonly<Record<string, TSchema>>;

/** @throws SixpackError invalid-form: a mistyped field; and those of the act */
export async function perform(
  act: Act,
  context: ActContext,
  target: Target,
  { body, params }: Sent,
): ReturnType<Act["run"]> {
  return act.run(context, target, { body: declaredOf(act.body, body), params });
}

/**
 * Those of the fields sent that are declared. Others are passed over, as Sixpack 2.7 does, but for a mistyped name: it must not
 * count as a field left out, which often means something.
 * @throws SixpackError invalid-form
 */
export function declaredOf(fields: Fields, body: unknown): object {
  if (body === undefined || body === null) return {};
  if (typeof body !== "object" || Array.isArray(body)) {
    throw new SixpackError("invalid-form", `Expected fields by name, got ${shownJson(body)}`);
  }
  const names = Object.keys(fields);
  const left = names.filter((name) => !Object.hasOwn(body, name));
  const given = Object.entries(body);
  for (const [name] of given) {
    const hint = names.includes(name) ? "" : didYouMean(name, left);
    if (hint === "") continue;
    const expected = names.map((known) => `\`${known}\``).join(", ");
    throw new SixpackError("invalid-form", `Expected fields of ${expected}, got ${quote(name)}${hint}`);
  }
  return Object.fromEntries(given.filter(([name]) => names.includes(name)));
}

/** What a word of the log means. */
export interface LogWord {
  /** What somebody did, for people: "paused". */
  readonly words: string;
  /** The part of the definition that it sets, and that an undo sets back. */
  readonly part?: Part;
  /** Earlier acts can't be undone any more after it. */
  readonly ends?: true;
  /** It changes what clients get and opens no epoch, so charts mark it. */
  readonly isMarked?: true;
}

/** A part of the definition that has a state the log can name. */
export interface Part {
  readonly stateOf: (experiment: Experiment) => string | null;
  readonly set: (experiment: Experiment, state: string | null) => Experiment;
  /** The word of the log for setting it so. */
  readonly wordFor: (state: string | null) => string;
}

/** The step that sets a part. */
export function setPart({ stateOf, set, wordFor }: Part, state: string | null): Step {
  return (stored) => {
    const next = set(stored, state);
    const [before, after] = [stateOf(stored), stateOf(next)];
    return before === after ? undefined : { next, action: wordFor(after), before, after };
  };
}

export async function change(context: AdministerContext, target: Target, step: Step): Promise<Experiment> {
  // The last run of the step is the one that was stored, so its "before" goes into the log.
  let last: Change | undefined;
  // Most acts take nothing of a layer, and find that out while they are stored. One that does begins anew under the lease.
  let held: readonly LayerSlice[] = [];
  const experiment = await untilSettled(target.name, async () => {
    let wanted = held;
    const changed = await holding(context, target.name, held, () =>
      changeDefinition(context.store, target.name, (stored) => {
        last = step(stored);
        const { next } = last ?? { next: stored };
        wanted = takenBy(stored, next);
        return isHeld(wanted, held) ? next : stored;
      }),
    );
    if (isHeld(wanted, held)) return changed;
    held = wanted;
    return UNSETTLED;
  });
  if (experiment === undefined) throw notFound(target.name);
  for (const entry of [last?.with, last]) {
    if (entry !== undefined) await logDone(context, target, experiment.name, entry);
  }
  return experiment;
}

function isHeld(wanted: readonly LayerSlice[], held: readonly LayerSlice[]): boolean {
  return wanted.every((slice) => held.some((one) => sameSlice(one, slice)));
}
