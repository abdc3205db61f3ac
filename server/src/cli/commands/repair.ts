/** `sixpack repair`: what can be read of a damaged data folder. */
import { addConfigOptions, loadFrom, STORE_FLAGS } from "../flags.ts";
import { CliError } from "../world.ts";
import type { CommandDefinition } from "./command.ts";

export const repair: CommandDefinition = {
  name: "repair",
  description:
    "makes of a damaged data folder one that opens, says what is gone, and keeps the damaged files beside it",
  examples: [],
  define: (command, { world }) => {
    addConfigOptions(command, STORE_FLAGS).action(async () => {
      const loaded = await loadFrom(world, command, STORE_FLAGS);
      const { config } = loaded;
      if (config.storage !== "embedded") {
        throw new CliError(
          "Expected `storage: embedded`, whose folder can be repaired. Redis has tools of its own.",
          2,
        );
      }
      const { absence, told } = await import("../job.ts");
      const { isPlaced } = await import("../../store/open.ts");
      if (!(await isPlaced(config))) throw await absence(loaded);
      const { repairFolder } = await import("../../store/local/repair.ts");
      const { repairText } = await import("../repair-text.ts");
      const report = await told(() => repairFolder(config.data_dir, world.nowMs()));
      world.out.write(repairText(report));
    });
  },
};
