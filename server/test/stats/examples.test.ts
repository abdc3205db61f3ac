import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const FOLDER = new URL("../../src/stats/", import.meta.url);
const FILES = readdirSync(FOLDER).filter((file) => file.endsWith(".ts"));
/** `expression; // value`, and maybe words behind. */
const LINE = /^(.+); \/\/ ("[^"]*"|\{[^}]*\}|\[[^\]]*\]|-?[.\d]+|\w+).*$/gm;

/** The example in the head of a file, if it says what comes out. */
function exampleOf(file: string): string | undefined {
  const head = /^\/\*\*[\s\S]*?\*\//.exec(readFileSync(new URL(file, FOLDER), "utf8"))?.[0] ?? "";
  const example = head
    .split("@example\n")[1]
    ?.replace(/ \*\/$/, "")
    .replace(/^ \* ?/gm, "");
  return example?.search(LINE) === -1 ? undefined : example;
}

/** Examples write four digits. */
function rounded(value: unknown): unknown {
  if (typeof value === "number") return Number.isInteger(value) ? value : Number(value.toPrecision(4));
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, rounded(one)]));
}

const EXAMPLES = FILES.flatMap((file) => {
  const example = exampleOf(file);
  return example === undefined ? [] : [{ file, example }];
});

test("the methods have examples that say what comes out", () => {
  expect(EXAMPLES.length).toBeGreaterThanOrEqual(14);
});

test.each(EXAMPLES)("the example of $file gives what it says", async ({ example }) => {
  const modules = await Promise.all(FILES.map((file) => import(new URL(file, FOLDER).href)));
  const methods: Readonly<Record<string, unknown>> = Object.assign({}, ...modules);
  const code = example.replace(LINE, "told.push([$1, $2]);");
  const told: (readonly [came: unknown, said: unknown])[] = [];
  new Function("told", ...Object.keys(methods), code)(told, ...Object.values(methods));
  expect(told.length).toBeGreaterThan(0);
  for (const [came, said] of told) expect(rounded(came)).toEqual(rounded(said));
});
