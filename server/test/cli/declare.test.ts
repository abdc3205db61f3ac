import { expect, it } from "vitest";
import { cleanUpAfterEach, run, start, temporaryFolder } from "../support/command.ts";

cleanUpAfterEach();

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
  expect(busy.code).toBe(1);
  expect(busy.stderr).toContain(`process ${server.child.pid} `);
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
