/** Versions that are promised: what manifests and pages say is one and the same, and what the packages allow. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const { satisfies } = createRequire(import.meta.url)("semver") as {
  satisfies: (version: string, range: string) => boolean;
};

interface Manifest {
  readonly engines?: { readonly node?: string };
}

const json = (path: string): unknown => JSON.parse(readFileSync(ROOT + path, "utf8"));

/** The oldest Node that is promised. */
const NODE = (json("package.json") as Manifest).engines?.node?.replace(">=", "") ?? "";

describe("the oldest Node", () => {
  it("is the same in every package", () => {
    for (const folder of ["server", "clients/typescript", "clients/openfeature"]) {
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
