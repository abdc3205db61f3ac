/** Why a data folder can't be opened, and what to do about it. */
import { SixpackError } from "../../domain/errors.ts";
import { StoreUnreachable } from "../unreachable.ts";
import { causeWith, isLocked } from "./folder-lock.ts";
import { readOwner } from "./owner-file.ts";

/** @param what is wrong with its files */
export function damaged(folder: string, what: string): SixpackError {
  return new SixpackError(
    "store-unavailable",
    `Expected to open the data folder ${folder}, got damage: ${what}. Restore a backup, or save what can be read with \`sixpack repair\`.`,
  );
}

/** Turns an error into a refusal that says what to do. */
export async function refusalOf(folder: string, error: unknown): Promise<SixpackError> {
  if (error instanceof SixpackError) return error;
  // The checksums of a file that was cut between two records are right, so only LevelDB notices.
  const corruption = causeWith(error, "LEVEL_CORRUPTION");
  if (corruption !== undefined) return damaged(folder, corruption.message);
  if (isLocked(error)) return new StoreUnreachable(await whoElse(folder), error);
  return new SixpackError("store-unavailable", whyNot(folder, error), { cause: error });
}

async function whoElse(folder: string): Promise<string> {
  const owner = await readOwner(folder);
  const who = owner === undefined ? "another process" : `process ${owner.pid} (since ${owner.since})`;
  return (
    `Expected to be the only process in the data folder ${folder}, but ${who} has it open. ` +
    "Stop that process, ask it by --url where the command takes that, choose another data_dir, or use Redis " +
    "(redis_host) to run several processes."
  );
}

function whyNot(folder: string, error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const isNowhere = cause instanceof Error && "syscall" in cause && cause.syscall === "uv_cwd";
  const advice = isNowhere
    ? "Change to a folder that is there, or give data_dir as an absolute path."
    : "Check that it exists, is writable and has space, or restore a backup.";
  return `Expected to open the data folder ${folder}, got: ${reason}. ${advice}`;
}
