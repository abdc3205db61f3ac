/** Commands that work on the store themselves, without a server: opening it, closing it, and telling what went wrong. */
import type { Config } from "../config/schema.ts";
import { SixpackError } from "../domain/errors.ts";
import { createClock } from "../ops/clock.ts";
import type { AdministerContext } from "../service/administer/act.ts";
import { openStore } from "../store/open.ts";
import { CliError, type World } from "./world.ts";

/** Who acts, in the activity log. */
export const ACTOR = "command line";

/**
 * Runs a job on the configured store. @throws CliError for what the store or the job refuses
 */
export async function withStore<Result>(
  world: World,
  config: Config,
  job: (context: AdministerContext) => Promise<Result>,
): Promise<Result> {
  if (config.storage === "memory") {
    throw new CliError("Nothing is kept in memory when the command ends. Choose `--storage embedded` or `redis`.", 2);
  }
  return told(async () => {
    const store = await openStore(config, () => {});
    try {
      await store.ping();
      return await job({ store, clock: createClock(config.timezone, world.nowMs) });
    } finally {
      await store.close();
    }
  });
}

/** A refusal says in its detail what was expected and what came; that is what a person wants to read. */
export async function told<Result>(job: () => Promise<Result>): Promise<Result> {
  try {
    return await job();
  } catch (error) {
    throw error instanceof SixpackError ? new CliError(error.detail ?? error.message, 1, { cause: error }) : error;
  }
}
