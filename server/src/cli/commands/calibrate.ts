/** `sixpack calibrate`: what an experiment's own traffic says of our claims, by a running dashboard. */
import { addDashboardOptions, type DashboardOptions, namedDashboard } from "../dashboard-client.ts";
import type { CommandDefinition } from "./command.ts";

export const calibrate: CommandDefinition = {
  name: "calibrate",
  description: "plays an experiment again on its own traffic, to say how often claims would be wrong",
  examples: [["sixpack calibrate button", "beside them the usual test, and when a difference is found"]],
  define: (command, { world }) => {
    command.argument("<name>", "name of the experiment");
    addDashboardOptions(command, "viewer").action(async (name: string, { json }: DashboardOptions) => {
      const { tellCalibration } = await import("../calibration-told.ts");
      await tellCalibration(world, await namedDashboard(world, command), name, json);
    });
  },
};
