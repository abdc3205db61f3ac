/** `sixpack declare`: makes an experiment in the store of the configuration. */
import type { Declaration } from "../../service/administer/declare.ts";
import { addConfigOptions, loadFrom, STORE_FLAGS } from "../flags.ts";
import type { CommandDefinition } from "./command.ts";

interface DeclareOptions {
  readonly weights?: string;
  readonly traffic?: string;
  readonly layer?: string;
  readonly kpis?: string;
  readonly segments?: string;
}

export const declare: CommandDefinition = {
  name: "declare",
  description: "makes an experiment before its first visitor, as `declared_only` asks for",
  examples: [],
  define: (command, { world }) => {
    command
      .argument("<name>", "name of the experiment")
      .argument("<alternatives...>", "two or more; the first one is the control")
      .option("--weights <list>", "one number per alternative, separated by commas; left out, all get the same")
      .option("--traffic <fraction>", "share of clients taken in, in (0, 1]")
      .option("--layer <slice>", "part of a layer that clients are taken from, from 0 to 1: checkout:0-0.5")
      .option(
        "--kpis <list>",
        "KPIs that calls may count, separated by commas; what one counts may follow: signup,revenue:value,refunds:value:lower:cap=400:window_days=30",
      );
    command.option(
      "--segments <list>",
      "by what visitors are told apart, separated by commas: device,plan=free|pro; device and browser are read from user_agent",
    );
    addConfigOptions(command, STORE_FLAGS).action(
      async (
        name: string,
        alternatives: readonly string[],
        { weights, traffic, layer, kpis, segments }: DeclareOptions,
      ) => {
        const loaded = await loadFrom(world, command, STORE_FLAGS);
        const { declare: make } = await import("../../service/administer/declare.ts");
        const { serviceSettings } = await import("../wiring.ts");
        const { withStore } = await import("../job.ts");
        const { COMMAND_LINE } = await import("../../domain/actor.ts");
        const declaration = {
          alternatives,
          weights: weights?.split(","),
          trafficFraction: traffic,
          layer: layer === undefined ? undefined : layerOf(layer),
          kpis: kpis?.split(",") ?? [],
          segments: segments?.split(",") ?? [],
        };
        const { kind } = await withStore(world, loaded, "make", (context) => {
          const settings = serviceSettings(loaded.config, world.nowMs);
          return make({ ...context, settings }, { name, actor: COMMAND_LINE }, declaration);
        });
        world.err.write(kind === "declared" ? `declared ${name}\n` : `${name} is declared already\n`);
      },
    );
  },
};

/** `checkout:0-0.5`; what is wrong with its parts is said where they are read. */
function layerOf(raw: string): Declaration["layer"] {
  const [name = "", span = ""] = raw.split(":");
  return { name, slice: span.split("-") };
}
