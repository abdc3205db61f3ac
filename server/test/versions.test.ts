/** Versions that are promised: the table of README, the manifests and the pages of the clients say one and the same. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { REDIS_MIN } from "../src/store/redis/redis-version.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const { satisfies } = createRequire(import.meta.url)("semver") as {
  satisfies: (version: string, range: string) => boolean;
};
const { chosen } = (await import(`${ROOT}scripts/runtimes/suites.mjs`)) as {
  readonly chosen: (words: readonly string[]) => readonly (readonly [title: string])[];
};
const versions = (await import(`${ROOT}scripts/runtimes/versions.mjs`)) as {
  readonly NODES: readonly string[];
  readonly BUN: string;
  readonly DENO: string;
  readonly WORKERD: string;
  readonly YARNS: readonly string[];
  readonly PNPM: string;
  readonly REACTS: readonly string[];
  readonly NEXT: string;
  readonly INTERPRETERS_MIN: Readonly<Record<string, string>>;
};

interface Manifest {
  readonly version?: string;
  readonly engines?: { readonly node?: string };
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const text = (path: string): string => readFileSync(ROOT + path, "utf8");
const json = (path: string): unknown => JSON.parse(text(path));

/** A row of README's table: the oldest version promised, and what was run. */
function promised(name: string): { readonly from: string; readonly run: string } {
  const row = text("README.md")
    .split("\n")
    .find((line) => line.startsWith(`| ${name} |`) || line.startsWith(`| ${name}, `));
  const [, , from = "", run = ""] = row?.split("|").map((cell) => cell.trim()) ?? [];
  if (run === "") throw new Error(`Expected a row of ${name} in README, got none`);
  return { from, run };
}

const NODE = promised("Node.js").from;

describe("the versions that README promises", () => {
  it.each([
    ["Node.js", versions.NODES],
    ["Bun", [versions.BUN]],
    ["Deno", [versions.DENO]],
    ["React", versions.REACTS],
    ["Next.js", [versions.NEXT]],
    ["Yarn", versions.YARNS],
    ["pnpm", [versions.PNPM]],
  ])("of %s are those that are run, and the oldest is the first", (name, run) => {
    expect(promised(name).run).toBe(run.join(", "));
    expect(run[0]).toMatch(new RegExp(`^${promised(name).from.replace(".", "\\.")}\\.`));
  });

  it("of Redis are those that a server starts on", () => {
    expect(promised("Redis").from).toBe(REDIS_MIN.join("."));
  });

  it("of Cloudflare's runtime is the one that is run", () => {
    expect(promised("Cloudflare Workers").run).toBe(`workerd ${versions.WORKERD}`);
  });

  it.each([
    ["Python", "clients/python/pyproject.toml", 'requires-python = ">=FROM"', "clients/python/README.md"],
    ["Ruby", "clients/ruby/sixpack_ab.gemspec", 'required_ruby_version = ">= FROM"', "clients/ruby/README.md"],
    ["PHP", "clients/php/composer.json", '"php": ">=FROM"', "clients/php/README.md"],
    ["Go", "clients/go/go.mod", "\ngo FROM\n", undefined],
    ["Java", "clients/java/README.md", "javac --release FROM ", "clients/java/README.md"],
    ["Node.js", "README.md", "You need Node.js FROM or newer", undefined],
    ["Node.js", "CONTRIBUTING.md", "You need Node FROM or newer", undefined],
    ["Redis", "docs/storage.md", "\nRedis FROM or newer", undefined],
    ["React", "clients/typescript/README.md", "React FROM and newer", undefined],
    ["OpenFeature's server SDK", "clients/openfeature/README.md", "`@openfeature/server-sdk` FROM", undefined],
    ["OpenFeature's web SDK", "clients/openfeature/README.md", "`@openfeature/web-sdk` FROM", undefined],
  ])("of %s are those of %s", (name, path, sentence, page) => {
    const { from, run } = promised(name);
    expect(run.startsWith(from), `${name} from ${from} was run on ${run}`).toBe(true);
    expect(text(path)).toContain(sentence.replace("FROM", from));
    if (page === undefined) return;
    expect(text(page)).toContain(`from ${name} ${from} or newer`);
    expect(versions.INTERPRETERS_MIN[name]).toBe(from);
  });

  it("are those that the packages ask for beside them", () => {
    const client = json("clients/typescript/package.json") as Manifest;
    expect(client.peerDependencies).toEqual({ react: `>=${promised("React").from}` });
    const openfeature = json("clients/openfeature/package.json") as Manifest;
    expect(openfeature.peerDependencies).toMatchObject({
      "@openfeature/server-sdk": `^${promised("OpenFeature's server SDK").from}.0`,
      "@openfeature/web-sdk": `^${promised("OpenFeature's web SDK").from}.0`,
    });
  });

  it("of Node are those of the public runs", () => {
    const [, matrix = ""] = /node: \[(.*)\]/.exec(text(".github/workflows/ci.yml")) ?? [];
    const [oldest = "", ...others] = versions.NODES;
    const expected = [oldest, ...others.map((version) => version.split(".")[0])];
    expect(matrix).toBe(expected.map((version) => `"${version}"`).join(", "));
  });
});

it("runs each suite of test:runtimes in one public job, and in no other", () => {
  const jobs = [...text(".github/workflows/ci.yml").matchAll(/npm run test:runtimes -- (.*)/g)];
  const run = jobs.flatMap(([, words = ""]) => chosen(words.split(" ")).map(([title]) => title));
  expect(run.toSorted()).toEqual(
    chosen([])
      .map(([title]) => title)
      .toSorted(),
  );
});

describe("the oldest Node", () => {
  it("is the same in every package", () => {
    for (const folder of [".", "server", "clients/typescript", "clients/openfeature"]) {
      expect(json(`${folder}/package.json`), folder).toMatchObject({ engines: { node: `>=${NODE}` } });
    }
  });

  it("is one that every installed package supports", () => {
    const { packages } = json("package-lock.json") as { packages: Readonly<Record<string, Manifest>> };
    const refusing = Object.entries(packages).filter(
      ([, { engines }]) => !satisfies(`${NODE}.0`, engines?.node ?? "*"),
    );
    expect(Object.keys(packages).length).toBeGreaterThan(100);
    expect(refusing.map(([path, { engines }]) => `${path} wants ${engines?.node}`)).toEqual([]);
  });
});
