/** Who is told what the server notices, as the configuration writes it. */
import { describe, expect, it } from "vitest";
import { webhooksOf } from "../../src/cli/wiring.ts";
import { loadConfig } from "../../src/config/load.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

function load(env: Readonly<Record<string, string>>, files: Readonly<Record<string, string>> = {}) {
  return loadConfig({
    flags: new Map(),
    configPath: files["sixpack.yml"] === undefined ? undefined : "sixpack.yml",
    env,
    readFile: (path) => files[path],
    dashboard: false,
  });
}

function webhooksIn(env: Readonly<Record<string, string>>, files?: Readonly<Record<string, string>>) {
  const outcome = load(env, files);
  return outcome.kind === "refused" ? outcome.problems.join("\n") : webhooksOf(outcome.config);
}

const ITEMS = [
  { url: "https://a.example/hook", secret: SECRET, events: ["harm", "store-trouble"] },
  { url: "https://hooks.slack.com/services/T0/B0/x", format: "slack" },
];
const READ = [
  { url: ITEMS[0]?.url, secret: Buffer.alloc(32, 7), events: ["harm", "store-trouble"], format: "json" },
  { url: ITEMS[1]?.url, secret: undefined, events: undefined, format: "slack" },
];

describe("webhooks", () => {
  it("are a YAML list, JSON in a variable, or either in a file of secrets", () => {
    const yaml = `webhooks:\n${ITEMS.map((item) => `  - ${JSON.stringify(item)}\n`).join("")}`;
    expect(webhooksIn({}, { "sixpack.yml": yaml })).toMatchObject(READ);
    expect(webhooksIn({ SIXPACK_CONFIG_WEBHOOKS: JSON.stringify(ITEMS) })).toMatchObject(READ);
    const file = { SIXPACK_CONFIG_WEBHOOKS_FILE: "/run/secrets/webhooks" };
    expect(webhooksIn(file, { "/run/secrets/webhooks": `${JSON.stringify(ITEMS)}\n` })).toMatchObject(READ);
    expect(webhooksIn({ SIXPACK_CONFIG_WEBHOOKS: "https://a.example/hook" })).toMatchObject([{ format: "json" }]);
    expect(webhooksIn({})).toEqual([]);
  });

  it.each([
    [[{ url: "ftp://a.example" }], "a url that starts with http"],
    [[{ url: "https://ann:secret@a.example" }], "without a user name"],
    [[{ url: "https://a.example", secret: "short" }], "whsec_"],
    [[{ url: "https://a.example", secret: `whsec_${Buffer.alloc(8).toString("base64")}` }], "24 to 64 bytes"],
    [[{ url: "https://a.example", events: ["lunch"] }], "events of sample-ratio-mismatch, harm, better"],
    [[{ url: "https://a.example", format: "pigeon" }], "a format of json, slack, discord, teams"],
    [[{ url: "https://a.example", formt: "slack" }], "a list of"],
    [[{ url: "https://a.example" }, { url: "https://a.example" }], "each url once"],
  ])("%j is refused, without showing it", (items, expected) => {
    const problems = webhooksIn({ SIXPACK_CONFIG_WEBHOOKS: JSON.stringify(items) });
    expect(problems).toContain(expected);
    expect(problems).not.toContain("a.example");
  });
});

it("a token of feeds is long, and of letters that need no encoding", () => {
  for (const token of ["short", `${"a".repeat(30)} b`]) {
    expect(webhooksIn({ SIXPACK_CONFIG_FEED_TOKEN: token })).toContain("at least 24 letters");
  }
  expect(webhooksIn({ SIXPACK_CONFIG_FEED_TOKEN: "a".repeat(24) })).toEqual([]);
});
