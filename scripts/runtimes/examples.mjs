/**
 * The examples, started by the commands of examples/README.md in a checkout, and bought from in Chromium. Next.js has a part
 * of its own (next.mjs).
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBrowser } from "../chromium.mjs";
import { ROOT } from "../prepare.mjs";
import { install } from "./debian.mjs";
import { freePort } from "./free-port.mjs";
import { checkOut } from "./pages.mjs";
import { startServer } from "./server.mjs";

const STACKS = [
  { heading: "Plain HTML", name: "html", packages: ["python3"] },
  { heading: "Express", name: "express", packages: [] },
  { heading: "Django", name: "django", packages: ["python3-django"] },
  { heading: "Go", name: "go", packages: ["golang-go"] },
];

/** How often it is asked whether a shop answers, in milliseconds, and for how long: Go compiles, npm installs. */
const POLL_MS = 200;
const PATIENCE_MS = 300_000;
/** A busy machine may give the control, and count nobody, when Sixpack was slower than half a second. */
const VISITS_MAX = 20;

export async function* exemplified() {
  const folder = mkdtempSync(join(tmpdir(), "sixpack-examples-"));
  const server = await startServer();
  const browser = await startBrowser();
  try {
    checkOut(folder);
    rmSync(join(folder, "examples"));
    cpSync(join(ROOT, "examples"), join(folder, "examples"), { recursive: true });
    const page = join(folder, "examples/html/index.html");
    writeFileSync(page, readFileSync(page, "utf8").replace("http://localhost:5000", server.api));
    for (const stack of STACKS) {
      install(...stack.packages);
      yield [
        `${stack.heading}: a visitor sees a button, buys, and is counted`,
        () => shop(stack, folder, server.api, browser),
      ];
    }
  } finally {
    await browser.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function shop({ heading, name }, folder, api, browser) {
  const port = String(await freePort());
  const child = spawn("sh", ["-e", "-c", commandsOf(heading).replaceAll("3000", port)], {
    cwd: folder,
    // Debian's Python comes first, where its Django is.
    env: {
      ...process.env,
      PATH: `/usr/bin:${process.env.PATH}`,
      PORT: port,
      SIXPACK_URL: api,
      GOFLAGS: "-mod=mod",
      GOPROXY: "off",
    },
    // A group of its own, so that what the shell started ends with it.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      log = (log + text).slice(-4_000);
    });
  }
  const context = await browser.newContext();
  try {
    const url = `http://localhost:${port}/`;
    await answers(child, url);
    const page = await context.newPage();
    const shown = async (query = "") => {
      await page.goto(url + query);
      await page.waitForFunction("/^Buy in (red|blue)$/.test(document.querySelector('button')?.textContent)");
      return page.textContent("button");
    };
    for (const color of ["red", "blue"]) {
      assert.equal(await shown(`?sixpack-force-${name}-button=${color}`), `Buy in ${color}`);
    }
    assert.equal(await totals(api, name), undefined);
    let first = await shown();
    for (let visit = 1; (await totals(api, name)) === undefined && visit < VISITS_MAX; visit += 1)
      first = await shown();
    assert.equal(await shown(), first);
    await page.click("button");
    await page.waitForFunction("document.body.textContent.includes('Thank you')");
    assert.deepEqual(await totals(api, name), [1, 1]);
  } catch (error) {
    throw new Error(`${error.message}\n${log}`);
  } finally {
    await context.close();
    if (child.exitCode === null) process.kill(-child.pid, "SIGKILL");
  }
}

/** The commands below a heading of the page. */
function commandsOf(heading) {
  const page = readFileSync(join(ROOT, "examples/README.md"), "utf8");
  const [, commands] = new RegExp(`^## ${heading}\\n[^]*?\`\`\`sh\\n([^]*?)\`\`\``, "m").exec(page) ?? [];
  if (commands === undefined) throw new Error(`Expected commands below ${heading}, got none`);
  return commands;
}

async function answers(child, url) {
  const end = performance.now() + PATIENCE_MS;
  while (child.exitCode === null && performance.now() < end) {
    const answer = await fetch(new URL("/favicon.ico", url)).catch(() => undefined);
    if (answer !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`Expected the commands to start a shop, got exit ${child.exitCode}`);
}

async function totals(api, name) {
  const answer = await fetch(`${api}/experiments/${name}-button`);
  if (!answer.ok) return undefined;
  const { total_participants: participants, total_conversions: conversions } = await answer.json();
  return [participants, conversions];
}
