import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { LocalStore } from "../../src/store/local/local-store.ts";
import { run, start } from "../support/command.ts";
import * as make from "../support/make.ts";
import { temporaryFolder } from "../support/one-test.ts";

it("declares in the folder of a server that is stopped; the server then knows it", async () => {
  const cwd = await temporaryFolder();
  const args = ["declare", "button", "red", "green", "--weights", "3,1"];
  expect(await run({ args, cwd })).toMatchObject({ code: 0, stderr: "declared button\n" });
  expect(await run({ args, cwd })).toMatchObject({ code: 0, stderr: "button is declared already\n" });
  const server = start({ args: ["--port", "0", "--set", "declared_only=true"], cwd });
  const [, api = ""] = await server.printed(/API +(\S+)/);
  const statusOf = async (experiment: string) => {
    const query = `experiment=${experiment}&alternatives=red&alternatives=green&client_id=1`;
    return (await fetch(`${api}/participate?${query}`)).status;
  };
  expect(await statusOf("button")).toBe(200);
  expect(await statusOf("typo")).toBe(403);
  const busy = await run({ args, cwd });
  expect(busy.code).toBe(3);
  expect(busy.stderr).toContain(`process ${server.child.pid} `);
});

it("puts experiments into slices of a layer, and refuses one that overlaps, also from a file", async () => {
  const [cwd, elsewhere] = [await temporaryFolder(), await temporaryFolder()];
  const declare = (name: string, layer: string, folder = cwd) =>
    run({ args: ["declare", name, "red", "green", "--layer", layer], cwd: folder });
  expect(await declare("one", "checkout:0-0.5")).toMatchObject({ code: 0, stderr: "declared one\n" });
  expect(await declare("two", "checkout:0.5-0.8")).toMatchObject({ code: 0 });
  const taken = "of which one has 0–50% until it is archived. Free: 80–100%";
  expect(await declare("three", "checkout:0.4-0.6")).toMatchObject({
    code: 1,
    stderr: `Expected a slice that nobody has, got checkout 40–60%, ${taken}\n`,
  });
  expect(await declare("three", "checkout:0.4-0.6", elsewhere)).toMatchObject({ code: 0 });
  const { stdout } = await run({ args: ["export"], cwd: elsewhere });
  await writeFile(join(cwd, "elsewhere.jsonl"), stdout);
  const imported = await run({ args: ["import", "elsewhere.jsonl"], cwd });
  expect(imported).toMatchObject({ code: 1, stderr: expect.stringContaining(taken) });

  // What was imported before imports looked: `doctor` tells.
  const store = await LocalStore.open({ folder: join(cwd, "data"), cacheSlots: 0 });
  const slice = { layer: "checkout", from: 0.4, to: 0.6 };
  await make.created(store, make.draft({ name: "three", alternatives: ["red", "green"], slice }));
  await store.close();
  const doctor = await run({ args: ["doctor", "--port", "0", "--web-port", "0"], cwd });
  expect(doctor.stdout).toContain("warn  layer checkout: one has 0–50% and three 40–60%: clients are in both");
  expect(doctor.stdout).toContain("warn  layer checkout: three has 40–60% and two 50–80%: clients are in both");
});

it("refuses a store that nothing is kept in, as every command does that works on the store", async () => {
  const cwd = await temporaryFolder();
  const { code, stderr } = await run({ args: ["declare", "button", "red", "green", "--storage", "memory"], cwd });
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("Nothing is kept in memory") });
});

it("says what is declared already, and is the command line's in the log", async () => {
  const cwd = await temporaryFolder();
  await run({ args: ["declare", "button", "red", "green"], cwd });
  expect(await run({ args: ["declare", "button", "red", "blue"], cwd })).toMatchObject({
    code: 1,
    stderr: "Expected the stored alternatives of button (red, green), got red, blue\n",
  });
  const { stdout } = await run({ args: ["export"], cwd });
  expect(stdout.split("\n").filter((line) => line.includes('"declare"'))).toEqual([
    expect.stringContaining('"actor":"command line"'),
  ]);
});
