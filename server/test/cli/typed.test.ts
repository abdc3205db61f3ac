/**
 * Every block of commands in the documents is run: here, typed as it stands but for ports and folders, or by the file that
 * is named for it. One that nothing runs has its reason in NOT_RUN, and there is no other.
 */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Command, SIXPACK } from "../support/command.ts";
import { blocks } from "../support/documents.ts";
import { PATIENT_REDIS } from "../support/patience.ts";
import { RedisServer } from "../support/redis-server.ts";
import { freePort } from "../support/sixpack.ts";
import { fill, recordedKeyspace } from "../support/sixpack-keyspace.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const execute = promisify(execFile);

/** By page: files that read it and run its blocks, or those of its blocks that have the words. */
const ELSEWHERE: readonly (readonly [page: RegExp, file: string, words?: string])[] = [
  [/^README\.md$/, "scripts/runtimes/tutorial.mjs", "npm start\n"],
  [/^README\.md$/, "scripts/runtimes/tutorial.mjs", "sixpack.js seed"],
  [/^docs\/tutorial\.md$/, "scripts/runtimes/tutorial.mjs"],
  [/^docs\/http-api\.md$/, "server/test/docs.test.ts", "$ curl"],
  [/^docs\/automation\.md$/, "server/test/cli/remote.test.ts", "curl "],
  [/^docs\/automation\.md$/, "server/test/cli/remote.test.ts", "calibrate"],
  [/^docs\/automation\.md$/, "server/test/cli/gate.test.ts", "verdict"],
  [/^examples\/README\.md$/, "scripts/runtimes/examples.mjs"],
  [/^examples\/nextjs\/README\.md$/, "scripts/runtimes/next.mjs"],
  [/^clients\/(?:typescript|openfeature|python|ruby|php|go)\/README\.md$/, "scripts/runtimes/pages.mjs"],
  [/^clients\/(?:java|csharp)\/README\.md$/, "scripts/runtimes/compiled.mjs"],
];

const NOT_RUN: Readonly<Record<string, string>> = {
  "npm test": "is what runs this",
  "npm start -- --port 8000": "server/test/cli/npm-start.test.ts types it with a free port",
};

/** What was typed here, without comments, by one name of the command. */
const typed = new Set<string>();
const plain = (line: string) =>
  line
    .replace(/\s+#.*$/, "")
    .replace("node server/bin/sixpack.js", "sixpack")
    .trim();
const blocksOf = (page: string) => blocks().filter((block) => block.page === page && block.language === "sh");

let folder = "";
let server: Command;
let redis: RedisServer;
let [api, web, redisPort, otherRedisPort] = [0, 0, 0, 0];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sixpack-typed-"));
  [api, web, redisPort, otherRedisPort] = [await freePort(), await freePort(), await freePort(), await freePort()];
  await mkdir(join(folder, "bin"));
  await writeFile(join(folder, "bin/sixpack"), `#!/bin/sh\nexec "${process.execPath}" "${SIXPACK}" "$@"\n`);
  await chmod(join(folder, "bin/sixpack"), 0o755);
  // Looks like a checkout to \`node server/bin/…\`.
  await symlink(join(ROOT, "server"), join(folder, "server"));
  server = serve("sixpack start");
  await server.printed(/Dashboard/);
});

afterAll(async () => {
  await server.stop("SIGKILL");
  await redis?.stop();
  await rm(folder, { recursive: true, force: true });
});

const environment = () => ({
  PATH: `${folder}/bin:${process.env["PATH"]}`,
  SIXPACK_PORT: String(api),
  SIXPACK_WEB_PORT: String(web),
  ...PATIENT_REDIS,
  PID: String(server?.child.pid),
});

/** A command with the ports and folders of this test in the place of those that the page says. */
function here(command: string): string {
  typed.add(plain(command));
  return command
    .replaceAll(/localhost:5000/g, `localhost:${api}`)
    .replaceAll(/localhost:5001/g, `localhost:${web}`)
    .replaceAll("localhost:6379", `localhost:${redisPort}`)
    .replaceAll("-p 6379", `-p ${redisPort}`)
    .replaceAll("redis-cli config", `redis-cli -p ${otherRedisPort} config`)
    .replaceAll("redis-server --dir", `redis-server --port ${otherRedisPort} --dir`)
    .replaceAll("/new/dir", join(folder, "new-dir"));
}

/** What a command prints that ends; its code has to be 0. */
async function type(command: string): Promise<string> {
  const { stdout } = await execute("sh", ["-c", here(command)], { cwd: folder, env: environment() });
  return stdout;
}

/** One that goes on until it is stopped. */
function serve(command: string): Command {
  const args = [here(command).replace(/^((?:\w+=\S+ )*)/, "$1 exec ")];
  return new Command({ node: "sh", script: "-c", args, cwd: folder, env: environment() });
}

async function served(command: string): Promise<void> {
  const serving = serve(command);
  await serving.printed(/API|Dashboard/);
  expect([command, (await serving.stop()).code]).toEqual([command, 0]);
}

const linesOf = (text: string) => text.split("\n").filter((line) => plain(line) !== "");

it("README's first calls are answered as it says, and its commands run", async () => {
  const page = readFileSync(`${ROOT}README.md`, "utf8");
  const [, answer = ""] = /^```json\n(.*)\n```$/m.exec(page) ?? [];
  const calls = blocksOf("README.md").filter(({ text }) => text.startsWith("curl "));
  const [first, ...others] = calls.map(({ text }) => text.trim());
  expect((await type(first ?? "")).trim()).toBe(answer);
  for (const call of others) expect(JSON.parse(await type(call))).toMatchObject({ status: "ok" });
  const commands = linesOf(blocksOf("README.md").find(({ text }) => text.includes("config"))?.text ?? "");
  const asks = commands.filter((line) => line.includes(" list ") || line.includes(" verdict "));
  expect(asks).toHaveLength(2);
  const [list = "", verdict = ""] = asks;
  expect(await type(list)).toContain("button-color");
  // One visitor says nothing: not to be shipped.
  await expect(type(verdict)).rejects.toMatchObject({ code: 11, stdout: expect.stringMatching(/^Too early/) });
});

it("what troubleshooting and the API's page type is answered by a server that runs", async () => {
  for (const { text } of [...blocksOf("docs/troubleshooting.md"), ...blocksOf("docs/http-api.md")]) {
    for (const line of linesOf(text)) expect(await type(line), line).not.toBe("");
  }
});

it("docs/automation.md makes a token, and says what its file would change as `apply` does", async () => {
  const [hash] = blocksOf("docs/automation.md");
  expect(await type(hash?.text ?? "")).toContain("deploy:editor:");
  const all = blocks().filter(({ page }) => page === "docs/automation.md");
  const file = all.find(({ text }) => text.startsWith("# experiments.yml"))?.text ?? "";
  await writeFile(join(folder, "experiments.yml"), file);
  const shown = all.find(({ text }) => text.startsWith("$ sixpack apply"))?.text ?? "";
  const [command = "", ...answer] = shown.split("\n");
  // As a check in a pipeline it ends with 3 where something would change.
  await expect(type(command.replace("$ ", ""))).rejects.toMatchObject({ code: 3, stdout: answer.join("\n") });
});

it("a backup is made, moved and mended as docs/operations.md types it", async () => {
  const [online, offline, , repair] = blocksOf("docs/operations.md");
  for (const line of linesOf(online?.text ?? "")) await type(line);
  const [stop = "", ...others] = linesOf(offline?.text ?? "");
  const last = others.pop() ?? "";
  await type(stop);
  expect((await server.ended).code).toBe(0);
  await rm(join(folder, "restored"), { recursive: true });
  for (const line of others) await type(line);
  await served(last);
  for (const line of linesOf(repair?.text ?? "")) await type(line);
});

it("README's other commands run where no server does", async () => {
  redis = await RedisServer.start("--port", String(redisPort), "--repl-diskless-sync-delay", "0");
  await fill(redis.socketPath, recordedKeyspace());
  await redis.command("SWAPDB", "0", "15");
  await writeFile(join(folder, "config.yml"), "enabled: true\n");
  const commands = linesOf(blocksOf("README.md").find(({ text }) => text.includes("doctor"))?.text ?? "");
  const left = commands.filter((line) => !typed.has(plain(line)) && NOT_RUN[plain(line)] === undefined);
  for (const line of left) {
    if (/sixpack(?:-web\.js)?$/.test(plain(line))) await served(line);
    else expect(await type(line), line).not.toBe("");
  }
  for (const { text } of blocksOf("docs/faq.md")) {
    for (const line of linesOf(text)) if (!typed.has(plain(line))) expect(await type(line), line).not.toBe("");
  }
});

it("Redis is copied as docs/operations.md types it", async () => {
  await mkdir(join(folder, "new-dir"));
  const [dump = "", copy = "", start = "", append = ""] = linesOf(blocksOf("docs/operations.md")[2]?.text ?? "");
  for (const line of [dump, copy]) await type(line);
  const copied = serve(start);
  await copied.printed(/Ready to accept connections/);
  expect(await type(append)).toBe("OK\n");
  const ask = async (port: number, ...words: string[]) =>
    (await execute("redis-cli", ["-p", String(port), "-n", "15", ...words])).stdout.trim();
  const count = (port: number) => ask(port, "dbsize");
  expect(await count(otherRedisPort)).toBe(await count(redisPort));
  // A Redis that is writing its first append-only file refuses to end.
  await expect.poll(() => ask(otherRedisPort, "info", "persistence")).toMatch(/aof_rewrite_in_progress:0/);
  await copied.stop();
});

it("nothing else is left to run", () => {
  const left = blocks().flatMap(({ page, language, text }) => {
    if (language !== "sh" && !(language === "console" && text.startsWith("$ "))) return [];
    const runner = ELSEWHERE.find(([of, , words = ""]) => of.test(page) && text.includes(words));
    if (runner !== undefined) return [];
    const lines = language === "sh" ? linesOf(text) : text.split("\n").filter((line) => line.startsWith("$ "));
    return lines
      .map((line) => plain(line.replace(/^\$ /, "")))
      .filter((line) => !typed.has(line) && NOT_RUN[line] === undefined)
      .map((line) => `${page}: ${line}`);
  });
  expect(left).toEqual([]);
  for (const [page, file, words = ""] of ELSEWHERE) {
    const runner = existsSync(ROOT + file) ? readFileSync(ROOT + file, "utf8") : "";
    const names = blocks().filter((block) => page.test(block.page) && block.text.includes(words));
    expect(names.length, file).toBeGreaterThan(0);
    const reads = names.every((block) => runner.includes(basename(block.page)));
    expect([file, reads || (words !== "" && runner.includes(words.trim()))]).toEqual([file, true]);
  }
});
