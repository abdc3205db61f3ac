/** `sixpack seed`: made-up traffic for a running server. */
import { whole, within } from "../numbers.ts";
import type { SeedArguments } from "../seed/seed.ts";
import type { CommandDefinition } from "./command.ts";

export const seed: CommandDefinition = {
  name: "seed",
  description: "fills a running server with traffic of eight made-up experiments, to look around in",
  examples: [["sixpack seed --seed 7 --scale 0.1", "made-up experiments to look around in"]],
  define: (command, { world }) => {
    command
      .option("--url <url>", "address of the API", "http://localhost:5000")
      .option(
        "--dashboard <url>",
        "address of the dashboard, for the one that has segments (SIXPACK_DASHBOARD_URL); left out, http://localhost:5001 unless --url is given",
      )
      .option("--seed <number>", "the same number makes the same visitors", whole(0, 2 ** 31 - 1), 1)
      .option("--scale <factor>", "times the number of visitors; 1 is 52,600", within(0.001, 1_000), 1)
      .option("--days <number>", "days of traffic, today included", whole(1, 365), 28)
      .option("--concurrency <number>", "calls at the same time", whole(1, 256), 32)
      .action(async (options: SeedArguments) => {
        const { seed: run } = await import("../seed/seed.ts");
        await run(world, options);
      });
  },
};
