/** What `sixpack repair` prints: what is gone, in files and in visitors. */
import { plural } from "../lib/text.ts";
import type { RepairReport } from "../store/local/repair.ts";

export function repairText({ lost, lives, orphans, kept }: RepairReport): string {
  if (kept === undefined) return "whole  nothing is damaged, and nothing was changed\n";
  const lines = lost.map((what) => `lost      ${what}`);
  for (const { name, before, after, changed } of lives) {
    const counted = plural(after, "visitor");
    lines.push(changed ? `recounted ${name}: ${counted}, its tallies said ${before}` : `kept      ${name}: ${counted}`);
  }
  if (lives.length === 0) lines.push("kept      no experiment");
  if (orphans > 0) lines.push(`dropped   ${orphans} records and tallies of experiments whose definition is lost`);
  lines.push(`The damaged files are in ${kept}. Compare with a backup before you delete them.`);
  return `${lines.join("\n")}\n`;
}
