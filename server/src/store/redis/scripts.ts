/** The scripts, one per verb; each file's head states keys, input and output. */
import { script } from "./client.ts";
import change from "./lua/change.lua?raw";
import claim from "./lua/claim.lua?raw";
import convert from "./lua/convert.lua?raw";
import create from "./lua/create.lua?raw";
import forget from "./lua/forget.lua?raw";
import forgetting from "./lua/forgetting.lua?raw";
import lease from "./lua/lease.lua?raw";
import load from "./lua/load.lua?raw";
import lookup from "./lua/lookup.lua?raw";
import participate from "./lua/participate.lua?raw";
import probe from "./lua/probe.lua?raw";
import readIds from "./lua/read-ids.lua?raw";
import records from "./lua/records.lua?raw";
import remove from "./lua/remove.lua?raw";
import restore from "./lua/restore.lua?raw";
import touch from "./lua/touch.lua?raw";
import untouch from "./lua/untouch.lua?raw";

export const SCRIPTS = {
  participate: script(records, participate),
  convert: script(records, convert),
  lookup: script(records, lookup),
  load: script(records, load),
  readIds: script(records, readIds),
  forget: script(records, forgetting, forget),
  create: script(create),
  change: script(change),
  remove: script(remove),
  restore: script(restore),
  claim: script(claim),
  lease: script(lease),
  touch: script(touch),
  untouch: script(untouch),
  probe: script(probe),
} as const;
