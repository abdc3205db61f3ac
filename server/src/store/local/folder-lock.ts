/** LevelDB's lock on a folder, taken without opening the database in it. */
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";

/**
 * Opens an empty database elsewhere whose lock file is a link to that of the folder, because Node itself can't take
 * such locks. @returns a function that releases it
 * @throws the library's LEVEL_LOCKED, as a cause: a process has the folder open
 */
export async function lockFolder(location: string): Promise<() => Promise<void>> {
  const scratch = await mkdtemp(join(tmpdir(), "sixpack-lock-"));
  const remove = () => rm(scratch, { recursive: true, force: true });
  try {
    await symlink(join(location, "LOCK"), join(scratch, "LOCK"));
    const holder = new ClassicLevel(scratch);
    await holder.open();
    return async () => {
      await holder.close();
      await remove();
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Whether LevelDB refused because a process has the folder open. */
export function isLocked(error: unknown): boolean {
  return causeWith(error, "LEVEL_LOCKED") !== undefined;
}

/** The cause of an error that has this code: the library wraps its own errors. */
export function causeWith(error: unknown, code: string): Error | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ("code" in cause && cause.code === code) return cause;
  }
  return undefined;
}
