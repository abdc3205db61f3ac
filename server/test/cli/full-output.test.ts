/** What is printed and logged onto a disk without room. `/dev/full` of Linux is one. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { expect, test } from "vitest";
import { SIXPACK } from "../support/command.ts";
import { atTheEnd } from "../support/one-test.ts";
import { freePort } from "../support/sixpack.ts";

/** A command whose standard output or standard error, or both, take nothing. */
function startFull(args: readonly string[], { out, err }: { readonly out: boolean; readonly err: boolean }) {
  const full = openSync("/dev/full", "w");
  const child = spawn(process.execPath, [SIXPACK, ...args], {
    env: { PATH: process.env["PATH"] },
    stdio: ["ignore", out ? full : "pipe", err ? full : "pipe"],
  });
  closeSync(full);
  atTheEnd(async () => void child.kill("SIGKILL"));
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = once(child, "close").then(([code]) => ({ code, stderr }));
  return { child, ended };
}

test.each([[["config"]], [["--version"]], [["completion", "bash"]]])(
  "a command that can't print %j says so and fails",
  async (args) => {
    expect(await startFull(args, { out: true, err: false }).ended).toEqual({
      code: 1,
      stderr: "error: expected standard output to take what is printed, got: ENOSPC: no space left on device, write\n",
    });
  },
);

test("a command that can't say what is wrong ends as it would have", async () => {
  expect((await startFull(["nonsense"], { out: false, err: true }).ended).code).toBe(2);
});

test("a server whose log has no room starts, serves and stops", async () => {
  const port = await freePort();
  const args = ["server", "--storage", "memory", "--port", String(port)];
  const { child, ended } = startFull(args, { out: true, err: true });
  const url = `http://127.0.0.1:${port}`;
  await expect.poll(() => fetch(`${url}/readyz`).then(({ status }) => status, String)).toBe(200);
  // Each refusal is a line of the log.
  for (const path of ["/participate", "/convert", "/participate"]) {
    expect((await fetch(`${url}${path}`)).status).toBe(400);
  }
  expect((await fetch(`${url}/participate?experiment=a&alternatives=b&alternatives=c&client_id=d`)).status).toBe(200);
  child.kill("SIGTERM");
  await ended;
});
