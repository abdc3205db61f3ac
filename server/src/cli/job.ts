/**
 * Runs commands that work on the store directly, without a server: finds, opens and closes it, and reports what went
 * wrong.
 */
import { type Loaded, sourceText } from "../config/load.ts";
import type { ConfigKey } from "../config/schema.ts";
import { STORAGES } from "../config/storages.ts";
import { reasonOf, SixpackError } from "../domain/errors.ts";
import { createClock } from "../ops/clock.ts";
import type { AdministerContext } from "../service/administer/act.ts";
import { isPlaced, openStore, whereaboutsOf } from "../store/open.ts";
import type { Store } from "../store/store.ts";
import { StoreUnreachable } from "../store/unreachable.ts";
import { CliError, type World } from "./world.ts";

/** What a command does if nothing was ever recorded, which is also how a wrong folder or database looks. */
type WhenAbsent =
  /** It is there to put something in. */
  | "make"
  /** It refuses: what it is asked for can't be there. */
  | "refuse"
  /** It only reads, so an empty store in memory will do. */
  | "imagine";

/**
 * Runs a job on the configured store. @throws CliError for what the store or the job refuses
 */
export async function withStore<Result>(
  world: World,
  loaded: Loaded,
  whenAbsent: WhenAbsent,
  job: (context: AdministerContext) => Promise<Result>,
): Promise<Result> {
  const { config } = loaded;
  if (!STORAGES[config.storage].lasts) {
    throw new CliError("Nothing is kept in memory when the command ends. Choose `--storage embedded` or `redis`.", 2);
  }
  return told(async () => {
    const store = await openFor(loaded, whenAbsent);
    try {
      await store.ping();
      if (whenAbsent === "refuse" && (await isUnused(store))) throw await absence(loaded);
      return await job({ store, clock: createClock(config.timezone, world.nowMs) });
    } finally {
      await store.close();
    }
  });
}

/** Opening the embedded store makes it, so commands that may not make one check first. */
async function openFor(loaded: Loaded, whenAbsent: WhenAbsent): Promise<Store> {
  const { config } = loaded;
  const mayMake = whenAbsent === "make";
  if (mayMake || (await isPlaced(config))) return openStore(config, () => {}, mayMake);
  if (whenAbsent === "imagine") return openStore({ ...config, storage: "memory" }, () => {}, true);
  throw await absence(loaded);
}

/** Whether nothing was ever recorded in it: a store that was only opened, or a database with another's keys. */
export async function isUnused(store: Store): Promise<boolean> {
  if ((await store.definitions.list()).length > 0 || (await store.lives.listRemoved()).length > 0) return false;
  // It is long, and read last.
  return (await store.activity.read({ limit: 1 })).length === 0;
}

/** The message that nothing was ever recorded where the settings lead. */
export async function absence(loaded: Loaded): Promise<CliError> {
  return new CliError(
    `Expected a store in which something was recorded, got none ${await placeText(loaded)}. ` +
      "`sixpack config` shows the settings in force; give those of the server, by --config or --set, or ask " +
      "it by --url where the command takes that.",
  );
}

/** Where a command has looked for the store, and which settings sent it there. */
export async function placeText({ config, sources }: Loaded): Promise<string> {
  const by = (...keys: readonly ConfigKey[]) => keys.map((key) => `\`${key}\`: ${sourceText(sources[key])}`).join(", ");
  const { text, keys, hint } = await whereaboutsOf(config);
  return `${text} (${by(...keys)})${hint}`;
}

/**
 * A refusal says in its detail what was expected and what came; that is what a person wants to read.
 * @throws CliError 3: the store can't be reached, because nobody answers, or because another process has its folder open
 */
export async function told<Result>(job: () => Promise<Result>): Promise<Result> {
  try {
    return await job();
  } catch (error) {
    if (!(error instanceof SixpackError)) throw error;
    throw new CliError(reasonOf(error), error instanceof StoreUnreachable ? 3 : 1, { cause: error });
  }
}
