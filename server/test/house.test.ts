/**
 * Walls that the linter can't see: cycles of types, reaching for the clock, chance or the process from below, one name for
 * two ideas, exports that nobody uses, and files that grew too long.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const SOURCE = new URL("../src", import.meta.url).pathname;

const FILES = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((file) => /\.tsx?$/.test(file));

function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(SOURCE, file), "utf8");
  return [...text.matchAll(/\b(?:from |import\()"(\.[^"]+\.tsx?)"/g)].map(([, path = ""]) =>
    relative(SOURCE, join(SOURCE, dirname(file), path)),
  );
}

/** The first cycle met from a file, as the files on the way; `undefined` without any. */
function cycleFrom(file: string, graph: ReadonlyMap<string, readonly string[]>, done: Set<string>): string | undefined {
  const walk = (at: string, way: readonly string[]): string | undefined => {
    if (way.includes(at)) return [...way.slice(way.indexOf(at)), at].join(" → ");
    if (done.has(at)) return undefined;
    for (const next of graph.get(at) ?? []) {
      const cycle = walk(next, [...way, at]);
      if (cycle !== undefined) return cycle;
    }
    done.add(at);
    return undefined;
  };
  return walk(file, []);
}

test("no file imports itself by way of others, types included", () => {
  const graph = new Map(FILES.map((file) => [file, importsOf(file)]));
  expect(graph.size).toBeGreaterThan(300);
  const done = new Set<string>();
  const cycles = FILES.flatMap((file) => cycleFrom(file, graph, done) ?? []);
  expect(cycles).toEqual([]);
});

/** Files that may read what everybody else is given, and why. */
const MAY_REACH: Readonly<Record<string, string>> = {
  "main.ts": "it is where all of it is read and passed down",
  "cli/workers/supervisor.ts": "it signals the processes that it started",
  "cli/workers/worker.ts": "it talks to the process that started it",
  "service/one-at-a-time.ts": "no two acts, of whatever process, may share a lease",
  "store/store-id.ts": "no two stores may have one id",
  "store/local/owner-file.ts": "the lock of a folder names the process that holds it",
  "store/local/events.ts": "windows far behind the wall clock go at the start",
  "store/redis/definition.ts": "numbers of lives are drawn where no two processes agree on a count",
};

const REACHING = /\b(?:Date\.now|new Date\(\)|Math\.random|randomInt|randomUUID|process\.[a-z]+)\b/;

function reachesOut(file: string, pattern: RegExp): boolean {
  const code = readFileSync(join(SOURCE, file), "utf8").replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, "");
  return pattern.test(code);
}

test("the wall clock, chance and the process are read in the files that may, and nowhere else", () => {
  expect(FILES.filter((file) => reachesOut(file, REACHING)).sort()).toEqual(Object.keys(MAY_REACH).sort());
});

test("the pure rooms and the configuration do not even measure time", () => {
  const pure = FILES.filter((file) => /^(?:lib|domain|stats|config)\//.test(file));
  expect(pure.filter((file) => reachesOut(file, /\bperformance\.now\b/))).toEqual([]);
});

/** Names that two files have, and why nobody takes one for the other. */
const SHARED_NAMES: Readonly<Record<string, string>> = {
  clock: "what a clock is, and the one of this machine",
  main: "where a bundle begins: the server's, and that of the pages",
};

/** Whether all of them are one part of the store: as promised, and as each engine does it. */
function isOnePart(files: readonly string[]): boolean {
  return files.every((file) => file.startsWith("store/"));
}

test("no two files have one name for two ideas", () => {
  // A command's file is called what people type, whatever does it.
  const sought = FILES.filter((file) => !file.startsWith("cli/commands/"));
  const nameOf = (file: string) => basename(file).replace(/\.tsx?$/, "");
  const shared = [...new Set(sought.map(nameOf))].filter((name) => {
    const files = sought.filter((file) => nameOf(file) === name);
    return files.length > 1 && !isOnePart(files);
  });
  expect(shared.sort()).toEqual(Object.keys(SHARED_NAMES).sort());
});

/** Every file in which what the server exports may be used, without comments. */
function codeBelow(folder: string): readonly { readonly file: string; readonly code: string }[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(?:tsx?|mjs)$/.test(file) && !/(?:^|\/)(?:node_modules|dist)\//.test(file))
    .map((file) => join(folder, file))
    .map((file) => ({ file, code: readFileSync(file, "utf8").replaceAll(/\/\*[\s\S]*?\*\/|\/\/ [^\n]*/g, "") }));
}

function timesIn(code: string, name: string): number {
  return code.split(new RegExp(`(?<![\\w$])${name}(?![\\w$])`)).length - 1;
}

test("nothing is exported that no other file uses, and nothing is in the server for its tests alone", () => {
  const root = join(SOURCE, "../..");
  const product = ["server/src", "bench", "scripts"].flatMap((folder) => codeBelow(join(root, folder)));
  const tests = ["server/test", "clients/typescript/test"].flatMap((folder) => codeBelow(join(root, folder)));
  const exported = [...product, ...tests]
    .filter(({ file }) => file.startsWith(join(root, "server/")))
    .flatMap(({ file, code }) =>
      [...code.matchAll(/^export (?:async )?(?:const|function\*?|class|interface|type) ([\w$]+)/gm)].map(
        ([, name = ""]) => ({ file, code, name }),
      ),
    );
  expect(exported.length).toBeGreaterThan(1_000);
  const usedBeside = (files: typeof product, { file, name }: (typeof exported)[number]) =>
    files.some((other) => other.file !== file && other.code.includes(name) && timesIn(other.code, name) > 0);
  const shown = ({ file, name }: (typeof exported)[number]) => `${relative(root, file)}: ${name}`;
  expect(exported.filter((one) => !usedBeside([...product, ...tests], one)).map(shown)).toEqual([]);
  const ofServer = exported.filter(({ file }) => file.startsWith(SOURCE));
  const isReached = (one: (typeof exported)[number]) => timesIn(one.code, one.name) > 1 || usedBeside(product, one);
  expect(ofServer.filter((one) => !isReached(one)).map(shown)).toEqual([]);
});

test("tests wait by `expect.poll`, which is told once how slow a machine may be; `vi.waitFor` gives up after a second", () => {
  const code = codeBelow(join(SOURCE, "../test"));
  expect(code.some((test) => test.code.includes("expect.poll("))).toBe(true);
  expect(code.filter((test) => /\bvi\.wait(?:For|Until)\(/.test(test.code)).map(({ file }) => file)).toEqual([]);
});

const LINES_MAX = 300;

test("no file is longer than a reader keeps in mind", () => {
  const linesOf = (file: string) => readFileSync(join(SOURCE, file), "utf8").split("\n").length - 1;
  expect(FILES.filter((file) => linesOf(file) > LINES_MAX)).toEqual([]);
});

/** What the formatter holds in TypeScript. */
const COLUMNS_MAX = 120;

test("no line of a Lua script is wider than those of TypeScript", () => {
  const lua = new URL("../src/store/redis/lua/", import.meta.url).pathname;
  const scripts = readdirSync(lua).filter((file) => file.endsWith(".lua"));
  expect(scripts.length).toBeGreaterThan(10);
  const wide = scripts.flatMap((file) =>
    readFileSync(join(lua, file), "utf8")
      .split("\n")
      .flatMap((line, at) => (line.length > COLUMNS_MAX ? `${file}:${at + 1}` : [])),
  );
  expect(wide).toEqual([]);
});

test("tables that are asked with texts are maps, because an object also knows constructor and toString", () => {
  const texts = new Map(FILES.map((file) => [file, readFileSync(join(SOURCE, file), "utf8")]));
  // Asked with paths of our own.
  const ours = ["READINGS"];
  const tables = [...texts].flatMap(([file, text]) =>
    [...text.matchAll(/const ([A-Z_]+): (?:Readonly<)?Record<string, /g)].map(([, name = ""]) => ({ file, name })),
  );
  expect(tables.map(({ name }) => name)).toContain("READINGS");
  const asked = tables.filter(
    ({ file, name }) =>
      !ours.includes(name) &&
      [...texts].some(
        ([other, text]) =>
          (other === file || new RegExp(`import [^;]*\\b${name}\\b`).test(text)) &&
          new RegExp(`(?<![A-Z_])${name}\\[`).test(text),
      ),
  );
  expect(asked).toEqual([]);
});

test("every command of a fresh checkout installs first what it imports", () => {
  const root = join(SOURCE, "../..");
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  // Parts of the check, and what `npm start` builds with, after it has installed what serving needs.
  const parts = ["build", "typecheck", "lint", "size"];
  const first = Object.entries(scripts)
    .filter(([name]) => !parts.includes(name))
    .map(([, command]) => /^node (scripts\/\S+\.mjs)/.exec(command)?.[1] ?? command);
  expect([...new Set(first)].sort()).toEqual(
    ["install", "ready", "start", "test"].map((name) => `scripts/${name}.mjs`),
  );

  const seen = new Set<string>();
  const foreign = (file: string): readonly string[] => {
    if (seen.has(file)) return [];
    seen.add(file);
    const imported = [...readFileSync(file, "utf8").matchAll(/^(?:import|export) (?:.* from )?"(.+)";/gm)];
    return imported.flatMap(([, from = ""]) => {
      if (from.startsWith("node:")) return [];
      return from.startsWith(".") ? foreign(join(dirname(file), from)) : [`${relative(root, file)}: ${from}`];
    });
  };
  expect(first.flatMap((file) => foreign(join(root, file)))).toEqual([]);
});
