/** Commands and files that the documents name in a line of text: each is there, commands with their options and words. */
import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { pages } from "../support/documents.ts";

const ROOT = new URL("../../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");

/** What docs/commands.md has of each command; `sixpack manual` prints it, and a test compares the two. */
const SECTIONS = new Map(
  read("docs/commands.md")
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.split("\n", 1)[0] ?? "", section]),
);

/** Scripts of npm, by the folder of their package. */
const SCRIPTS = new Set(
  Object.keys((JSON.parse(read("package.json")) as { scripts: Readonly<Record<string, string>> }).scripts),
);
const SUITES = read("scripts/runtimes/suites.mjs").toLowerCase();
const PARTS = read("scripts/simulate.ts");

/** What is wrong with a command, or nothing. */
function problem(code: string): string | undefined {
  const words = code.split(/\s+/);
  const [program = "", first = "", ...rest] = words;
  if (program === "sixpack") return problemOfOurs(first, rest);
  if (program === "node") {
    const file = words.find((word) => /^[\w./-]+\.(?:js|mjs|ts)$/.test(word) && !word.includes("raw-text"));
    return file === undefined || existsSync(new URL(file, ROOT)) ? undefined : `no file ${file}`;
  }
  if (program !== "npm" || first !== "run") return undefined;
  const [script = "", dashes, word = ""] = rest;
  if (!SCRIPTS.has(script)) return `no script ${script}`;
  if (dashes !== "--" || word === "" || !/^[a-z]/.test(word)) return undefined;
  if (script === "test:runtimes") return SUITES.includes(word) ? undefined : `no suite ${word}`;
  if (script === "simulate") return new RegExp(`^ {2}"?${word}"?[:,]`, "m").test(PARTS) ? undefined : `no part ${word}`;
  return undefined;
}

function problemOfOurs(first: string, rest: readonly string[]): string | undefined {
  if (!/^[a-z-]+$/.test(first) || first.startsWith("--") || first === "help") return undefined;
  const section = SECTIONS.get(first);
  if (section === undefined) return `no command ${first}`;
  const unknown = rest.filter((word) => /^--[a-z]/.test(word) && word !== "--help" && !section.includes(word));
  return unknown.length === 0 ? undefined : `no option ${unknown.join(", ")}`;
}

it("names only commands, options, scripts, suites and files that are there", () => {
  const named = pages().flatMap(({ page, text }) =>
    // A figure of the past names the commit that has its command.
    [...text.replaceAll(/```[\s\S]*?```/g, "").matchAll(/`((?:sixpack|npm|node) [^`]+)`(?!,?\s\(?at\scommit)/g)].map(
      ([, code = ""]) => [page, code] as const,
    ),
  );
  expect(named.length).toBeGreaterThan(150);
  const wrong = named.flatMap(([page, code]) => {
    const told = problem(code);
    return told === undefined ? [] : [`${page}: ${code}: ${told}`];
  });
  expect(wrong).toEqual([]);
  // What is not there would be found.
  expect(problem("sixpack paint button")).toBe("no command paint");
  expect(problem("sixpack pause button --slowly")).toBe("no option --slowly");
  expect(problem("npm run simulate -- paint")).toBe("no part paint");
});

it("names only files of the repository that are there", () => {
  const named = pages().flatMap(({ page, text }) =>
    [...text.matchAll(/`((?:bench|clients|conformance|deploy|docs|examples|scripts|server)\/[\w./-]+)`/g)].map(
      ([, path = ""]) => ({ page, path }),
    ),
  );
  expect(named.length).toBeGreaterThan(100);
  // What a build makes is there after it only.
  const isMade = (path: string) => path.includes("/dist/");
  expect(named.filter(({ path }) => !isMade(path) && !existsSync(new URL(path, ROOT)))).toEqual([]);
});
