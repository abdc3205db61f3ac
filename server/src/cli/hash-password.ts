/** `sixpack hash-password`: a password in, the line for `users` out. */
import { hashPassword, SALT_BYTES } from "../ops/password.ts";
import { CliError, type World } from "./world.ts";

/** Shortest password, in characters: what NIST 800-63B asks of one that a person chooses. */
const PASSWORD_LENGTH_MIN = 8;

/**
 * Reads a password from standard input, so that it never stands in a process list or a shell's history, and prints its
 * hash; with a user's name, the whole entry of the `users` key. @throws CliError
 */
export async function printPasswordHash(world: World, user: string | undefined, role: string): Promise<void> {
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
