/** `sixpack manual`: every command on one page. */
import { Option } from "commander";
import type { ManualFormat } from "../manual-pages.ts";
import type { CommandDefinition } from "./command.ts";

export const manualCommand: CommandDefinition = {
  name: "manual",
  description: "prints every command with its options, as a manual page or in Markdown",
  examples: [["sixpack manual | man -l -", "read it"]],
  define: (command, { world, whole }) => {
    command
      .addOption(new Option("--format <format>", "of the page").choices(["man", "markdown"]).default("man"))
      .action(async ({ format }: { readonly format: ManualFormat }) => {
        const [{ outlineOf }, { manual }] = await Promise.all([import("../outline.ts"), import("../manual-pages.ts")]);
        world.out.write(manual(outlineOf(await whole()), format));
      });
  },
};
