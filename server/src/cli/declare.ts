/** `sixpack declare`: makes an experiment in the store of the configuration. */
import type { Loaded } from "../config/load.ts";
import { declare } from "../service/administer/declare.ts";
import { ACTOR, withStore } from "./job.ts";
import { serviceSettings } from "./wiring.ts";
import type { World } from "./world.ts";

export interface DeclareOptions {
  readonly weights?: string;
  readonly traffic?: string;
}

/** @throws CliError where it can't be made, and why */
export async function declareExperiment(
  world: World,
  loaded: Loaded,
  [name = "", ...alternatives]: readonly string[],
  { weights, traffic }: DeclareOptions,
): Promise<void> {
  const declaration = { alternatives, weights: weights?.split(","), trafficFraction: traffic };
  const { kind } = await withStore(world, loaded, "make", (context) => {
    const settings = serviceSettings(loaded.config, world.nowMs);
    return declare({ ...context, settings }, { name, actor: ACTOR }, declaration);
  });
  world.err.write(kind === "declared" ? `declared ${name}\n` : `${name} is declared already\n`);
}
