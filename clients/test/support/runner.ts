/**
 * Runs another language's tests and makes each of them one of ours, so that `npm test` counts them like the rest.
 * A runner that ends badly without a failed test is a failure too.
 */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

interface Runner {
  readonly language: string;
  /** Below `clients/`. */
  readonly folder: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Matches the line of a finished test, with groups `name` and `result`. */
  readonly line: RegExp;
  /** What `result` is for a test that passed. */
  readonly passed: string;
}

/** Longest time that one language's tests may take, in milliseconds. */
const RUN_MS_MAX = 900_000;

export function testsOf({ language, folder, command, args, line, passed }: Runner): void {
  const cwd = fileURLToPath(new URL(`../../${folder}/`, import.meta.url));
  const { output, status, error } = runToEnd(command, args, cwd);
  const results = [...output.matchAll(line)].map(({ groups = {} }) => groups);
  describe(`the ${language} client`, () => {
    test("runs its tests", () => {
      expect(error).toBeUndefined();
      expect(results.length).toBeGreaterThan(0);
      expect(status === 0 || results.some(({ result }) => result !== passed), output).toBe(true);
    });
    for (const { name = "", result } of results) {
      test(name.replaceAll("_", " "), () => expect(result, output).toBe(passed));
    }
  });
}

/**
 * What the runner writes goes to a file. A pipe is shared with the servers that the runner starts, and a Node that writes to
 * it makes it non-blocking for all of them: a runner that then finds it full, on a busy machine, loses lines.
 */
function runToEnd(command: string, args: readonly string[], cwd: string) {
  const folder = mkdtempSync(join(tmpdir(), "sixpack-runner-"));
  const path = join(folder, "output.txt");
  const file = openSync(path, "a");
  try {
    const { status, error } = spawnSync(command, args, { cwd, stdio: ["ignore", file, file], timeout: RUN_MS_MAX });
    return { output: readFileSync(path, "utf8"), status, error };
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true, force: true });
  }
}
