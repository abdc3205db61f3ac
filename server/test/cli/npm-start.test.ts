import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { temporaryFolder } from "../support/one-test.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

async function isServed(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/_status`)).ok;
  } catch {
    return false;
  }
}

it("npm start serves, takes options, and stops the server when npm is stopped", async () => {
  const folder = await temporaryFolder();
  const npm = spawn("npm", ["start", "--", "--port", "0", "--web-port", "0", "--data-dir", folder], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"], HOME: folder },
    stdio: ["ignore", "pipe", "ignore"],
  });
  let stdout = "";
  npm.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  await expect.poll(() => stdout).toMatch(/Dashboard/);
  const urls = [...stdout.matchAll(/(?:API|Dashboard) +(\S+)/g)].map(([, url = ""]) => url);
  expect(await Promise.all(urls.map(isServed))).toEqual([true, true]);
  const ended = once(npm, "exit");
  npm.kill("SIGTERM");
  await ended;
  await expect.poll(() => Promise.all(urls.map(isServed))).toEqual([false, false]);
});
