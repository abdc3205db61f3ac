/** `sixpack doctor`: whether everything is as it should be. */
import type { DoctorOptions } from "../doctor/doctor.ts";
import { addConfigOptions, loadOutcome, START_FLAGS } from "../flags.ts";
import type { CommandDefinition } from "./command.ts";

export const doctor: CommandDefinition = {
  name: "doctor",
  description: "checks configuration, ports, storage and clock, and says what to do",
  examples: [["sixpack doctor --records", "is everything as it should be?"]],
  define: (command, { world, finish }) => {
    command.option("--records", "also counts every client record anew and compares; slow on a large store");
    addConfigOptions(command, START_FLAGS).action(async (options: DoctorOptions) => {
      const { doctor: run } = await import("../doctor/doctor.ts");
      finish(await run(world, await loadOutcome(world, command, START_FLAGS), options));
    });
  },
};
