/** `sixpack hash-password`: a password in, the line for `users` out; or a new token and its line for `api_tokens`. */
import { Option } from "commander";
import { SCOPES_EXPECTED } from "../../domain/scope.ts";
import type { CommandDefinition } from "./command.ts";

export const hashPasswordCommand: CommandDefinition = {
  name: "hash-password",
  description: "reads a password from standard input and prints its hash for the `users` key",
  examples: [
    ["sixpack hash-password ann --role editor", "an entry for the `users` key"],
    ["sixpack hash-password ci --token --role viewer"],
    ["sixpack hash-password shop --key traffic+datetime", "an entry for the `api_keys` key"],
  ],
  define: (command, { world }) => {
    command
      .argument("[user]", "name of the user; prints the whole entry then")
      .addOption(
        new Option("--role <role>", "what the user may do").choices(["viewer", "editor", "admin"]).default("admin"),
      )
      .option("--token", "makes a token for a program instead, and prints its entry for `api_tokens`")
      .option(
        "--key <scopes>",
        `makes a key for a back end instead, and prints its entry for \`api_keys\`; ${SCOPES_EXPECTED}`,
      )
      .action(async (user: string | undefined, options: { role: string; token?: boolean; key?: string }) => {
        const { printKey, printPasswordHash, printToken } = await import("../secrets.ts");
        if (options.key !== undefined) printKey(world, user, options.key);
        else if (options.token === true) printToken(world, user, options.role);
        else await printPasswordHash(world, user, options.role);
      });
  },
};
