/** `forget` and `compact`, in a store that no server has open, or through a dashboard while its server runs. */
import { Type } from "typebox";
import { Check } from "typebox/value";
import type { Loaded } from "../config/load.ts";
import { COMMAND_LINE } from "../domain/actor.ts";
import type { ClientId } from "../domain/names.ts";
import { compact } from "../service/administer/compact.ts";
import { forgetClient } from "../service/administer/forget.ts";
import type { Freed } from "../store/store.ts";
import { askDashboard, type Dashboard, foreign } from "./dashboard-client.ts";
import { withStore } from "./job.ts";
import type { World } from "./world.ts";

const Forgotten = Type.Object({ experiments: Type.Array(Type.String()) });
const FreedRecords = Type.Object({ clients: Type.Number(), bytes: Type.Number() });

/** @returns names of the experiments that had a record @throws CliError */
export function forgetInStore(world: World, loaded: Loaded, client: ClientId): Promise<readonly string[]> {
  return withStore(world, loaded, "refuse", (context) => forgetClient(context, client, COMMAND_LINE));
}

/** @throws CliError */
export async function forgetOnDashboard(dashboard: Dashboard, client: ClientId): Promise<readonly string[]> {
  const answer = await askDashboard(dashboard, "/forget", { client_id: client });
  if (!Check(Forgotten, answer)) throw foreign(dashboard, "the answer");
  return answer.experiments;
}

/** @throws CliError */
export function compactInStore(world: World, loaded: Loaded, name: string): Promise<Freed> {
  return withStore(world, loaded, "refuse", (context) => compact(context, { name, actor: COMMAND_LINE }));
}

/** @throws CliError */
export async function compactOnDashboard(dashboard: Dashboard, name: string): Promise<Freed> {
  const answer = await askDashboard(dashboard, `/experiments/${encodeURIComponent(name)}/compact`, {});
  if (!Check(FreedRecords, answer)) throw foreign(dashboard, "the answer");
  return answer;
}
