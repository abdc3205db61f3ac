/** `sixpack simulate`: what looking again and again does, on one's own numbers. */
import { Option } from "commander";
import { share, whole } from "../numbers.ts";
import { RUNS_DEFAULT, type SimulateArguments } from "../study-text.ts";
import type { CommandDefinition } from "./command.ts";

export const simulate: CommandDefinition = {
  name: "simulate",
  description: "shows on your numbers what looking again and again does to the usual test, and to the ones used here",
  examples: [["sixpack simulate --baseline 3% --uplift 10% --looks 100"]],
  define: (command, { world }) => {
    command
      .option("--baseline <rate>", "rate of the control: 0.05 or 5%", share(0.000_001, 0.999_999), 0.05)
      .option("--uplift <share>", "true uplift of one alternative: 0.2 or 20%", share(-0.99, 1_000), 0.2)
      .option("--arms <number>", "alternatives, the control included", whole(2, 20), 2)
      .option(
        "--users <number>",
        "visitors in all; left out, as many as 80% power needs at equal shares",
        whole(20, 10_000_000),
      )
      .option(
        "--looks <number>",
        "times that somebody looks (default: 28); of a bandit, batches of equal size (default: those that a server begins)",
        whole(1, 10_000),
      )
      .option(
        "--runs <number>",
        "simulated experiments (default: 2000; of a bandit 1000, and as many again without the uplift)",
        whole(10, 1_000_000),
      )
      .option("--seed <number>", "the same number gives the same figures", whole(0, 2 ** 31 - 1), 1)
      .addOption(
        new Option("--policy <policy>", "how clients are shared out; thompson is the bandit")
          .choices(Object.keys(RUNS_DEFAULT))
          .default("uniform"),
      )
      .addOption(
        new Option("--goal <goal>", "of the bandit: many conversions, or telling the best from its rivals").choices([
          "earn",
          "learn",
        ]),
      )
      .option("--drift <share>", "under the bandit, how far all rates rise in a run: 0.9 from 10% to 190%", share(0, 1))
      .option("--json", "prints JSON instead of a table")
      .action(async (options: SimulateArguments) => {
        const { simulateCommand: run } = await import("../study.ts");
        await run(world, options);
      });
  },
};
