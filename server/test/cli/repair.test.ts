/** A folder that is damaged, or a later version's: every command refuses it and leaves it as it is, and `repair` mends it. */
import { cp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openLevel } from "../../src/store/local/level-database.ts";
import { LAYOUT } from "../../src/store/store-id.ts";
import { type Ended, run, SIXPACK, start } from "../support/command.ts";
import { temporaryFolder } from "../support/one-test.ts";

const ANY_PORTS = ["--port", "0", "--web-port", "0"];

/** A data folder in which two clients took part in `button`, left by a server under the usual umask. */
async function recorded(): Promise<string> {
  const cwd = await temporaryFolder();
  const script = 'umask 022 && exec "$@"';
  const server = start({
    node: "/bin/sh",
    script: "-c",
    args: [script, "sh", process.execPath, SIXPACK, "start", ...ANY_PORTS],
    cwd,
  });
  const [, api = ""] = await server.printed(/API +(\S+)/);
  for (const client of ["ann", "ben"]) {
    await fetch(`${api}/participate?experiment=button&alternatives=a&alternatives=b&client_id=${client}`);
  }
  expect((await server.stop()).code).toBe(0);
  return cwd;
}

/** Names and contents of everything in the folder, but for what tells who looked. */
async function contentsOf(folder: string): Promise<ReadonlyMap<string, string>> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((file) => file.isFile());
  const paths = files.map((file) => join(file.parentPath, file.name)).sort();
  return new Map(await Promise.all(paths.map(async (path) => [path, await readFile(path, "hex")] as const)));
}

/** Each command that opens a store, and one that makes one where there is none. */
const OPENING: readonly (readonly string[])[] = [
  ["start", ...ANY_PORTS],
  ["export"],
  ["doctor", ...ANY_PORTS],
  ["declare", "other", "a", "b"],
];

async function expectRefused(cwd: string, told: string): Promise<void> {
  const before = await contentsOf(cwd);
  for (const args of OPENING) {
    const { code, stdout, stderr } = await run({ args, cwd });
    expect(code).toBe(1);
    expect(`${stdout}${stderr}`).toContain(told);
    expect(stderr).not.toContain("    at ");
  }
  expect(await contentsOf(cwd)).toEqual(before);
}

function exported({ stdout }: Ended): readonly string[] {
  return stdout.split("\n").filter((line) => !line.includes('"header"'));
}

describe("a damaged data folder", () => {
  it("is refused by every command, left as it is, and repaired with all that it holds", async () => {
    const cwd = await recorded();
    const level = join(cwd, "data", "level");
    const whole = exported(await run({ args: ["export"], cwd }));
    await rm(join(level, "CURRENT"));
    await expectRefused(cwd, "got damage: CURRENT is missing beside ");
    const repaired = await run({ args: ["repair"], cwd });
    expect(repaired).toMatchObject({ code: 0, stderr: "" });
    expect(repaired.stdout).toMatch(/^lost {6}CURRENT is missing beside /);
    expect(repaired.stdout).toContain("kept      button: 2 visitors\n");
    expect(exported(await run({ args: ["export"], cwd }))).toEqual(whole);
    const [kept] = (await readdir(join(cwd, "data"))).filter((name) => name.startsWith("level.damaged-"));
    expect(repaired.stdout).toContain(`The damaged files are in ${join(cwd, "data", kept ?? "")}`);
    const again = await run({ args: ["repair"], cwd });
    expect(again).toMatchObject({ code: 0, stdout: "whole  nothing is damaged, and nothing was changed\n" });
    // As a repair leaves it that is killed while it puts the new database in the place of the damaged one.
    await rename(level, join(cwd, "data", "level.repaired"));
    expect((await run({ args: ["export"], cwd })).stderr).toContain(`got damage: ${level} is missing`);
    expect((await run({ args: ["repair"], cwd })).stdout).toContain("kept      button: 2 visitors\n");
    expect(exported(await run({ args: ["export"], cwd }))).toEqual(whole);
  });

  it("is not taken for a new one where its files are gone, and tells what answers are missing", async () => {
    const cwd = await recorded();
    await cp(join(cwd, "data"), join(cwd, "copy"), { recursive: true });
    await rm(join(cwd, "data", "level"), { recursive: true });
    await expectRefused(cwd, `got damage: ${join(cwd, "data", "level")} is missing`);
    await cp(join(cwd, "copy"), join(cwd, "data"), { recursive: true });
    const logs = (await readdir(join(cwd, "data", "level"))).filter((file) => file.endsWith(".log"));
    expect(logs).toHaveLength(1);
    await writeFile(join(cwd, "data", "level", logs[0] ?? ""), "");
    const { code, stdout } = await run({ args: ["doctor", ...ANY_PORTS], cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(/fail {2}store: .*\d+ batches that were answered are missing\. Restore a backup/);
  });
});

describe("a data folder of a later version", () => {
  it("is refused, and by repair too", async () => {
    const cwd = await recorded();
    const database = await openLevel(join(cwd, "data", "level"), false);
    await database.put(Buffer.from("mstore"), Buffer.from(JSON.stringify({ id: "x", layout: LAYOUT + 1 })));
    await database.close();
    for (const args of [...OPENING, ["repair"]]) {
      const { code, stdout, stderr } = await run({ args, cwd });
      expect(code).toBe(1);
      expect(`${stdout}${stderr}`).toContain("a later version of Sixpack has written it");
    }
  });
});

describe("sixpack repair", () => {
  it("makes nothing where there is no store, and leaves one in use alone", async () => {
    const cwd = await temporaryFolder();
    const { code, stderr } = await run({ args: ["repair"], cwd });
    expect(code).toBe(1);
    expect(stderr).toContain(`got none in the folder ${join(cwd, "data")}`);
    expect(await readdir(cwd)).toEqual([]);
    const server = start({ args: ["start", ...ANY_PORTS], cwd });
    await server.printed(/API +(\S+)/);
    const during = await run({ args: ["repair"], cwd });
    expect(during.code).toBe(3);
    expect(during.stderr).toContain("Expected to be the only process in the data folder");
    await server.stop();
    const redis = await run({ args: ["repair", "--storage", "redis"], cwd });
    expect(redis.code).toBe(2);
  });
});

describe("what is made on disk", () => {
  it("is for the server's user alone, under any umask", async () => {
    const cwd = await recorded();
    const shell = { node: "/bin/sh", script: "-c", cwd };
    const exporting = 'umask 000 && "$0" "$@"';
    const args = [exporting, process.execPath, SIXPACK, "export", "-o", join(cwd, "data", "all.jsonl")];
    expect((await run({ ...shell, args })).code).toBe(0);
    const made = await readdir(cwd, { recursive: true, withFileTypes: true });
    expect(made.map(({ name }) => name)).toEqual(expect.arrayContaining(["all.jsonl", "owner.json", "CURRENT"]));
    for (const file of made) {
      const { mode } = await stat(join(file.parentPath, file.name));
      expect((mode & 0o777).toString(8), file.name).toBe(file.isDirectory() ? "700" : "600");
    }
  });
});
