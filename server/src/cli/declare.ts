/** `sixpack declare`: makes an experiment in the store of the configuration. */
import type { Loaded } from "../config/load.ts";
import { SixpackError } from "../domain/errors.ts";
import { createClock } from "../ops/clock.ts";
import { declare } from "../service/administer/declare.ts";
import { openStore } from "../store/open.ts";
import { serviceSettings } from "./wiring.ts";
import { CliError, type World } from "./world.ts";

export interface DeclareOptions {
  readonly weights?: string;
  readonly traffic?: string;
  readonly shards?: string;
}

/** Actor of the activity log for what is done from a shell. */
const ACTOR = "server";

/** @throws CliError where it can't be made, and why */
export async function declareExperiment(
  world: World,
  { config }: Loaded,
  [name = "", ...alternatives]: readonly string[],
  options: DeclareOptions,
): Promise<void> {
  try {
    const store = await openStore(config, () => {});
    try {
      const context = {
        store,
        settings: serviceSettings(config, world.nowMs),
        clock: createClock(config.timezone, world.nowMs),
      };
      const { weights, traffic, shards } = options;
      const declaration = { alternatives, weights: weights?.split(","), trafficFraction: traffic, shards };
      const { kind } = await declare(context, { name, actor: ACTOR }, declaration);
      world.err.write(kind === "declared" ? `declared ${name}\n` : `${name} is declared already\n`);
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!(error instanceof SixpackError)) throw error;
    throw new CliError(error.detail === undefined ? error.message : `${error.message}: ${error.detail}`);
  }
}
