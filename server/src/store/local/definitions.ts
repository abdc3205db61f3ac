/** Definitions and removed lives as the store promises them: one move in the table of lives, then the wait for the disk. */
import { hasSameCaps } from "../../domain/kpi-definition.ts";
import { changeOutcome, liveOf, removalOutcome, removedOf } from "../lives.ts";
import type { Definitions, Lives as StoreLives } from "../store.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { Lives } from "./lives.ts";
import type { Recaps } from "./recap.ts";
import type { Sweep } from "./sweep.ts";

export function localDefinitions(commit: GroupCommit, lives: Lives, recaps: Recaps): Definitions {
  return {
    read: async (name) => lives.read(name),
    list: async () => lives.list(),
    listUnreadable: async () => lives.unreadable(),

    async create(draft) {
      const stored = lives.read(draft.name);
      const begin = () => lives.move(draft.name, { kind: "begin", experiment: lives.drafted(draft) });
      const experiment = stored ?? liveOf(begin());
      await commit.committed();
      return { kind: stored === undefined ? "made" : "taken", experiment };
    },

    async change(next) {
      const stored = lives.get(next.name);
      const isRecap = stored?.life === next.life && !hasSameCaps(stored, next);
      const move = isRecap ? await recaps.change(next) : lives.move(next.name, { kind: "change", next });
      await commit.committed();
      return changeOutcome(move);
    },
  };
}

export function localLives(commit: GroupCommit, lives: Lives, sweep: Sweep): StoreLives {
  return {
    async remove(experiment, removedAtMs, successor) {
      const next = successor && lives.drafted(successor);
      const act = { kind: "remove", experiment, nowMs: removedAtMs, successor: next } as const;
      const move = lives.move(experiment.name, act);
      await commit.committed();
      return removalOutcome(move);
    },

    listRemoved: async () => lives.in("reset", "deleted").flatMap(removedOf),

    async restore(name, life, nowMs) {
      const move = lives.move(name, { kind: "restore", nowMs }, life);
      await commit.committed();
      return move.kind === "moved" ? move.live : undefined;
    },

    sweep: (removedUntilMs) => sweep.removed(removedUntilMs),
  };
}
