/** Makes passwords' hashes, tokens and keys: the entries of the configuration, and what is shown this once. */
import { Check } from "typebox/value";
import { API_KEY, isUserName, readApiKey, USER_NAME_EXPECTED } from "../config/items.ts";
import { PASSWORD_LENGTH_MIN } from "../config/value-checks.ts";
import { SCOPES_EXPECTED } from "../domain/scope.ts";
import { hashPassword, SALT_BYTES } from "../ops/password.ts";
import { hashToken, makeToken, TOKEN_BYTES } from "../ops/token.ts";
import { CliError, type World } from "./world.ts";

/**
 * Reads a password from standard input, so that it never stands in a process list or a shell's history, and prints its
 * hash; with a user's name, the whole entry of the `users` key. @throws CliError
 */
export async function printPasswordHash(world: World, user: string | undefined, role: string): Promise<void> {
  if (user !== undefined) checkName(user);
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
export function printKey(world: World, name: string | undefined, scopes: string): void {
  if (name === undefined) throw new CliError("Expected a name for the key: sixpack hash-password NAME --key SCOPES", 2);
  checkName(name);
  const key = makeToken(world.randomBytes(TOKEN_BYTES));
  const entry = `${name}:${scopes}:${hashToken(key)}`;
  if (!Check(API_KEY, readApiKey(entry))) throw new CliError(`Expected ${SCOPES_EXPECTED}, got ${scopes}.`, 2);
  world.err.write(`Key, shown this once: ${key}\nIts entry for \`api_keys\`:\n`);
  world.out.write(`${entry}\n`);
}

/** Makes a token. Its entry goes to standard output, to be kept; the token itself is shown this once, beside it. */
export function printToken(world: World, name: string | undefined, role: string): void {
  if (name === undefined) throw new CliError("Expected a name for the token: sixpack hash-password NAME --token", 2);
  checkName(name);
  const token = makeToken(world.randomBytes(TOKEN_BYTES));
  world.err.write(`Token, shown this once: ${token}\nIts entry for \`api_tokens\`:\n`);
  world.out.write(`${name}:${role}:${hashToken(token)}\n`);
}

/** Its entry would mean something else, or nothing. @throws CliError */
function checkName(name: string): void {
  if (!isUserName(name)) throw new CliError(`Expected ${USER_NAME_EXPECTED}, got ${JSON.stringify(name)}.`, 2);
}
