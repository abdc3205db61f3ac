/** The commands that ask a running dashboard: what they print, and how they end. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { PLAIN_ACTS } from "../../src/cli/commands/acting.ts";
import { hashToken, makeToken } from "../../src/ops/token.ts";
import { setArchived } from "../../src/service/administer/acts/state.ts";
import { ALL_ACTS } from "../../src/service/administer/acts/undo.ts";
import { run, start } from "../support/command.ts";
import * as make from "../support/make.ts";
import { temporaryFolder } from "../support/one-test.ts";
import { createExperiment, crowd, openApp, record } from "../web/support.ts";

const execute = promisify(execFile);

const TOKENS = { viewer: 7, editor: 8, admin: 9 } as const;
const tokenOf = (role: keyof typeof TOKENS) => makeToken(Buffer.alloc(32, TOKENS[role]));
const context = make.context();
const app = openApp(context, {
  access: {
    mode: { kind: "password", users: [] },
    tokens: (["viewer", "editor", "admin"] as const).map((role) => ({
      name: `${role}-job`,
      role,
      hash: hashToken(tokenOf(role)),
    })),
  },
});
let port = 0;

beforeAll(async () => {
  await createExperiment(context, "button", ["red", "green"]);
  await createExperiment(context, "old one", ["red", "green"]);
  const sold = crowd(0, 30, 4).map((visit) => ({ ...visit, converts: (visit.converts ?? []).map(() => "sale") }));
  await record(context, "old one", sold);
  await setArchived(context, { name: "old one", actor: "ann" }, true);
  await record(context, "button", [...crowd(0, 20, 3, "2025-02-27"), ...crowd(1, 22, 5, "2025-02-27")]);
  await app.listen({ port: 0, host: "127.0.0.1" });
  port = (app.server.address() as AddressInfo).port;
});

afterAll(() => app.close());

/** As somebody who has that token, and the dashboard in the configuration alone. */
function type(role: keyof typeof TOKENS, ...args: readonly string[]) {
  return run({ args, env: { SIXPACK_TOKEN: tokenOf(role), SIXPACK_WEB_PORT: String(port) } });
}

it("lists what is selected, one a line, and as the dashboard's JSON", async () => {
  const { stdout } = await type("viewer", "list");
  expect(stdout).toBe(
    "experiment   state    winner   KPI that decides   visitors   conversions\n" +
      "button       active   –        default                  42             8\n",
  );
  // Nobody uses its default KPI.
  expect((await type("viewer", "list", "--status", "all")).stdout).toMatch(/^old one +archived +– +sale +30 +4$/m);
  expect((await type("viewer", "list", "--search", "nothing")).stdout).toBe("No experiments.\n");
  const { experiments, counts } = JSON.parse((await type("viewer", "list", "--json")).stdout);
  expect([experiments.map(({ name }: { name: string }) => name), counts.all]).toEqual([["button"], 2]);
  expect(await type("viewer", "list", "--status", "gone")).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringContaining("Expected `status`"),
  });
});

it("shows what the page says, and every figure as JSON", async () => {
  const { code, stdout } = await type("viewer", "show", "button");
  const summary = await app.inject({
    url: "/experiments/button/summary.md",
    headers: { authorization: `Bearer ${tokenOf("viewer")}` },
  });
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${summary.body.trimEnd()}\n` });
  expect(stdout).toContain("Too early");
  expect(JSON.parse((await type("viewer", "show", "old one", "--json")).stdout).definition.state).toBe("archived");
});

it("acts with the words of the page, says when nothing was left to do, and stands in the log by its token", async () => {
  expect(await type("editor", "pause", "button")).toEqual({
    code: 0,
    stdout: "Paused: everybody gets the control of button.\n",
    stderr: "",
  });
  expect((await type("editor", "pause", "button")).stdout).toBe("Nothing to do: it was so already.\n");
  expect((await type("editor", "resume", "button")).stdout).toBe("button goes on.\n");
  expect((await type("editor", "unarchive", "old one")).stdout).toBe("Took old one back from the archive.\n");
  const chosen = await type("editor", "winner", "button", "green", "--reason", "more orders", "--json");
  expect(JSON.parse(chosen.stdout)).toMatchObject({
    status: "ok",
    text: "Everybody gets green now.",
    definition: { winner: "green" },
    entry: { action: "set-winner" },
  });
  expect((await type("editor", "winner", "button")).stdout).toBe("button is testing again.\n");
  expect((await type("admin", "delete", "old one", "--yes")).stdout).toMatch(/^Deleted old one\. It can be restored/);
  expect((await type("admin", "restore", "old one")).stdout).toBe("Restored old one.\n");
  const entries = await context.store.activity.read({ limit: 7 });
  expect(entries.map(({ actor, action }) => `${actor} ${action}`)).toEqual([
    "admin-job restore",
    "admin-job delete",
    "editor-job reset-winner",
    "editor-job set-winner",
    "editor-job unarchive",
    "editor-job resume",
    "editor-job pause",
  ]);
});

it("does what docs/automation.md types with curl, and answers as it says", async () => {
  const docs = readFileSync(new URL("../../../docs/automation.md", import.meta.url), "utf8");
  const section = docs.slice(docs.indexOf("## Over HTTP"), docs.indexOf("## A link for"));
  const lines = [...section.matchAll(/^curl .*$/gm)].map(([line]) =>
    line.replace("localhost:5001", `127.0.0.1:${port}`),
  );
  expect(lines).toHaveLength(4);
  const env = { ...process.env, SIXPACK_TOKEN: tokenOf("editor") };
  const answers = [];
  for (const line of lines) answers.push(JSON.parse((await execute("sh", ["-c", line], { env })).stdout));
  const [all, one, paused, won] = answers;
  expect([all.counts.all, one.name, paused.definition.paused]).toEqual([2, "button", true]);
  const [, shown = ""] = /```json\n(.*)\n/.exec(section) ?? [];
  expect(won).toMatchObject(JSON.parse(shown));
});

it("makes a link, reads by it and takes it back as docs/automation.md types it", async () => {
  const docs = readFileSync(new URL("../../../docs/automation.md", import.meta.url), "utf8");
  const section = docs.slice(docs.indexOf("## A link for"), docs.indexOf("## The verdict"));
  const [, script = ""] = /```sh\n([\s\S]*?)```/.exec(section) ?? [];
  const cwd = await temporaryFolder();
  const env = { ...process.env, SIXPACK_TOKEN: tokenOf("editor") };
  const typed = script.replaceAll("localhost:5001", `127.0.0.1:${port}`);
  const { stdout } = await execute("sh", ["-c", typed], { env, cwd });
  expect(`It prints ${stdout.trim().replace("\n", ", ").replace("\n", " and ")}.`).toBe(
    /^It prints .*?\./m.exec(section)?.[0],
  );
  expect(readFileSync(`${cwd}/readout.md`, "utf8")).toContain("# button");
  expect(readFileSync(`${cwd}/readout.svg`, "utf8")).toMatch(/^<svg|^<\?xml/);
});

it("exports, forgets and frees through a server that runs, without a login too, and the log says so", async () => {
  const cwd = await temporaryFolder();
  const server = start({ args: ["start", "--port", "0", "--web-port", "0"], cwd });
  const [, api = ""] = await server.printed(/API +(\S+)/);
  const [, url = ""] = await server.printed(/Dashboard +(\S+)/);
  const join = async (client: string) =>
    (await fetch(`${api}/participate?experiment=button&alternatives=red&alternatives=blue&client_id=${client}`)).json();
  for (const client of ["ann", "bob", "cora"]) await join(client);
  const ask = (...args: readonly string[]) => run({ args: [...args, "--url", url], cwd });
  const file = async () => (await ask("export")).stdout.trimEnd().split("\n");
  expect(JSON.parse((await file()).at(-1) ?? "")).toEqual({ kind: "footer", experiments: 1 });
  expect((await ask("export", "-o", "all.jsonl", "button")).code).toBe(0);
  expect(await ask("export", "typo")).toMatchObject({ code: 2, stderr: expect.stringContaining('got "typo"') });
  expect((await ask("export", "--format", "yaml")).stdout).toMatch(/^experiments:\n {2}button:\n/m);
  expect((await ask("export", "--clients", "button")).stdout.trimEnd().split("\n")).toHaveLength(4);
  expect(await ask("forget", "bob")).toEqual({
    code: 0,
    stdout: "forgotten  button\n",
    stderr: "Forgotten in 1 experiment.\n",
  });
  // What the process remembered is forgotten, too: bob begins anew and counts once more.
  expect((await ask("list")).stdout).toMatch(/^button .* 2 +0$/m);
  await join("bob");
  expect((await ask("list")).stdout).toMatch(/^button .* 3 +0$/m);
  expect(await ask("compact", "button")).toMatchObject({ code: 2, stderr: expect.stringContaining("not archived") });
  expect((await ask("archive", "button")).stdout).toBe("Archived button.\n");
  expect((await ask("compact", "button")).stdout).toMatch(/^freed {2}button: 3 client records/);
  const log = await (await fetch(`${url}/activity`)).text();
  for (const words of ["exported, with its clients,", "forgot a client of", "freed the client records of"]) {
    expect(log).toContain(words);
  }
  await server.stop();
  expect((await run({ args: ["import", "all.jsonl", "--data-dir", "other"], cwd })).stdout).toMatch(
    /^imported.*3 clients/,
  );
});

it("lets admins alone export, forget and free", async () => {
  const cases = [["export"], ["forget", "ann"], ["compact", "button"]];
  for (const args of cases) {
    const url = `http://127.0.0.1:${port}`;
    expect(await type("editor", ...args, "--url", url), args[0]).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("your role does not allow this"),
    });
  }
});

it("ends with 2 for what is refused and 3 where nobody answers, and says which", async () => {
  const cases: readonly (readonly [readonly string[], number, string])[] = [
    [["reset", "button"], 2, 'Expected --yes: reset takes away what "button" has measured'],
    [["reset", "button", "--yes"], 2, "your role does not allow this"],
    [["pause", "buton"], 2, "experiment not found"],
    [["winner", "button", "pink"], 2, "this experiment has no such alternative"],
    [["winner", "button", "--reason", "why"], 2, "Expected an alternative with --reason, got none"],
    [["list", "--token", "sxp_wrong"], 2, "sixpack hash-password NAME --token"],
    [["show", "button", "--url", "http://127.0.0.1:1"], 3, "Nobody answers at http://127.0.0.1:1"],
  ];
  for (const [args, code, message] of cases) {
    expect(await type("editor", ...args), args.join(" ")).toEqual({
      code,
      stdout: "",
      stderr: expect.stringContaining(message),
    });
  }
});

it("each act is one of the dashboard, with its role, and what is typed there takes --yes here", () => {
  for (const { name, path, role, destructive } of PLAIN_ACTS) {
    const act = ALL_ACTS.find((one) => one.path === path);
    expect({ role: act?.role, destructive: act?.typed }, name).toEqual({ role, destructive });
  }
});

it("docs/automation.md has a row for each of these commands", () => {
  const docs = readFileSync(new URL("../../../docs/automation.md", import.meta.url), "utf8");
  for (const name of ["list", "show", "winner", ...PLAIN_ACTS.map((act) => act.name)]) {
    expect(docs).toMatch(new RegExp(`^\\| \`sixpack ${name}\\b`, "m"));
  }
});

it("plays an experiment again, as the documentation shows it, and says what it can't", async () => {
  await createExperiment(context, "trial", ["red", "green"]);
  for (const day of [20, 21, 22, 23]) {
    const visits = [0, 1].flatMap((arm) => crowd(arm, 60, 15, `2025-02-${day}`));
    await record(context, "trial", visits);
  }
  const { stdout, code } = await type("viewer", "calibrate", "trial");
  expect(code).toBe(0);
  const docs = readFileSync(new URL("../../../docs/automation.md", import.meta.url), "utf8");
  expect(docs).toContain(`$ sixpack calibrate trial\n${stdout}`);
  const { status, runs } = JSON.parse((await type("viewer", "calibrate", "trial", "--json")).stdout);
  expect([status, runs]).toEqual(["done", 200]);
  const refused = await type("viewer", "calibrate", "button");
  expect(refused).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("at least two days") });
});
