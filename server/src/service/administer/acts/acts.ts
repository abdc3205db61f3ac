/** The list of all acts on an experiment; `undo.ts` undoes them. */
import { FACT_KINDS, noticedAction } from "../../../domain/fact.ts";
import type { Act, LogWord } from "../act.ts";
import { kpiAddition, kpiDrop } from "./counted-kpis.ts";
import { deleteAct, resetAct, restoreAct } from "./ending.ts";
import { kpiDescription } from "./kpi-settings.ts";
import { layer } from "./layer-acts.ts";
import { noteAddition, noteRemoval } from "./note-acts.ts";
import { manage, tellAbout } from "./ownership.ts";
import { segmentAddition } from "./segment-acts.ts";
import { plan } from "./set-plan.ts";
import { schedule } from "./set-schedule.ts";
import { addition, policy, release, retirement, traffic, weights } from "./sharing.ts";
import { archive, describe, intake, mute, pause, resetWinner, winner } from "./state.ts";

export const ACTS: readonly Act[] = [
  pause,
  intake,
  archive,
  winner,
  resetWinner,
  describe,
  tellAbout,
  noteAddition,
  noteRemoval,
  manage,
  plan,
  schedule,
  mute,
  resetAct,
  deleteAct,
  restoreAct,
  weights,
  traffic,
  release,
  layer,
  policy,
  addition,
  retirement,
  kpiAddition,
  kpiDrop,
  kpiDescription,
  segmentAddition,
];

/** Words of the log for changes that are no act of the dashboard. */
const ELSEWHERE: Readonly<Record<string, LogWord>> = {
  declare: { words: "declared" },
  make: { words: "made by a call" },
  redraft: { words: "changed the draft of", ends: true },
  import: { words: "imported", ends: true },
  forget: { words: "forgot a client of" },
  "look-up-client": { words: "looked up a client of" },
  share: { words: "made a share link to" },
  "revoke-share": { words: "took back a share link to" },
  compact: { words: "freed the client records of" },
  export: { words: "exported, with its clients," },
  "export-clients": { words: "exported the clients of" },
  ...Object.fromEntries(
    FACT_KINDS.map((kind) => [noticedAction(kind), { words: `noticed: ${kind.replaceAll("-", " ")}` }]),
  ),
};

const LOG_WORDS = new Map<string, LogWord>([
  ...Object.entries(ELSEWHERE),
  ...ACTS.flatMap(({ log }) => Object.entries(log)),
]);

/** What a word of the log means; `undefined` of a later version's word. */
export function logWord(action: string): LogWord | undefined {
  return LOG_WORDS.get(action);
}
