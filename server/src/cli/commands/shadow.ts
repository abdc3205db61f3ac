/** `sixpack shadow`: the same requests to the old server and the new one. */
import { InvalidArgumentError } from "commander";
import { collect } from "../flags.ts";
import type { ShadowArguments } from "../shadow/shadow.ts";
import type { CommandDefinition } from "./command.ts";

/** Most requests a second that can be asked for. */
const RATE_MAX = 10_000;

export const shadow: CommandDefinition = {
  name: "shadow",
  description: "sends the requests of a log to the old server and the new one, and lists every difference",
  examples: [],
  define: (command, { world, finish }) => {
    command
      .argument(
        "<file>",
        "access log in common or combined format, or a URL or path a line; only GETs of the API are sent",
      )
      .requiredOption("--old <url>", "address of the server in use")
      .requiredOption("--new <url>", "address of the server that is to take over")
      .option("--rate <number>", "requests a second, at most", rate, 100)
      .option("--record", "sends conversions too, and lets both servers record; on copies only", false)
      .option("--ignore <field>", "does not compare this field; repeatable", collect)
      .action(async (file: string, options: ShadowArguments) => {
        const { shadow: run } = await import("../shadow/shadow.ts");
        finish(await run(world, file, options));
      });
  },
};

function rate(raw: string): number {
  const value = Number(raw);
  if (value > 0 && value <= RATE_MAX) return value;
  throw new InvalidArgumentError(`Expected a number above 0, up to ${RATE_MAX}.`);
}
