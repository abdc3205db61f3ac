/** One act on several experiments at once, each logged as if it had been done alone, and one undo for the lot. */
import { reasonOf, SixpackError, unreachable } from "../../domain/errors.ts";
import type { Experiment } from "../../domain/experiment.ts";
import { ACTIVITY_MAX } from "../../store/activity.ts";
import type { ActContext, AdministerContext, Target } from "./act.ts";
import { logWord } from "./acts/acts.ts";
import { changeAbout } from "./acts/ownership.ts";
import { setArchived, setPaused } from "./acts/state.ts";
import { undo } from "./acts/undo.ts";

export const SEVERAL_ACTS = ["pause", "resume", "archive", "unarchive", "tag", "untag"] as const;
export type SeveralAct = (typeof SEVERAL_ACTS)[number];

/** Experiments that one act may name: all of them on some pages of the list. */
export const SEVERAL_MAX = 500;

/** What all entries of one act have, so that they are found again. */
interface Lot {
  readonly atMs: number;
  readonly actor: string;
}

export interface SeveralDone {
  readonly lot: Lot;
  /** Names of those that were changed. */
  readonly done: readonly string[];
  /** Those that are as they should be already are in neither. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
}

/** @throws SixpackError invalid-form: nothing is selected, or no tag is given */
export async function actOnSeveral(
  context: ActContext,
  actor: string,
  names: readonly string[],
  act: SeveralAct,
  tag: string,
): Promise<SeveralDone> {
  if (names.length === 0 || names.length > SEVERAL_MAX) {
    throw new SixpackError("invalid-form", `Select 1 to ${SEVERAL_MAX} experiments. ${names.length} are selected.`);
  }
  if ((act === "tag" || act === "untag") && tag.trim() === "") {
    throw new SixpackError("invalid-form", "Type the tag that is to be added or removed.");
  }
  const { clock } = context;
  const lot: Lot = { atMs: clock.nowMs(), actor };
  // All entries have one moment: it is the name of the lot.
  const atOnce = {
    ...context,
    clock: {
      today: () => clock.today(),
      dayAt: (at: number) => clock.dayAt(at),
      offsetAt: (at: number) => clock.offsetAt(at),
      nowMs: () => lot.atMs,
    },
  };
  return each(lot, [...new Set(names)], (target) => actOnOne(atOnce, target, act, tag.trim()));
}

/** Takes back what can be: whoever was changed since is told. @throws SixpackError nothing-to-undo */
export async function undoSeveral(context: AdministerContext, actor: string, lot: Lot): Promise<SeveralDone> {
  const log = await context.store.activity.read({ limit: ACTIVITY_MAX });
  const entries = log.filter((entry) => entry.atMs === lot.atMs && entry.actor === lot.actor);
  const actions = new Map(
    entries
      .filter(({ action }) => logWord(action)?.part !== undefined)
      .map((entry) => [entry.experiment as string, entry]),
  );
  if (actions.size === 0)
    throw new SixpackError("nothing-to-undo", "Expected acts of that moment in the log, got none");
  return each({ atMs: context.clock.nowMs(), actor }, [...actions.keys()], (target) =>
    undo(context, target, { atMs: lot.atMs, action: actions.get(target.name)?.action ?? "" }),
  );
}

/** One after the other: the store is shared, and a refusal of one is no reason to leave the rest. */
async function each(
  lot: Lot,
  names: readonly string[],
  run: (target: Target) => Promise<unknown>,
): Promise<SeveralDone> {
  const [done, refused]: [string[], { name: string; reason: string }[]] = [[], []];
  for (const name of names) {
    try {
      let logged = false;
      const onLogged = () => {
        logged = true;
      };
      await run({ name, actor: lot.actor, onLogged });
      if (logged) done.push(name);
    } catch (error) {
      // A store that is gone refuses every one of them.
      if (!(error instanceof SixpackError) || error.code === "store-unavailable") throw error;
      refused.push({ name, reason: reasonOf(error) });
    }
  }
  return { lot, done, refused };
}

function actOnOne(context: ActContext, target: Target, act: SeveralAct, tag: string): Promise<Experiment> {
  switch (act) {
    case "pause":
    case "resume":
      return setPaused(context, target, act === "pause");
    case "archive":
    case "unarchive":
      return setArchived(context, target, act === "archive");
    case "tag":
    case "untag":
      return changeAbout(context, target, ({ managedBy, about }) => {
        if (managedBy === "repo") throw new SixpackError("invalid-form", "a file in a repository says its tags");
        const tags = about?.tags ?? [];
        return { tags: act === "tag" ? [...tags, tag] : tags.filter((one) => one !== tag) };
      });
    default:
      return unreachable(act);
  }
}
