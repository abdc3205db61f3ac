/** The commands that move data, as a person runs them, on real stores and servers. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run, start } from "../support/command.ts";
import { temporaryFolder } from "../support/one-test.ts";
import { RedisServer } from "../support/redis-server.ts";
import { fill, recordedKeyspace } from "../support/sixpack-keyspace.ts";
import { storedIn } from "../support/stored.ts";

const HAS_IDS = "email-hero";

let server: RedisServer;
let source: string;

beforeAll(async () => {
  server = await RedisServer.start();
  source = `unix://${server.socketPath}`;
  await fill(server.socketPath, recordedKeyspace());
});
afterAll(() => server.stop());

async function imported(...args: readonly string[]): Promise<string> {
  const cwd = await temporaryFolder();
  const { code, stderr } = await run({ args: ["import", source, ...args], cwd });
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  return cwd;
}

describe("sixpack import redis://…", () => {
  it("says what there is, then takes it over, then finds it there", async () => {
    const cwd = await temporaryFolder();
    const dry = await run({ args: ["import", source, "--dry-run"], cwd });
    expect(dry).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("Nothing was written. Found 14 experiments"),
    });
    expect(dry.stdout).toContain(
      "found     search: archived and paused, 2 alternatives, 2 KPIs, 2 clients, 27 counted",
    );
    const real = await run({ args: ["import", source], cwd });
    expect(real.stdout).toBe(dry.stdout.replaceAll(/^found {3}/gm, "imported"));
    const again = await run({ args: ["import", source], cwd });
    expect(again).toMatchObject({ code: 0, stdout: dry.stdout.replaceAll(/^found/gm, "there") });
  });

  it("leaves what differs alone and says how to replace it", async () => {
    const cwd = await imported("--only", HAS_IDS);
    await run({ args: ["forget", "u-0067"], cwd });
    const { code, stdout, stderr } = await run({ args: ["import", source, "--only", HAS_IDS], cwd });
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringMatching(/^exists {4}email-hero: /) });
    expect(stderr).toContain("--replace");
    expect((await run({ args: ["import", source, "--only", HAS_IDS, "--replace"], cwd })).code).toBe(0);
  });

  it("tells what keeps it from reading or writing", async () => {
    const cwd = await temporaryFolder();
    const tell = async (...args: readonly string[]) => (await run({ args: ["import", ...args], cwd })).stderr;
    expect(await tell(source, "--prefix", "other")).toContain("under the prefix other. Name another with --prefix.");
    expect(await tell(source, "--only", "nobody")).toContain("nobody");
    expect(await run({ args: ["import", "redis://127.0.0.1:1/0"], cwd })).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("Expected Redis to answer"),
    });
    expect(await tell(source, "--storage", "memory")).toContain("Nothing is kept in memory");
    expect(await tell("no-such-file")).toContain("No file no-such-file.");
    expect(await tell(".")).toContain("Expected a file, got the folder .");
  });
});

describe("sixpack export and import FILE", () => {
  it("carry everything from a folder into another, by a file that is not written over", async () => {
    const cwd = await imported();
    const { code, stdout } = await run({ args: ["export", "--output", "all.jsonl"], cwd });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect((await run({ args: ["export", "--output", "all.jsonl"], cwd })).stderr).toContain("is there already");
    const first = await run({ args: ["import", "all.jsonl", "--data-dir", "other"], cwd });
    expect(first.stdout.match(/^imported {2}/gm)).toHaveLength(14);
    const again = await run({ args: ["export", "--data-dir", "other", HAS_IDS], cwd });
    const lines = (text: string) => text.split("\n").filter((line) => /"kind":"(record|tally|end)"/.test(line));
    const all = await readFile(join(cwd, "all.jsonl"), "utf8");
    const before = await run({ args: ["export", HAS_IDS], cwd });
    expect(lines(again.stdout)).toEqual(lines(before.stdout));
    expect(lines(all).length).toBeGreaterThan(lines(before.stdout).length);
  });
});

describe("sixpack export of what can't be exported", () => {
  it("says what is wrong with it, and leaves no file that is in the way of the next try", async () => {
    const cwd = await imported("--only", HAS_IDS);
    expect(await run({ args: ["export", "typo", "-o", "b.jsonl"], cwd })).toMatchObject({
      code: 1,
      stderr: 'Expected an experiment that exists, got "typo"\n',
    });
    expect(await readdir(cwd)).toEqual(["data"]);
    expect((await run({ args: ["export", HAS_IDS, "-o", "b.jsonl"], cwd })).code).toBe(0);
    const written = await readFile(join(cwd, "b.jsonl"), "utf8");
    const over = await run({ args: ["export", "typo", "-o", "b.jsonl"], cwd });
    expect(over).toMatchObject({ code: 1, stderr: expect.stringContaining("b.jsonl is there already") });
    expect(await readFile(join(cwd, "b.jsonl"), "utf8")).toBe(written);
    const nowhere = await run({ args: ["export", HAS_IDS, "-o", "nowhere/b.jsonl"], cwd });
    expect(nowhere).toMatchObject({ code: 1, stderr: "No file nowhere/b.jsonl.\n" });
  });
});

describe("sixpack export --clients", () => {
  it("writes a row per client, with the ids that were kept", async () => {
    const cwd = await temporaryFolder();
    const env = { SIXPACK_CONFIG_KEEP_CLIENT_IDS: "true" };
    const { code } = await run({ args: ["import", source, "--only", HAS_IDS], cwd, env });
    expect(code).toBe(0);
    const { stdout } = await run({ args: ["export", "--clients", HAS_IDS], cwd });
    const [head, ...rows] = stdout.trimEnd().split("\r\n");
    expect(head).toMatch(/^client_id,alternative,epoch,joined,day,events,total(,[^,]+:(day|events|total))*$/);
    expect(rows.length).toBeGreaterThan(10);
    for (const row of rows) expect(row).toMatch(/^[\w-]+,[\w()-]+,0,\d{4}-\d{2}-\d{2},/);
    await run({ args: ["export", "--clients", HAS_IDS, "-o", "clients.csv"], cwd });
    expect(await readFile(join(cwd, "clients.csv"), "utf8")).toBe(stdout);

    await run({ args: ["forget", "u-0067"], cwd });
    const after = (await run({ args: ["export", "--clients", HAS_IDS], cwd })).stdout;
    expect(stdout).toContain("\r\nu-0067,");
    expect(after).not.toContain("u-0067");
  });

  it("is the file that a running server gives, and what it forgets is nowhere in the folder", async () => {
    const cwd = await temporaryFolder();
    const env = { SIXPACK_CONFIG_KEEP_CLIENT_IDS: "true" };
    const server = start({ args: ["start", "--port", "0", "--web-port", "0"], cwd, env });
    const [, api = ""] = await server.printed(/API +(\S+)\n/);
    const [, web = ""] = await server.printed(/[Dd]ashboard +(\S+)\n/);
    const ids = ["=cmd()", "ünï ✓", "0f9b6f0c5a3e4d7c8b21"];
    for (const id of ids) {
      const query = new URLSearchParams({ experiment: "served", alternatives: "red", client_id: id });
      query.append("alternatives", "blue");
      expect((await fetch(new URL(`/participate?${query}`, api))).status).toBe(200);
    }
    const served = await (await fetch(new URL("/experiments/served/clients.csv", web))).text();
    expect(served.trimEnd().split("\r\n")).toHaveLength(4);
    expect(served).toMatch(/^'=cmd\(\),(red|blue),0,/m);
    await server.stop();
    const written = await run({ args: ["export", "--clients", "served"], cwd });
    expect(written.stdout).toBe(served);

    const holdsIt = async () => (await storedIn(join(cwd, "data"))).includes("0f9b6f0c5a3e4d7c8b21");
    expect(await holdsIt()).toBe(true);
    await run({ args: ["forget", "0f9b6f0c5a3e4d7c8b21"], cwd });
    expect(await holdsIt()).toBe(false);
  });

  it("takes one experiment, which has to be there", async () => {
    const cwd = await imported("--only", HAS_IDS);
    const both = await run({ args: ["export", "one", "--clients", "other"], cwd });
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining("got both") });
    const none = await run({ args: ["export", "--clients", "nothing"], cwd });
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('got "nothing"') });
  });
});

describe("sixpack forget and compact", () => {
  it("say what they did, and doctor finds nothing wrong", async () => {
    const cwd = await imported();
    expect(await run({ args: ["forget", "u-0067"], cwd })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("forgotten  email-hero\n"),
    });
    expect((await run({ args: ["forget", "u-0067"], cwd })).stderr).toBe(
      "No experiment has a record of this client.\n",
    );
    expect((await run({ args: ["compact", HAS_IDS], cwd })).stderr).toContain("Archive it first.");
    expect((await run({ args: ["compact", "search"], cwd })).stdout).toMatch(/^freed {2}search: 2 client records/);
    const { stdout } = await run({ args: ["doctor", "--records"], cwd });
    expect(stdout.match(/^ok +records of /gm)).toHaveLength(14);
  });
});

describe("sixpack shadow", () => {
  it("lists the differences of two servers, and none of two alike", async () => {
    const cwd = await temporaryFolder();
    const question = "/participate?experiment=color&alternatives=red&alternatives=blue&client_id=";
    const logged = ["ann", "bob"].map((client) => `x - - [d] "GET ${question}${client} HTTP/1.1" 200 1`);
    await writeFile(
      join(cwd, "access.log"),
      `${logged.join("\n")}\nx - - [d] "GET /convert?experiment=color HTTP/1.1" 400 1\n`,
    );
    const urls: string[] = [];
    for (const _ of [1, 2]) {
      const command = start({ args: ["start", "--storage", "memory", "--port", "0", "--web-port", "0"], cwd });
      const [, api = ""] = await command.printed(/API +(\S+)\n/);
      urls.push(api);
    }
    const [one = "", other = ""] = urls;
    const args = ["shadow", "access.log", "--old", one, "--new", other];
    expect(await run({ args, cwd })).toMatchObject({
      code: 0,
      stdout: "",
      stderr: expect.stringContaining("2 requests, 0 answered differently; 1 lines skipped."),
    });
    await (await fetch(`${one}${question}ann&force=blue&record_force=true`)).text();
    // By its hash she gets red, so only the server that was told otherwise answers blue.
    expect(await run({ args, cwd })).toMatchObject({
      code: 1,
      stdout: `${question}ann&prefetch=true\n  body.alternative.name "blue" → "red"\n`,
    });
    const changed = await run({ args: [...args, "--record"], cwd });
    expect(changed.stderr).toContain("3 requests");
    const unreachable = await run({ args: ["shadow", "access.log", "--old", one, "--new", "http://127.0.0.1:1"], cwd });
    expect(unreachable).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("http://127.0.0.1:1 does not answer"),
    });
  });
});
