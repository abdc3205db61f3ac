/** Where nothing was ever recorded, commands that look for something say so; and none of them makes a store. */
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run, start } from "../support/command.ts";
import { temporaryFolder } from "../support/one-test.ts";
import { RedisServer } from "../support/redis-server.ts";
import { freePort } from "../support/sixpack.ts";

/** With the code that each ends with. */
const SEEKING: readonly { readonly args: readonly string[]; readonly code: number }[] = [
  { args: ["export"], code: 1 },
  { args: ["export", "button"], code: 1 },
  { args: ["export", "--clients", "button"], code: 1 },
  { args: ["forget", "ann"], code: 1 },
  { args: ["compact", "button"], code: 1 },
  { args: ["verdict", "button"], code: 3 },
  { args: ["mcp"], code: 1 },
];

/** Everything else that the help lists, so that a new command has to be thought about here. */
const OTHERS = [
  // Makes a store, or serves one.
  "start",
  "server",
  "web",
  "import",
  "declare",
  "apply",
  // Has its own tests below.
  "doctor",
  // Has its own in repair.test.ts.
  "repair",
  // Asks a dashboard.
  "list",
  "calibrate",
  "show",
  "winner",
  "pause",
  "resume",
  "archive",
  "unarchive",
  "reset",
  "delete",
  "restore",
  // Opens none.
  "shadow",
  "seed",
  "simulate",
  "config",
  "hash-password",
  "completion",
  "manual",
  "help",
];

describe("where there is no store", () => {
  it.each(SEEKING)("$args says where it looked and why, exits with $code and makes nothing", async ({ args, code }) => {
    const cwd = await temporaryFolder();
    const { stderr, ...ended } = await run({ args, cwd });
    expect(ended).toMatchObject({ code, stdout: "" });
    expect(stderr).toContain(`got none in the folder ${join(cwd, "data")} (`);
    expect(stderr).toContain("`storage`: because no Redis is configured, `data_dir`: default");
    expect(await readdir(cwd)).toEqual([]);
    await writeFile(join(cwd, "c.yml"), "data_dir: elsewhere\n");
    const named = await run({ args: [...args, "--config", "c.yml"], cwd });
    expect(named).toMatchObject({ code, stdout: "" });
    expect(named.stderr).toContain(`${join(cwd, "elsewhere")} (`);
    expect(named.stderr).toContain("`data_dir`: data_dir in c.yml");
    expect(await readdir(cwd)).toEqual(["c.yml"]);
  });

  it("they do the same in a store that a server made and nobody used", async () => {
    const cwd = await temporaryFolder();
    const server = start({ args: ["--port", "0"], cwd });
    await server.printed(/API/);
    await server.stop();
    for (const { args, code } of SEEKING) {
      const ended = await run({ args, cwd });
      expect(ended, args.join(" ")).toMatchObject({ code, stdout: "", stderr: expect.stringContaining("got none") });
    }
  });

  it.each(["--dry-run", undefined])("an import of nothing makes nothing (%s)", async (option) => {
    const cwd = await temporaryFolder();
    const more = option === undefined ? [] : [option];
    expect(await run({ args: ["import", "typo.jsonl", ...more], cwd })).toMatchObject({
      code: 1,
      stderr: "No file typo.jsonl.\n",
    });
    expect(await readdir(cwd)).toEqual([]);
  });

  it("an import from a file that lacks what it is asked for fails, and a dry run leaves no folder", async () => {
    const cwd = await temporaryFolder();
    expect((await run({ args: ["declare", "button", "red", "blue"], cwd })).code).toBe(0);
    expect((await run({ args: ["export", "-o", "all.jsonl"], cwd })).code).toBe(0);
    const dry = await run({ args: ["import", "all.jsonl", "--dry-run", "--data-dir", "other"], cwd });
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringMatching(/^found {5}button: 0 clients/) });
    expect((await readdir(cwd)).sort()).toEqual(["all.jsonl", "data"]);
    const args = ["import", "all.jsonl", "--data-dir", "other", "--only", "button", "--only", "typo"];
    expect(await run({ args, cwd })).toMatchObject({ code: 1, stderr: expect.stringContaining("got typo.") });
  });

  it("doctor is content before the first start, and not when it is asked for records", async () => {
    const cwd = await temporaryFolder();
    const args = ["doctor", "--port", "0", "--web-port", "0"];
    expect(await run({ args, cwd })).toMatchObject({ code: 0, stdout: expect.stringContaining("(to be made)") });
    const { code, stdout } = await run({ args: [...args, "--records"], cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail {2}records: there is no store in the folder .*`data_dir`: default\)/m);
    expect(await readdir(cwd)).toEqual([]);
  });

  it("every command of the help is among these", async () => {
    const { stdout } = await run({ args: ["--help"] });
    const listed = [...stdout.replace(/^[\s\S]*Commands:\n/, "").matchAll(/^ {2}([a-z-]+)\b.* {2,}\S/gm)];
    const commands = listed.map(([, name]) => name).filter((name) => name !== "sixpack");
    expect([...commands].sort()).toEqual([...OTHERS, ...new Set(SEEKING.map(({ args: [name] }) => name))].sort());
  });
});

describe("a Redis with another database, or another prefix", () => {
  it("is told by its number, its prefix, the settings, and where there are keys", async () => {
    const port = await freePort();
    const redis = await RedisServer.start("--port", String(port));
    const at = (...more: readonly string[]) => ["--set", `redis_port=${port}`, ...more];
    try {
      const made = await run({ args: ["declare", "button", "red", "blue", ...at("--set", "redis_db=3")] });
      expect(made.code).toBe(0);
      for (const { args, code } of SEEKING) {
        const { stderr, ...ended } = await run({ args: [...args, ...at()] });
        expect(ended).toMatchObject({ code, stdout: "" });
        expect(stderr).toContain(`under the prefix sxp at localhost:${port}/15 (`);
        expect(stderr).toContain("`redis_db`: default, `redis_prefix`: default");
        expect(stderr).toMatch(/its databases with keys: 3 \(\d+\)/);
      }
      const wrong = at("--set", "redis_db=3", "--set", "redis_prefix=typo");
      const prefixed = await run({ args: ["forget", "ann", ...wrong] });
      expect(prefixed).toMatchObject({ code: 1, stderr: expect.stringContaining("`redis_prefix`: command line") });
      const ports = ["--port", "0", "--web-port", "0"];
      const doctor = await run({ args: ["doctor", ...ports, ...at()] });
      expect(doctor.stdout).toMatch(/^warn {2}store: nothing was ever recorded under the prefix sxp .*keys: 3/m);
      const right = await run({ args: ["doctor", ...ports, ...at("--set", "redis_db=3")] });
      expect(right.stdout).toMatch(/^ok {4}store: Redis .*; 1 experiments$/m);
      expect((await run({ args: ["forget", "ann", ...at("--set", "redis_db=3")] })).code).toBe(0);
    } finally {
      await redis.stop();
    }
  });
});
