/** What `sixpack doctor` says of a data folder before it is opened. */
import { constants } from "node:fs";
import { access, stat, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { type Finding, fail, ok, warn } from "../../ops/finding.ts";

/** Free disk below which a busy server is in danger, in bytes. Whether it takes writes is tried, not guessed. */
const FREE_BYTES_WARN = 2 ** 30;

/** Nothing is made where there is nothing. */
export async function checkFolder(folder: string): Promise<readonly Finding[]> {
  return foundIn(folder).catch((error: Error) => [
    fail("data folder", error.message, "change to a folder that is there, or correct `data_dir`"),
  ]);
}

async function foundIn(folder: string): Promise<readonly Finding[]> {
  const path = resolve(folder);
  const existing = await nearestExisting(path);
  const shown = existing === path ? path : `${path} (to be made)`;
  if (!(await stat(existing)).isDirectory())
    return [fail("data folder", `${existing} is no folder`, "correct `data_dir`")];
  try {
    await access(existing, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    const advice = `give this user the rights to ${existing}, or correct \`data_dir\``;
    return [fail("data folder", `${shown} can't be written`, advice)];
  }
  const { bavail, bsize } = await statfs(existing);
  const freeBytes = bavail * bsize;
  return [ok("data folder", shown), checkFree(freeBytes)];
}

function checkFree(freeBytes: number): Finding {
  const shown =
    freeBytes < FREE_BYTES_WARN
      ? `${(freeBytes / 2 ** 20).toFixed(0)} MiB free`
      : `${(freeBytes / 2 ** 30).toFixed(1)} GiB free`;
  if (freeBytes < FREE_BYTES_WARN) return warn("disk", shown, "make room soon; a million clients need up to 64 MB");
  return ok("disk", shown);
}

async function nearestExisting(path: string): Promise<string> {
  try {
    await stat(path);
    return path;
  } catch {
    const parent = dirname(path);
    return parent === path ? path : nearestExisting(parent);
  }
}
