/** `sixpack forget` and `sixpack compact`: taking client records out for good. */
import type { Loaded } from "../config/load.ts";
import { parseClientId } from "../domain/names.ts";
import { compact } from "../service/administer/compact.ts";
import { forgetClient } from "../service/administer/forget.ts";
import { ACTOR, told, withStore } from "./job.ts";
import type { World } from "./world.ts";

/** @throws CliError */
export async function forget(world: World, loaded: Loaded, clientId: string): Promise<void> {
  const client = await told(async () => parseClientId(clientId));
  const names = await withStore(world, loaded, "refuse", (context) => forgetClient(context, client, ACTOR));
  for (const name of names) world.out.write(`forgotten  ${name}\n`);
  const count = names.length === 1 ? "1 experiment" : `${names.length} experiments`;
  world.err.write(names.length === 0 ? "No experiment has a record of this client.\n" : `Forgotten in ${count}.\n`);
}

/** @throws CliError */
export async function compactExperiment(world: World, loaded: Loaded, name: string): Promise<void> {
  const { clients, bytes } = await withStore(world, loaded, "refuse", (context) =>
    compact(context, { name, actor: ACTOR }),
  );
  const size = bytes > 0 ? `, ${(bytes / 2 ** 20).toFixed(1)} MiB` : "";
  world.out.write(`freed  ${name}: ${clients} client records${size}\n`);
}
