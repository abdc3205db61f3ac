/** `sixpack completion`: what a shell reads to complete commands and options. */
import { Argument } from "commander";
import type { Shell } from "../completion-scripts.ts";
import type { CommandDefinition } from "./command.ts";

export const completion: CommandDefinition = {
  name: "completion",
  description: "prints the script by which a shell completes commands and options",
  examples: [["sixpack completion bash", "source <(…) in ~/.bashrc; zsh and fish too"]],
  define: (command, { world, whole }) => {
    // The names again, because the scripts are loaded only for whoever asks.
    command
      .addArgument(new Argument("<shell>", "shell to complete in").choices(["bash", "zsh", "fish"]))
      .action(async (shell: Shell) => {
        const [{ outlineOf }, { completionScript }] = await Promise.all([
          import("../outline.ts"),
          import("../completion-scripts.ts"),
        ]);
        world.out.write(completionScript(outlineOf(await whole()), shell));
      });
  },
};
