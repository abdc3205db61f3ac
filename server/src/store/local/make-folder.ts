/**
 * Makes a folder and its parents, with one attempt for each.
 *
 * Node's `mkdir` with `recursive: true` makes the parent whenever it hears that something is missing, and asks again. Where
 * the parent is there and still refuses with that answer it goes on for ever, without a word: in a working directory that
 * was deleted, or in `/proc`.
 */
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** @param path from the root on. @throws the system's error for the folder that can't be made */
export async function makeFolder(path: string): Promise<void> {
  if ((await attempt(path)) === "made") return;
  await makeFolder(dirname(path));
  if ((await attempt(path)) === "made") return;
  throw new Error(`${dirname(path)} is there, but nothing can be made in it`);
}

async function attempt(path: string): Promise<"made" | "parent missing"> {
  try {
    // Recorded data are private to the account that runs the server.
    await mkdir(path, { mode: 0o700 });
    return "made";
  } catch (error) {
    switch (codeOf(error)) {
      case "EEXIST":
        return present(path, error);
      case "ENOENT":
        // The root has no other parent than itself.
        if (dirname(path) !== path) return "parent missing";
    }
    throw error;
  }
}

async function present(path: string, error: unknown): Promise<"made"> {
  const target = await stat(path).catch((cause: unknown) => {
    if (codeOf(cause) !== "ENOENT") throw cause;
    throw new Error(`${path} was there and is gone, or is a symbolic link to what is not there`);
  });
  if (!target.isDirectory()) throw error;
  return "made";
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
