/** The first example of each client's README is run by that client's tests; the repository's README shows the same. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

describe("the repository's README", () => {
  test.each(["typescript", "python", "ruby", "php"])("shows the example of %s that is tested", (name) => {
    const example = /```(?!sh)\w+\n[\s\S]*?```/.exec(read(`clients/${name}/README.md`))?.[0];
    expect(example).toBeDefined();
    expect(read("README.md")).toContain(example);
  });
});

describe("the package", () => {
  test.each(["python", "ruby", "php", "go", "java", "csharp"])("of %s carries the licence", (name) => {
    expect(read(`clients/${name}/LICENSE`)).toBe(read("LICENSE"));
  });
});
