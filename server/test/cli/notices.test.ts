/** What is bundled is named with its licence: the source maps of the build, and the imports of the islands, say what is. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const DIST = fileURLToPath(new URL("../../dist", import.meta.url));
const ISLANDS = fileURLToPath(new URL("../../src/web/islands", import.meta.url));

/** `name` of each line `name 1.2.3 (MIT)`. */
function named(notices: string): readonly string[] {
  return [...notices.matchAll(/^(\S+) \d+\.\d+\.\d+\S* \(.+\)$/gm)].map(([, name = ""]) => name);
}

function textsIn(folder: string, ending: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(ending))
    .map((file) => readFileSync(join(folder, file), "utf8"));
}

describe("the notices of the server's bundle", () => {
  const notices = readFileSync(join(DIST, "THIRD-PARTY-NOTICES.txt"), "utf8");

  it("name every package that is in it, and no other", () => {
    const bundled = textsIn(DIST, ".js.map").flatMap((text) =>
      (JSON.parse(text) as { sources: string[] }).sources.flatMap(
        (source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1] ?? [],
      ),
    );
    expect(new Set(bundled).size).toBeGreaterThan(80);
    expect([...new Set(named(notices))].sort()).toEqual([...new Set(bundled)].sort());
  });

  it("hold the licence of each kind: MIT, ISC, BSD and Blue Oak", () => {
    expect(notices).toContain("Permission is hereby granted, free of charge");
    expect(notices).toContain("Permission to use, copy, modify, and/or distribute this software");
    expect(notices).toContain("Redistributions of source code must retain the above copyright");
    expect(notices).toContain("Blue Oak Model License");
  });
});

it("the notices of the pages' scripts name every package that the islands import", () => {
  const imported = textsIn(ISLANDS, ".ts").flatMap((text) =>
    [...text.matchAll(/\bfrom "([^."][^"]*)"/g)].map(([, name = ""]) => name),
  );
  expect(imported.length).toBeGreaterThan(0);
  expect(named(readFileSync(join(DIST, "client/THIRD-PARTY-NOTICES.txt"), "utf8"))).toEqual([...new Set(imported)]);
});
