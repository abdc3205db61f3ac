/** `sixpack hash-password`: a password in, the line for `users` out; or a new token and its line for `api_tokens`. */
import { Option } from "commander";
import { Check } from "typebox/value";
import { API_KEY, readApiKey, SCOPES_EXPECTED } from "../../config/items.ts";
import { PASSWORD_LENGTH_MIN } from "../../config/value-checks.ts";
import { hashPassword, SALT_BYTES } from "../../ops/password.ts";
import { hashToken, makeToken, TOKEN_BYTES } from "../../ops/token.ts";
import { CliError, type World } from "../world.ts";
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
        if (options.key !== undefined) printKey(world, user, options.key);
        else if (options.token === true) printToken(world, user, options.role);
        else await printPasswordHash(world, user, options.role);
      });
  },
};

/**
 * Reads a password from standard input, so that it never stands in a process list or a shell's history, and prints its
 * hash; with a user's name, the whole entry of the `users` key. @throws CliError
 */
async function printPasswordHash(world: World, user: string | undefined, role: string): Promise<void> {
  if (world.input.isTerminal) world.err.write("Password (it does not show while you type): ");
  const password = (await world.input.read()).replace(/\r?\n$/, "");
  if (world.input.isTerminal) world.err.write("\n");
  if ([...password].length < PASSWORD_LENGTH_MIN) {
    throw new CliError(
      `Expected a password of at least ${PASSWORD_LENGTH_MIN} characters, got ${[...password].length}.`,
    );
  }
  const hash = await hashPassword(password, world.randomBytes(SALT_BYTES));
  world.out.write(user === undefined ? `${hash}\n` : `${user}:${role}:${hash}\n`);
}

/** Makes a key for the API. As with a token, only its hash is kept. */
function printKey(world: World, name: string | undefined, scopes: string): void {
  if (name === undefined) throw new CliError("Expected a name for the key: sixpack hash-password NAME --key SCOPES", 2);
  const key = makeToken(world.randomBytes(TOKEN_BYTES));
  const entry = `${name}:${scopes}:${hashToken(key)}`;
  if (!Check(API_KEY, readApiKey(entry))) throw new CliError(`Expected ${SCOPES_EXPECTED}, got ${scopes}.`, 2);
  world.err.write(`Key, shown this once: ${key}\nIts entry for \`api_keys\`:\n`);
  world.out.write(`${entry}\n`);
}

/** Makes a token. Its entry goes to standard output, to be kept; the token itself is shown this once, beside it. */
export function printToken(world: World, name: string | undefined, role: string): void {
  if (name === undefined) throw new CliError("Expected a name for the token: sixpack hash-password NAME --token", 2);
  const token = makeToken(world.randomBytes(TOKEN_BYTES));
  world.err.write(`Token, shown this once: ${token}\nIts entry for \`api_tokens\`:\n`);
  world.out.write(`${name}:${role}:${hashToken(token)}\n`);
}
