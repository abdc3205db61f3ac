/**
 * Clients of other languages in a network that is silent (../support/silent-network.py): one page of five experiments
 * waits once, for as long as its time-out, whatever doesn't answer.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

interface Page {
  readonly shown: readonly string[];
  readonly codes: readonly string[];
  readonly ms: number;
}

const CLIENTS = [
  ["Python", ["python3", "python/tests/network.py", "sync"]],
  ["Python's asyncio", ["python3", "python/tests/network.py", "asyncio"]],
  ["Ruby", ["ruby", "ruby/test/network.rb"]],
  ["PHP", ["php", "php/test/network.php"]],
  ["Go", ["sh", "-c", 'cd go && exec go run ./internal/silent "$0"']],
] as const;

/**
 * Half a second is what clients wait. A time-out for each address would be two seconds, one for each experiment two and
 * a half, and resolvers give up after ten.
 */
const PAGE_MS_MAX = 1_500;

const CLIENTS_FOLDER = fileURLToPath(new URL("../../", import.meta.url));

describe.each(CLIENTS)("the client for %s in a silent network", (_, command) => {
  test("shows the control after one time-out, and finds the address that answers", async () => {
    const args = ["-rmn", "--kill-child", "python3", "test/support/silent-network.py", ...command];
    const { stdout } = await promisify(execFile)("unshare", args, { cwd: CLIENTS_FOLDER });
    const { alive, dead, unknown } = JSON.parse(stdout) as Record<string, Page>;
    const control = {
      shown: Array.from({ length: 5 }, () => "red"),
      codes: ["timeout", ...Array.from({ length: 4 }, () => "unreachable")],
    };
    expect(alive).toMatchObject({ shown: Array.from({ length: 5 }, () => "blue"), codes: [] });
    expect(dead).toMatchObject(control);
    expect(unknown).toMatchObject(control);
    for (const page of [dead, unknown]) expect(page?.ms).toBeLessThan(PAGE_MS_MAX);
  });
});
