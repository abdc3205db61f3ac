/** What the commands that serve have in common: they differ in what they serve, and which options set that. */
import type { Command } from "commander";
import { didYouMean } from "../../lib/suggest.ts";
import { addConfigOptions, type FlagNames, loadFrom, loadOutcome } from "../flags.ts";
import type { Roles } from "../serve.ts";
import { workerLink } from "../workers/worker.ts";
import type { Terms } from "./command.ts";

export function defineServing(command: Command, { world, finish }: Terms, flags: FlagNames, roles: Roles): void {
  // Left to us, because a mistyped command looks like one argument too many.
  addConfigOptions(command.allowExcessArguments(), flags).action(async () => {
    refuseUnknownCommand(command);
    const worker = await workerLink();
    const loaded = worker?.loaded ?? (await loadFrom(world, command, flags, roles.web));
    if (roles.api && loaded.config.workers > 1 && worker === undefined) {
      const { supervise } = await import("../workers/supervisor.ts");
      finish(await supervise(world, loaded, roles, () => loadOutcome(world, command, flags, roles.web)));
      return;
    }
    const { serve } = await import("../serve.ts");
    finish(await serve(world, loaded, roles, worker));
  });
}

/** A program that does something without a command takes a mistyped one for an argument; its message should say better. */
function refuseUnknownCommand(command: Command): void {
  const [name] = command.args;
  if (name === undefined) return;
  const names = command.commands.map((known) => known.name());
  command.error(`error: unknown command ${JSON.stringify(name)}${didYouMean(name, names)}`);
}
