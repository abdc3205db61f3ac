/** What npm would publish, in a folder that knows nothing of this repository. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Every entry with something that it exports. */
const ENTRIES = [
  ["@sixpack/client", "Session"],
  ["@sixpack/client/batch", "participateAll"],
  ["@sixpack/client/link", "link"],
  ["@sixpack/client/local", "LocalAssigner"],
  ["@sixpack/client/queue", "ConversionQueue"],
  ["@sixpack/client/react", "useExperiment"],
  ["@sixpack/client/server", "ServerSession"],
  ["@sixpack/openfeature/server", "SixpackProvider"],
  ["@sixpack/openfeature/web", "SixpackWebProvider"],
] as const;

const CONSUMER = `
import { Session } from "@sixpack/client";
import { link } from "@sixpack/client/link";
import { LocalAssigner } from "@sixpack/client/local";
import { participateAll } from "@sixpack/client/batch";
import { ConversionQueue } from "@sixpack/client/queue";
import { ServerSession } from "@sixpack/client/server";
import { SixpackProvider } from "@sixpack/openfeature/server";

export const session = new Session("http://localhost:5000", { timeoutMs: 200 });
export const color: Promise<"red" | "blue"> = session.participate("button", ["red", "blue"]);
export const local: "red" | "blue" = new LocalAssigner().participate(session, "button", ["red", "blue"]);
export const all: Promise<{ readonly button: "red" | "blue" }> = participateAll(session, { button: ["red", "blue"] });
export const linked: Promise<boolean> = link(session, "cookie-31");
new ConversionQueue(new ServerSession("http://localhost:5000", { apiKey: "key" })).convert("button", "purchase", 5);
export const provider = new SixpackProvider("http://localhost:5000", { flags: { button: { alternatives: ["a", "b"] } } });
// @ts-expect-error: one alternative is none
session.participate("button", ["red"]);
`;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sixpack-published-"));
  for (const [name, source] of [
    ["client", "typescript"],
    ["openfeature", "openfeature"],
  ] as const) {
    const target = join(folder, "node_modules/@sixpack", name);
    mkdirSync(target, { recursive: true });
    const cwd = join(ROOT, "clients", source);
    const [packed] = JSON.parse(
      execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
        cwd,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }),
    ) as readonly { readonly filename: string }[];
    execFileSync("tar", ["-xzf", join(folder, packed?.filename ?? ""), "-C", target, "--strip-components=1"]);
  }
  for (const name of ["@openfeature", "react", "@types"]) {
    symlinkSync(join(ROOT, "node_modules", name), join(folder, "node_modules", name));
  }
  writeFileSync(join(folder, "consumer.mts"), CONSUMER);
  writeFileSync(join(folder, "consumer.cts"), CONSUMER);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function node(code: string, type: "module" | "commonjs"): string {
  const args = [`--input-type=${type}`, "-e", code];
  return execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" }).trim();
}

describe("the published packages", () => {
  test.each(ENTRIES)("offer %s to import", (entry, name) => {
    expect(node(`import { ${name} } from "${entry}"; console.log(typeof ${name});`, "module")).toBe("function");
  });

  test.each(ENTRIES)("offer %s to require", (entry, name) => {
    expect(node(`console.log(typeof require("${entry}").${name});`, "commonjs")).toBe("function");
  });

  test("offer one file to a script tag, which makes one global", () => {
    const file = join(folder, "node_modules/@sixpack/client/dist/sixpack.js");
    const page = { URLSearchParams, crypto };
    runInNewContext(readFileSync(file, "utf8"), page);
    expect(runInNewContext("Object.keys(Sixpack).sort()", page)).toEqual([
      "ConversionQueue",
      "Session",
      "link",
      "participateAll",
    ]);
    const url = "http://localhost:5000";
    expect(runInNewContext(`new Sixpack.Session("${url}", { clientId: "a" }).baseUrl`, page)).toBe(url);
  });

  test("mark what only a browser's React can run, for servers that render components", () => {
    for (const file of ["react.js", "react.cjs"]) {
      const text = readFileSync(join(folder, "node_modules/@sixpack/client/dist", file), "utf8");
      expect(text).toMatch(/^"use client";/);
    }
  });

  test("have types for both kinds of modules", () => {
    const typescript = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));
    const options = ["--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom"];
    const run = () =>
      execFileSync(
        process.execPath,
        [join(typescript, "bin/tsc"), ...options, "--types", "node", "consumer.mts", "consumer.cts"],
        { cwd: folder, encoding: "utf8" },
      );
    expect(run()).toBe("");
  });

  test.each(["client", "openfeature"])("carry licence and README of %s, and no sources", (name) => {
    const files = readdirSync(join(folder, "node_modules/@sixpack", name)).sort();
    expect(files).toEqual(["LICENSE", "README.md", "dist", "package.json"]);
  });
});
