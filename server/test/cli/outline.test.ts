/** What is written from the commands themselves: docs/commands.md, the manual page, completion; and the schema of the file. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Check } from "typebox/value";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { fileSchema } from "../../src/config/file-schema.ts";
import { CONFIG_KEYS } from "../../src/config/schema.ts";
import { run } from "../support/command.ts";
import { temporaryFolder } from "../support/one-test.ts";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

it("docs/commands.md is what `sixpack manual --format markdown` prints, with a section for each command", async () => {
  const { stdout } = await run({ args: ["manual", "--format", "markdown"] });
  expect(stdout).toBe(read("docs/commands.md"));
  const { stdout: help } = await run({ args: ["--help"] });
  const listed = [...help.replace(/^[\s\S]*Commands:\n/, "").matchAll(/^ {2}([a-z-]+)\b.* {2,}\S/gm)];
  const sections = [...stdout.matchAll(/^## (\S+)$/gm)].map(([, name]) => name);
  expect(sections).toEqual(listed.map(([, name]) => name).filter((name) => name !== "sixpack" && name !== "help"));
});

it("the manual page has every command, and no line that the formatter would take for a request", async () => {
  const { stdout } = await run({ args: ["manual"] });
  expect(stdout).toMatch(/^\.SS sixpack verdict \[options\] <name>$/m);
  const requests = [...stdout.matchAll(/^([.'][^ \n]*)/gm)].map(([, request]) => request);
  expect(new Set(requests)).toEqual(new Set([".TH", ".SH", ".B", ".SS", ".TP"]));
});

it("bash completes commands, their options, the choices of an option, and the commands after help", async () => {
  const { stdout } = await run({ args: ["completion", "bash"] });
  const folder = await temporaryFolder();
  await writeFile(join(folder, "sixpack.bash"), stdout);
  const complete = (...words: readonly string[]) =>
    execFileSync(
      "bash",
      [
        "-c",
        'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sixpack; echo "$COMPREPLY"',
        "sixpack.bash",
        ...words,
      ],
      { cwd: folder, encoding: "utf8" },
    ).trim();
  expect(complete("sixpack", "pa")).toBe("pause");
  expect(complete("sixpack", "apply", "--pr")).toBe("--prune");
  expect(complete("sixpack", "apply", "--prune", "")).toBe("archive");
  expect(complete("sixpack", "apply", "--file", "")).toBe("");
  expect(complete("sixpack", "help", "ver")).toBe("verdict");
  expect(complete("sixpack", "completion", "f")).toBe("fish");
});

it("fish and zsh get a script each that has every command; another shell is refused", async () => {
  const { stdout: fish } = await run({ args: ["completion", "fish"] });
  expect(fish).toContain("complete -c sixpack -n __fish_use_subcommand -f -a verdict -d 'says what");
  expect(fish).toContain("-n '__fish_seen_subcommand_from apply' -l prune -x -a 'archive'");
  expect((await run({ args: ["completion", "zsh"] })).stdout).toMatch(/^#compdef sixpack\n/);
  expect(await run({ args: ["completion", "csh"] })).toMatchObject({ code: 2, stdout: "" });
});

it("docs/configuration.schema.json is what `sixpack config --schema` prints, and takes what the server takes", async () => {
  const schema = fileSchema();
  expect(JSON.parse((await run({ args: ["config", "--schema"] })).stdout)).toEqual(schema);
  expect(JSON.parse(read("docs/configuration.schema.json"))).toEqual(schema);
  expect(Object.keys((schema as { readonly properties: object }).properties)).toEqual(
    expect.arrayContaining([...CONFIG_KEYS]),
  );
  const printed = (await run({ args: ["config"] })).stdout;
  for (const yaml of [printed, "port: '8000'", "users: [ann:admin:x]", "secret_key_file: /run/secret", "auth:"]) {
    expect(Check(schema, parse(yaml)), yaml).toBe(true);
  }
  for (const yaml of ["prot: 1", "auth: passwort", "port: [1]"]) expect(Check(schema, parse(yaml)), yaml).toBe(false);
});
