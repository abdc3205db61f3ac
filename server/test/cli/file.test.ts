/** The file of `sixpack export` and `sixpack import`, byte for byte: whatever a name holds, the line it stands in is one. */
import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { LocalStore } from "../../src/store/local/local-store.ts";
import { run } from "../support/command.ts";
import * as make from "../support/make.ts";
import { HOSTILE_NAMES } from "../support/names.ts";
import { stopping, temporaryFolder } from "../support/one-test.ts";
import { RedisServer } from "../support/redis-server.ts";

/** Bytes that a stream reads at once: letters of several bytes have to be torn by the border for the test to mean something. */
const PIECE_BYTES = 65_536;

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});

function command(name: "export" | "import", data: string, ...args: readonly string[]) {
  return run({ args: [name, ...args, "--data-dir", join(folder, data)] });
}

/** The file of a store in the folder `from` with an experiment of each name. */
async function fileWith(names: readonly string[], description = "", activity = ""): Promise<string> {
  const store = await LocalStore.open({ folder: join(folder, "from"), cacheSlots: 16 });
  for (const name of names) {
    const experiment = await make.created(store, make.draft({ name, description }));
    if (activity === "") continue;
    const entry = { experiment: experiment.name, actor: "ann", action: "describe", before: null, after: activity };
    await store.activity.append({ ...entry, atMs: 1 });
  }
  await store.close();
  const file = join(folder, "file.jsonl");
  expect(await command("export", "from", "-o", file)).toMatchObject({ code: 0 });
  return file;
}

async function expectNothingMade(data: string): Promise<void> {
  await expect(access(join(folder, data))).rejects.toMatchObject({ code: "ENOENT" });
}

describe("a file of experiments with any names", () => {
  it("is a line for each thing, and read back as it was written, whichever way lines end", async () => {
    const file = await fileWith(HOSTILE_NAMES, "日本語 \u2028 \u2029 \u0085 \v \f 🎲".repeat(20), "a\u2028b\r\nc");
    const bytes = await readFile(file);
    expect(bytes.length).toBeGreaterThan(2 * PIECE_BYTES);
    const lines = bytes.toString("utf8").trimEnd().split("\n");
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
    const windows = join(folder, "windows.jsonl");
    await writeFile(windows, `${lines.join("\r\n")}\r\n`);
    const cut = join(folder, "cut.jsonl");
    // Without the end of the last line, as editors leave it.
    await writeFile(cut, lines.join("\n"));
    for (const [index, source] of [file, windows, cut].entries()) {
      const { code, stdout, stderr } = await command("import", `to${index}`, source);
      expect(code, stderr).toBe(0);
      expect(stdout.split("imported  ").length - 1).toBe(HOSTILE_NAMES.length);
      const store = await LocalStore.open({ folder: join(folder, `to${index}`), cacheSlots: 16 });
      const names = (await store.definitions.list()).map(({ name }) => name);
      const entries = await store.activity.read({ limit: 1_000 });
      await store.close();
      expect(names.toSorted()).toEqual(HOSTILE_NAMES.toSorted());
      expect(entries.filter(({ after }) => after === "a\u2028b\r\nc")).toHaveLength(HOSTILE_NAMES.length);
    }
  });
});

describe("a file that is not UTF-8", () => {
  it.each([
    ["in Latin-1", (bytes: Buffer) => Buffer.from(bytes.toString("utf8"), "latin1")],
    ["in UTF-16", (bytes: Buffer) => Buffer.from(`\ufeff${bytes.toString("utf8")}`, "utf16le")],
    ["with one wrong byte", (bytes: Buffer) => Buffer.concat([bytes, Buffer.from([0xff, 0x0a])])],
    ["that ends within a letter", (bytes: Buffer) => Buffer.concat([bytes, Buffer.from([0xe6, 0x97])])],
  ])("is refused before anything is made, %s", async (_, spoil) => {
    const file = await fileWith(["büro"]);
    await writeFile(file, spoil(await readFile(file)));
    const { code, stdout, stderr } = await command("import", "to", file);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`${file}: Expected UTF-8, got other bytes: names would change.`);
    await expectNothingMade("to");
  });

  it("may begin with the mark of UTF-8, as Windows writes it", async () => {
    const file = await fileWith(["büro"]);
    await writeFile(file, Buffer.concat([Buffer.from("\ufeff"), await readFile(file)]));
    expect(await command("import", "to", file)).toMatchObject({ code: 0 });
  });
});

it("says what is stored already when the target takes no more of it", async () => {
  const file = await fileWith(["first", "second"]);
  const redis = stopping(await RedisServer.start());
  // Of the keys of experiments, those of the first alone.
  await redis.command("ACL", "SETUSER", "default", "resetkeys", "~sxp:{first}:*", "~sxp:[^{]*");
  const target = ["--set", `redis_socket=${redis.socketPath}`];
  const { code, stdout, stderr } = await run({ args: ["import", file, ...target] });
  expect([code, stdout], stderr).toEqual([1, expect.stringMatching(/^imported +first: .*\n$/)]);
});
