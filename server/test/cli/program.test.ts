import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/cli/program.ts";
import type { World } from "../../src/cli/world.ts";
import { verifyPassword } from "../../src/ops/password.ts";
import { run, SIXPACK_WEB } from "../support/command.ts";
import { temporaryFolder } from "../support/one-test.ts";

const MANIFEST = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

describe("sixpack", () => {
  it("prints its version on stdout", async () => {
    expect(await run({ args: ["--version"] })).toEqual({ code: 0, stdout: `${MANIFEST.version}\n`, stderr: "" });
    expect((await run({ script: SIXPACK_WEB, args: ["--version"] })).stdout).toBe(`${MANIFEST.version}\n`);
  });

  it("loads for the name of a command the file that defines it", async () => {
    for (const { names, load } of COMMANDS) expect((await load()).map(({ name }) => name)).toEqual(names);
  });

  it("lists its commands and examples in its help", async () => {
    const { code, stdout } = await run({ args: ["--help"] });
    expect(code).toBe(0);
    const commands = [...stdout.matchAll(/^ {2}([a-z-]+) .*\S/gm)].map(([, name]) => name);
    expect(commands).toEqual(
      expect.arrayContaining(["start", "server", "web", "seed", "doctor", "config", "hash-password", "help"]),
    );
    expect(stdout).toContain("Examples:\n  sixpack start");
  });

  it.each([
    [["--prot", "1"], "Did you mean --port?"],
    [["sever"], 'unknown command "sever" (did you mean `server`?)'],
    [["start", "now"], 'unknown command "now"'],
    [["--data-dir", "x", "export"], "stands before the command; write `sixpack export --data-dir …`"],
    [["-p", "1", "start", "-p", "0"], "stands before the command; write `sixpack start --port …`"],
    [["--set", "port=1", "web"], "stands before the command; write `sixpack web --set …`"],
    [["--config", "c.yml", "hash-password"], "stands before the command; write `sixpack hash-password --config …`"],
    [["forget", "ann", "bob"], "too many arguments for 'forget'"],
    [["config", "port"], "too many arguments for 'config'"],
    [["export", "--port", "1"], "unknown option '--port'"],
    [["start", "--port"], "argument missing"],
    [["seed", "--scale", "none"], "Expected a number from 0.001 to 1000."],
    [["apply", "-f", "a.yml", "-f", "b.yml"], "Expected one file, got a.yml too: put all into one."],
    [["--set", "port"], 'Expected --set key=value, got "port"'],
  ])("answers the usage error %j with exit code 2 and nothing on stdout", async (args, message) => {
    const { code, stdout, stderr } = await run({ args });
    expect(stderr).toContain(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it("lists every problem of a configuration and exits with 2", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "c.yml"), "prot: 1\ntimezone: Mars\n");
    const { code, stderr } = await run({ env: { SIXPACK_CONFIG: "c.yml", SIXPACK_PORT: "x" }, cwd: folder });
    expect(code).toBe(2);
    expect(stderr.split("\n").slice(0, 4)).toEqual([
      "The configuration can't be used:",
      "  prot: expected a key of the configuration (did you mean `port`?) in c.yml",
      '  port: expected a whole number from 0 to 65535, got "x" (SIXPACK_PORT)',
      '  timezone: expected a time zone of the IANA database, such as UTC or Europe/Berlin, got "Mars" (timezone in c.yml)',
    ]);
  });
});

describe("sixpack config", () => {
  it("prints the configuration in force with sources, and no secrets", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "sixpack.yml"), "port: 7000\nsecret_key: 1f2e3d4c5b6a7988\n");
    const { code, stdout } = await run({
      args: ["config", "--web-host", "127.0.0.2", "--set", " redis_db =3", "--set", "web_host=127.0.0.3"],
      env: { SIXPACK_WEB_PORT: "7001" },
      cwd: folder,
    });
    expect(code).toBe(0);
    expect(stdout).toContain("# File: ./sixpack.yml\n");
    expect(stdout).toContain("port: 7000 # port in ./sixpack.yml\n");
    expect(stdout).toContain("web_port: 7001 # SIXPACK_WEB_PORT\n");
    expect(stdout).toContain("redis_db: 3 # command line\n");
    // An option with a name of its own counts before `--set`, wherever it stands.
    expect(stdout).toContain("web_host: 127.0.0.2 # command line\n");
    expect(stdout).toContain("# secret_key: ******** # secret_key in ./sixpack.yml\n");
    expect(stdout).not.toContain("1f2e3d4c5b6a7988");
  });

  it("prints the reference of all keys", async () => {
    const { stdout } = await run({ args: ["config", "--docs"] });
    expect(stdout).toBe(readFileSync(new URL("../../../docs/configuration.md", import.meta.url), "utf8"));
  });
});

describe("sixpack hash-password", () => {
  it("reads a password from standard input and prints an entry of `users` that verifies", async () => {
    const { code, stdout, stderr } = await run({
      args: ["hash-password", "ann", "--role", "editor"],
      input: "correct horse\n",
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [name, role, hash = ""] = stdout.trim().split(":");
    expect([name, role]).toEqual(["ann", "editor"]);
    expect(await verifyPassword("correct horse", hash)).toBe(true);
    const { code: accepted } = await run({
      args: ["config", "--set", "auth=password", "--set", `users=${stdout.trim()}`],
    });
    expect(accepted).toBe(0);
  });

  it.each([[["--token"]], [["--key", "traffic"]], [[]]])(
    "refuses a name that no entry can hold, with %j",
    async (more) => {
      for (const name of ["a:admin", "ann smith", "a,b", "n".repeat(257)]) {
        const { code, stdout, stderr } = await run({
          args: ["hash-password", name, ...more],
          input: "correct horse\n",
        });
        expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
        expect(stderr).toContain("Expected a name of at most 256 characters without spaces, colons and commas");
      }
    },
  );

  it("refuses a short password", async () => {
    const { code, stderr } = await run({ args: ["hash-password"], input: "short\n" });
    expect({ code, stderr }).toEqual({ code: 1, stderr: "Expected a password of at least 8 characters, got 5.\n" });
  });
});

describe("a command", () => {
  /** With what each needs besides. */
  const ASKING: Readonly<Record<string, readonly string[]>> = {
    list: [],
    show: ["button"],
    winner: ["button", "red"],
    pause: ["button"],
    resume: ["button"],
    archive: ["button"],
    unarchive: ["button"],
    reset: ["button", "--yes"],
    delete: ["button", "--yes"],
    restore: ["button"],
    export: [],
    forget: ["ann"],
    compact: ["button"],
    verdict: ["button"],
    calibrate: ["button"],
    seed: [],
  };
  /** `apply` ends with 3 where something would change; `mcp` answers whoever asks it, and ends with its input. */
  const OTHERWISE = ["apply", "mcp"];

  it.each(Object.entries(ASKING))("ends with 3 where nobody answers at its --url: %s", async (name, more) => {
    const ended = await run({ args: [name, ...more, "--url", "http://127.0.0.1:1"] });
    expect(ended).toEqual({ code: 3, stdout: "", stderr: expect.stringContaining("answers at http://127") });
  });

  it("is thought of here when it has a --url", async () => {
    const made = (await Promise.all(COMMANDS.map(({ load }) => load()))).flat().map(({ name, define }) => {
      const command = new Command(name);
      define(command, { world: {} as World, finish: () => {}, whole: async () => command });
      return command;
    });
    const asking = made.filter(({ options }) => options.some(({ long }) => long === "--url")).map((one) => one.name());
    expect(asking.sort()).toEqual([...Object.keys(ASKING), ...OTHERWISE].sort());
  });
});
