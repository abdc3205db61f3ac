/** A data folder that is gone, or goes, while a command opens it: the command ends and says why, whatever the moment. */
import { mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { type Ended, run, SIXPACK, start } from "../support/command.ts";
import { temporaryFolder } from "../support/one-test.ts";

let folder: string;

beforeEach(async () => {
  folder = await temporaryFolder();
});

/** Runs the command from a working directory that is deleted before it starts. */
function runFromNowhere(...args: readonly string[]): Promise<Ended> {
  const gone = join(folder, "gone");
  const steps = 'mkdir "$0" && cd "$0" && rmdir "$0" && exec "$@"';
  return run({ node: "/bin/sh", script: "-c", args: [steps, gone, process.execPath, SIXPACK, ...args] });
}

async function expectRefused(ended: Promise<Ended>, ...told: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await ended;
  expect(code, stderr).toBe(1);
  expect(stdout).toBe("");
  for (const text of told) expect(stderr).toContain(text);
  expect(stderr).not.toContain("    at ");
}

describe("a working directory that was deleted", () => {
  const SAID = [
    "Expected to open the data folder",
    "Change to a folder that is there, or give data_dir as an absolute path",
  ];

  it.each([
    ["the default data folder", []],
    ["a relative data folder", ["--data-dir", "a/b"]],
    ["a relative data folder outside of it", ["--data-dir", "../a"]],
  ])("refuses %s", async (_, args) => {
    await expectRefused(runFromNowhere("export", ...args), ...SAID);
  });

  it("refuses to serve from it", async () => {
    await expectRefused(runFromNowhere("start", "--port", "0", "--web-port", "0"), ...SAID);
  });

  it("is a finding of doctor", async () => {
    const { code, stdout } = await runFromNowhere("doctor");
    expect(code).toBe(1);
    expect(stdout).toMatch(/fail +data folder: .*change to a folder that is there/);
  });

  it("does no harm to an absolute data folder", async () => {
    const server = start({ args: ["start", "--port", "0", "--web-port", "0", "--data-dir", join(folder, "data")] });
    const [, api = ""] = await server.printed(/API +(\S+)/);
    await fetch(`${api}/participate?experiment=e&alternatives=a&alternatives=b&client_id=ann`);
    expect((await server.stop()).code).toBe(0);
    expect((await runFromNowhere("export", "--data-dir", join(folder, "data"))).code).toBe(0);
  });
});

describe("a place where no folder can be made", () => {
  it.each([
    ["a file above it", "file/a", "ENOTDIR"],
    ["a file in its place", "file", "ENOTDIR"],
    ["a symbolic link to nothing", "dangling", "is a symbolic link to what is not there"],
    ["a symbolic link to nothing above it", "dangling/a/b", "is a symbolic link to what is not there"],
    ["a symbolic link to itself", "loop/a", "ELOOP"],
    ["a part that links to nothing", "part", "is a symbolic link to what is not there"],
    ["an owner file that is a folder", "owned", "EISDIR"],
    ["files without the one that leads to them", "torn", "CURRENT is missing beside 000005.ldb"],
  ])("refuses %s", async (_, path, told) => {
    await writeFile(join(folder, "file"), "");
    await symlink(join(folder, "nothing"), join(folder, "dangling"));
    await symlink("loop", join(folder, "loop"));
    await mkdir(join(folder, "part"));
    await symlink(join(folder, "nothing"), join(folder, "part", "level"));
    await mkdir(join(folder, "owned", "owner.json"), { recursive: true });
    await mkdir(join(folder, "torn", "level"), { recursive: true });
    await writeFile(join(folder, "torn", "level", "000005.ldb"), "");
    // One that serves, since it may make a folder.
    const serving = run({ args: ["start", "--port", "0", "--web-port", "0", "--data-dir", join(folder, path)] });
    await expectRefused(serving, "Expected to open the data folder", told);
    expect(await readdir(join(folder, "torn", "level"))).toContain("000005.ldb");
  });

  it("refuses a file system that answers as if something were missing", async () => {
    const serving = run({ args: ["start", "--port", "0", "--web-port", "0", "--data-dir", "/proc/sixpack/data"] });
    await expectRefused(serving, "/proc is there, but nothing can be made in it");
  });
});

describe("a data folder that is deleted again and again", () => {
  it("lets every command end, with what it found or the reason", async () => {
    const data = join(folder, "above", "data");
    await run({ args: ["declare", "button", "red", "blue", "--data-dir", join(folder, "other")] });
    const file = join(folder, "button.jsonl");
    await run({ args: ["export", "--data-dir", join(folder, "other"), "-o", file] });
    let isDone = false;
    const deleting = (async () => {
      while (!isDone) await rm(dirname(data), { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
    })();
    try {
      for (let round = 0; round < 12; round += 1) {
        const { code, stderr } = await run({ args: ["import", file, "--data-dir", data] });
        expect(stderr).not.toContain("    at ");
        if (code !== 0) expect(stderr).toContain("Expected");
      }
    } finally {
      isDone = true;
      await deleting;
    }
  });
});
