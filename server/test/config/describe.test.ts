import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { effectiveYaml, referenceMarkdown } from "../../src/config/describe.ts";
import { loadConfig } from "../../src/config/load.ts";
import { ACCEPTED_FROM_2_7, CONFIG_KEYS, envNames } from "../../src/config/schema.ts";
import { loadFlags } from "../support/config.ts";

const DOCUMENT = new URL("../../../docs/configuration.md", import.meta.url);

describe("docs/configuration.md", () => {
  const text = readFileSync(DOCUMENT, "utf8");

  it("is what `sixpack config --docs` prints", () => {
    expect(text).toBe(referenceMarkdown());
  });

  it("names exactly the keys of the schema", () => {
    const documented = [...text.matchAll(/^### `(\w+)`$/gm)].map(([, key]) => key);
    expect(documented.sort()).toEqual([...CONFIG_KEYS].sort());
  });

  it("names the keys of Sixpack 2.7 that have no effect", () => {
    const idle = text.slice(text.indexOf("## Accepted from Sixpack 2.7"));
    expect([...idle.matchAll(/^- `(\w+)`/gm)].map(([, key]) => key)).toEqual(Object.keys(ACCEPTED_FROM_2_7));
  });

  it("names exactly the environment variables of the schema", () => {
    const documented = [...text.matchAll(/^.*Environment: (.*?)\./gm)].flatMap(([, names = ""]) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    );
    expect(documented.sort()).toEqual(CONFIG_KEYS.flatMap(envNames).sort());
  });
});

describe("effectiveYaml", () => {
  it("is a file that means the same configuration", () => {
    const first = loadFlags({ ignored_ip_addresses: "::1", robot_regex: "a: b # c", redis_db: "3", storage: "memory" });
    const outcome = loadConfig({
      flags: new Map(),
      configPath: "effective.yml",
      env: {},
      readFile: () => effectiveYaml(first),
    });
    expect(outcome).toMatchObject({ kind: "loaded", config: first.config });
  });

  it("names the source of each value", () => {
    expect(effectiveYaml(loadFlags({ port: "1" }))).toContain("port: 1 # command line\n");
    expect(effectiveYaml(loadFlags({}))).toContain("storage: embedded # because no Redis is configured\n");
  });

  it("hides secrets", () => {
    const yaml = effectiveYaml(loadFlags({ secret_key: "0e5b71c2", redis_password: "hunter2" }));
    expect(yaml).not.toMatch(/0e5b71c2|hunter2/);
    expect(parse(yaml)).not.toHaveProperty("secret_key");
  });
});
