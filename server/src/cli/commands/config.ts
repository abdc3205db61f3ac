/** `sixpack config`: the configuration in force, or the reference of all keys. */
import { addConfigOptions, loadFrom, START_FLAGS } from "../flags.ts";
import type { CommandDefinition } from "./command.ts";

export const config: CommandDefinition = {
  name: "config",
  description: "prints the configuration in force, and where each value is from",
  examples: [["sixpack config", "what is configured, and by what"]],
  define: (command, { world }) => {
    command.option("--docs", "prints the reference of all keys in Markdown instead");
    command.option("--schema", "prints the JSON Schema of the configuration file instead");
    addConfigOptions(command, START_FLAGS).action(async (options: { docs?: boolean; schema?: boolean }) => {
      if (options.schema === true) {
        const { fileSchema } = await import("../../config/file-schema.ts");
        world.out.write(`${JSON.stringify(fileSchema(), null, 2)}\n`);
        return;
      }
      const { effectiveYaml, referenceMarkdown } = await import("../../config/describe.ts");
      // Data, so on stdout: `sixpack config > sixpack.yml` begins a file of one's own.
      world.out.write(
        options.docs === true ? referenceMarkdown() : effectiveYaml(await loadFrom(world, command, START_FLAGS)),
      );
    });
  },
};
