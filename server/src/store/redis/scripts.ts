/** The scripts, one per verb; each file's head states keys, input and output. */
import { script } from "./client.ts";
import convert from "./lua/convert.lua?raw";
import forget from "./lua/forget.lua?raw";
import lease from "./lua/lease.lua?raw";
import link from "./lua/link.lua?raw";
import load from "./lua/load.lua?raw";
import lookup from "./lua/lookup.lua?raw";
import marks from "./lua/marks.lua?raw";
import move from "./lua/move.lua?raw";
import note from "./lua/note.lua?raw";
import participate from "./lua/participate.lua?raw";
import probe from "./lua/probe.lua?raw";
import read from "./lua/read.lua?raw";
import readIds from "./lua/read-ids.lua?raw";
import recap from "./lua/recap.lua?raw";
import recapBegin from "./lua/recap-begin.lua?raw";
import record from "./lua/record.lua?raw";
import records from "./lua/records.lua?raw";
import sums from "./lua/sums.lua?raw";
import touch from "./lua/touch.lua?raw";
import untouch from "./lua/untouch.lua?raw";

export const SCRIPTS = {
  participate: script(sums, records, participate),
  convert: script(sums, records, convert),
  lookup: script(records, lookup),
  record: script(records, record),
  link: script(sums, records, link),
  load: script(records, load),
  readIds: script(records, readIds),
  forget: script(sums, records, forget),
  recapBegin: script(records, recapBegin),
  recap: script(sums, records, recap),
  read: script(read),
  marks: script(marks),
  move: script(move),
  lease: script(lease),
  note: script(note),
  touch: script(touch),
  untouch: script(untouch),
  probe: script(probe),
} as const;
