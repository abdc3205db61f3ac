/** `sixpack verdict` as pipelines run it: built, against a dashboard that listens, and the jobs of the docs as they stand. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { OUTCOMES, outcomeOf, VERDICT_KINDS } from "../../src/cli/gate/exit-codes.ts";
import { gate } from "../../src/cli/gate/gate.ts";
import type { Reading } from "../../src/cli/gate/reading.ts";
import type { World } from "../../src/cli/world.ts";
import { hashToken, makeToken } from "../../src/ops/token.ts";
import { run, SIXPACK, start } from "../support/command.ts";
import * as make from "../support/make.ts";
import { atTheEnd, temporaryFolder } from "../support/one-test.ts";
import { createExperiment, crowd, openApp, record } from "../web/support.ts";

const DOCS = readFileSync(new URL("../../../docs/automation.md", import.meta.url), "utf8");
const DAY_MS = 86_400_000;
const TOKEN = makeToken(Buffer.alloc(32, 7));
const EDITOR = makeToken(Buffer.alloc(32, 8));
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

const context = make.context();
const app = openApp(context, {
  access: {
    mode: { kind: "password", users: [] },
    tokens: [
      { name: "ci", role: "viewer", hash: hashToken(TOKEN) },
      { name: "deploy", role: "editor", hash: hashToken(EDITOR) },
    ],
  },
});
let url = "";
let env: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  for (const name of ["button", "late", "new"]) {
    await createExperiment(context, name, ["red", "green"], { createdAtMs: make.NOW_MS - 10 * DAY_MS });
  }
  for (let day = 19; day <= 28; day++) {
    await record(context, "button", [...crowd(0, 200, 10, `2025-02-${day}`), ...crowd(1, 200, 20, `2025-02-${day}`)]);
    await record(context, "late", [...crowd(0, 100, 5, `2025-02-${day}`), ...crowd(1, 100, 5, `2025-02-${day}`)]);
  }
  await app.listen({ port: 0, host: "127.0.0.1" });
  url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  env = { SIXPACK_DASHBOARD_URL: url, SIXPACK_TOKEN: TOKEN };
});

afterAll(() => app.close());

it("prints the sentence of the page, which the documentation shows, and ends with the code of its word", async () => {
  const sentence =
    "Ship green: conversion rate is up 100.0% (at least 38.6%). Expect somewhat less: an estimate from an early stop tends to be too large.\n";
  expect(await run({ args: ["verdict", "button", "--url", url, "--token", TOKEN] })).toEqual({
    code: 0,
    stdout: sentence,
    stderr: "",
  });
  expect(DOCS).toContain(`$ sixpack verdict button --url http://localhost:5001\n${sentence}`);
  expect(await run({ args: ["verdict", "new"], env })).toMatchObject({
    code: 11,
    stdout: expect.stringMatching(/^Too early: /),
  });
  expect(await run({ args: ["verdict", "late", "--require", "ship, keep-running"], env })).toMatchObject({ code: 0 });
  const { code, stdout } = await run({ args: ["verdict", "late", "--json"], env });
  expect({ code, ...JSON.parse(stdout) }).toMatchObject({
    code: 10,
    experiment: "late",
    outcome: "keep-running",
    exit_code: 10,
    kind: "keep-running",
    alternative: null,
    participants: 2_000,
    winner: null,
  });
});

it("ends with 2 for what is asked wrongly and with 3 where nobody answers, and says which", async () => {
  const wrong: readonly (readonly [readonly string[], Readonly<Record<string, string>>, number, string])[] = [
    [["typo"], env, 2, "experiment not found"],
    [["button"], { ...env, SIXPACK_TOKEN: "sxp_wrong" }, 2, "refuses (401)"],
    [["button", "--url", "localhost"], {}, 2, "Expected the address of a dashboard"],
    [["button", "--require", "shipped"], env, 2, "Expected --require with words among ship, keep-running"],
    [["button", "--wait", "14"], env, 2, "Expected a length of time such as 90s"],
    // A timer holds 24 days: with more it would ask without a pause.
    [["button", "--wait", "60d", "--every", "25d"], env, 2, "Expected at most a day"],
    [["button", "--github"], env, 2, "Expected GITHUB_STEP_SUMMARY"],
    [["button", "--url", "http://127.0.0.1:2", "--wait", "1h"], {}, 3, "Nobody answers at http://127.0.0.1:2"],
  ];
  for (const [args, environment, code, words] of wrong) {
    const ended = await run({ args: ["verdict", ...args], env: environment });
    expect([args, ended.code, ended.stderr]).toEqual([args, code, expect.stringContaining(words)]);
  }
});

it("waits for a verdict that passes", async () => {
  const asked = new Promise<void>((resolve) => {
    app.server.once("request", () => resolve());
  });
  const waiting = start({ args: ["verdict", "late", "--wait", "1h", "--every", "1s"], env });
  await asked;
  await record(context, "late", [...crowd(0, 1_000, 50, "2025-03-01"), ...crowd(1, 1_000, 200, "2025-03-01")]);
  expect(await waiting.ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Ship green: /) });
});

it("says of an experiment with a winner what the data said when it was set", async () => {
  await createExperiment(context, "decided", ["red", "green"], { createdAtMs: make.NOW_MS - 10 * DAY_MS });
  const headers = { authorization: `Bearer ${TOKEN}` };
  const refused = await fetch(`${url}/experiments/decided/winner`, {
    method: "POST",
    body: new URLSearchParams({ alternative_name: "green" }),
    headers,
  });
  expect(refused.status).toBe(403);
  const editor = openApp(context);
  await editor.inject({ method: "POST", url: "/experiments/decided/winner", payload: { alternative_name: "green" } });
  await editor.close();
  expect(await run({ args: ["verdict", "decided", "--wait", "1h"], env })).toMatchObject({
    code: 11,
    stdout: expect.stringMatching(/^Too early: /),
    stderr: "The winner green was set on 2025-03-01, and this is what the data said then.\n",
  });
});

it("reads a folder that no server has open, and says who has it otherwise", async () => {
  const cwd = await temporaryFolder();
  await run({ args: ["declare", "button", "red", "green"], cwd });
  expect(await run({ args: ["verdict", "button"], cwd })).toMatchObject({
    code: 11,
    stdout: expect.stringMatching(/^Too early: /),
  });
  expect(await run({ args: ["verdict", "typo"], cwd })).toMatchObject({ code: 2 });
  const server = start({ args: ["--port", "0"], cwd });
  await server.printed(/API +(\S+)/);
  const busy = await run({ args: ["verdict", "button"], cwd });
  expect(busy).toMatchObject({ code: 3, stderr: expect.stringContaining(`process ${server.child.pid} `) });
  expect(await run({ args: ["export"], cwd })).toMatchObject({ code: 3, stderr: busy.stderr });
  await writeFile(join(cwd, "experiments.yml"), "experiments: {}");
  // There 3 is drift.
  const applied = await run({ args: ["apply", "-f", "experiments.yml"], cwd });
  expect(applied).toMatchObject({ code: 1, stderr: busy.stderr });
});

it("runs in the jobs of the docs as they stand there", async () => {
  const bin = join(await temporaryFolder(), "bin");
  await mkdir(bin);
  await symlink(SIXPACK, join(bin, "sixpack"));
  const [github, gitlab] = [...DOCS.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = ""]) => parse(text));
  const cwd = await temporaryFolder();
  const files = { GITHUB_STEP_SUMMARY: join(cwd, "summary.md"), GITHUB_OUTPUT: join(cwd, "output") };
  const path = `${bin}:${process.env["PATH"]}`;
  const shell = (lines: string) =>
    promisify(execFile)("bash", ["-e", "-c", lines], { cwd, env: { PATH: path, ...env, ...files } });
  const [verdict, ship] = github.jobs.ship.steps;
  await shell(verdict.run);
  expect(await readFile(files.GITHUB_STEP_SUMMARY, "utf8")).toMatch(
    /^### button: ship\n\nShip green: .*\n\n[\d,]+ visitors\n/,
  );
  const outputs = await readFile(files.GITHUB_OUTPUT, "utf8");
  expect(outputs).toBe("outcome=ship\nalternative=green\n");
  expect(Object.keys(github.jobs.ship.env).sort()).toEqual(Object.keys(env).sort());
  const filled = ship.run.replace(
    /\$\{\{ steps\.verdict\.outputs\.(\w+) \}\}/,
    (_: string, name: string) => outputs.match(new RegExp(`^${name}=(.*)$`, "m"))?.[1],
  );
  expect((await shell(filled)).stdout).toBe("shipping green\n");
  await shell(gitlab.verdict.script.join("\n"));
  expect(JSON.parse(await readFile(join(cwd, gitlab.verdict.artifacts.paths[0]), "utf8"))).toMatchObject({
    outcome: "ship",
    exit_code: 0,
  });
  expect(gitlab.verdict.allow_failure.exit_codes).toEqual([OUTCOMES["keep-running"], OUTCOMES["too-early"]]);
});

it("tells of a file that takes several requests what was changed, and what of it was refused", async () => {
  const [cwd, elsewhere] = [await temporaryFolder(), make.context()];
  const other = openApp(elsewhere);
  await other.listen({ port: 0, host: "127.0.0.1" });
  atTheEnd(() => other.close());
  const { port } = other.server.address() as AddressInfo;
  const alternatives = ["red", "green"];
  const wide = Object.fromEntries(
    Array.from({ length: 120 }, (_, at) => [`padding-${at}`, { alternatives, description: "d".repeat(1_000) }]),
  );
  const within = (...slice: readonly number[]) => ({ alternatives, layer: { name: "wide", slice } });
  const experiments = { "wide-first": within(0, 0.6), ...wide, "wide-last": within(0.5, 1) };
  await writeFile(join(cwd, "experiments.yml"), JSON.stringify({ experiments }));
  const ended = await run({
    args: ["apply", "-f", "experiments.yml"],
    cwd,
    env: { SIXPACK_DASHBOARD_URL: `http://127.0.0.1:${port}` },
  });
  expect(ended).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^wide-last: .*of which wide-first has 0–60%/),
  });
  const told = [...ended.stdout.matchAll(/^([\w-]+): made$/gm)].map(([, name = ""]) => name);
  const names = new Set((await elsewhere.store.definitions.list()).map(({ name }) => String(name)));
  expect(told).toEqual(Object.keys(experiments).filter((name) => names.has(name)));
  expect(told).toContain("wide-first");
  expect(told).not.toContain("wide-last");
  expect(ended.stderr).toContain(`\n${told.length} changed before that, no others.\n`);
});

it("waits by a clock that nobody sets back", async () => {
  let nowMs = make.NOW_MS;
  const world = { out: { write: () => {} }, err: { write: () => {} }, nowMs: () => (nowMs -= DAY_MS) };
  const reading = { outcome: "keep-running", sentence: "Keep running.", winner: null } as Reading;
  const args = { wait: 20, every: 5, require: "ship" };
  expect(await gate(world as unknown as World, args, async () => reading)).toBe(OUTCOMES["keep-running"]);
});

it("applies the file of the docs, tells the same words before and after, and finds drift", async () => {
  const cwd = await temporaryFolder();
  const [, file = ""] = /```yaml\n(# experiments\.yml\n[\s\S]*?)```/.exec(DOCS) ?? [];
  const [, words = ""] = /\$ sixpack apply [^\n]*\n([\s\S]*?)```/.exec(DOCS) ?? [];
  await writeFile(join(cwd, "experiments.yml"), file);
  const editor = { SIXPACK_DASHBOARD_URL: url, SIXPACK_TOKEN: EDITOR };
  const apply = (more: readonly string[] = [], environment: Readonly<Record<string, string>> = editor) =>
    run({ args: ["apply", "-f", "experiments.yml", ...more], cwd, env: environment });
  expect(await apply([], env)).toMatchObject({ code: 2, stderr: expect.stringContaining("refuses (403)") });
  expect(await apply(["--dry-run"])).toMatchObject({ code: 3, stdout: words });
  expect(await context.store.definitions.read("checkout")).toBeUndefined();
  expect(await apply()).toMatchObject({ code: 0, stdout: words });
  expect(await apply(["--dry-run", "--prune", "archive"])).toMatchObject({ code: 0, stdout: "" });
  await writeFile(join(cwd, "experiments.yml"), "experiments: {checkout: {trafic: 1}}");
  expect(await apply()).toMatchObject({ code: 2, stderr: expect.stringContaining("did you mean `traffic`?") });
  const written = await (await fetch(`${url}/experiments.yml?experiment=checkout`, { headers: bearer(TOKEN) })).text();
  await writeFile(join(cwd, "experiments.yml"), written);
  expect(await apply([], {})).toMatchObject({ code: 0, stdout: words });
  const { stdout } = await run({ args: ["export", "--format", "yaml", "checkout"], cwd });
  expect(parse(stdout)).toEqual(parse(written));
  const schema = await fetch(`${url}/schemas/experiments.json`);
  expect([schema.status, (await schema.json()).title]).toEqual([200, "Experiments of Sixpack"]);
});

it("speaks MCP on standard input and output, for a dashboard with its roles, and for a folder", async () => {
  const cwd = await temporaryFolder();
  await run({ args: ["declare", "stored", "red", "green"], cwd });
  const speak = async (environment: Readonly<Record<string, string>>) => {
    const client = new Client({ name: "test", version: "1" });
    const [, configured] = /```json\n(\{\s*"mcpServers"[\s\S]*?)```/.exec(DOCS) ?? [];
    const { command, args } = JSON.parse(configured ?? "").mcpServers.sixpack;
    expect(command).toBe("sixpack");
    const asked = "SIXPACK_TOKEN" in environment ? ["mcp", "--url", url] : ["mcp"];
    expect(args.slice(0, 1)).toEqual(asked.slice(0, 1));
    await client.connect(
      new StdioClientTransport({ command: process.execPath, args: [SIXPACK, ...asked], env: { ...environment }, cwd }),
    );
    const { tools } = await client.listTools();
    const { content } = await client.callTool({ name: "list_experiments", arguments: {} });
    await client.close();
    return [tools.length, JSON.stringify(content)];
  };
  expect(await speak({ SIXPACK_TOKEN: TOKEN })).toEqual([5, expect.stringContaining("Ship green")]);
  expect(await speak({})).toEqual([8, expect.stringContaining("stored")]);
});

it("has the exit codes that the docs promise, and one for every verdict", () => {
  const rows = [...DOCS.matchAll(/^\| (\d+) \| `([a-z-]+)` \|/gm)].map(([, code, word]) => [word, Number(code)]);
  expect(Object.fromEntries(rows)).toEqual(OUTCOMES);
  expect(new Set(VERDICT_KINDS.map(outcomeOf))).toEqual(new Set(Object.keys(OUTCOMES)));
});
