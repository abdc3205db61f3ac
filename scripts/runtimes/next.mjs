/** The example for Next.js, installed as its README says, built, and visited in Chromium. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBrowser } from "../chromium.mjs";
import { ROOT } from "../prepare.mjs";
import { startServer } from "./server.mjs";

/** Longest time for anything to come, in milliseconds; nothing is judged by how long it took. */
const PATIENCE_MS = 300_000;
/** What npm is told beside what the page types. */
const QUIET = { npm_config_ignore_scripts: "true", npm_config_prefer_offline: "true", npm_config_loglevel: "error" };

export async function* building(version) {
  const folder = mkdtempSync(join(tmpdir(), "sixpack-next-"));
  const server = await startServer();
  const env = { ...process.env, NEXT_PUBLIC_SIXPACK_URL: server.api, NEXT_TELEMETRY_DISABLED: "1", ...QUIET };
  const run = (cwd, program, ...args) =>
    execFileSync(program, args, { cwd, env, stdio: ["ignore", "pipe", 2], encoding: "utf8" });
  let site;
  let browser;
  try {
    yield [
      "is built as its README says",
      () => {
        const page = readFileSync(join(ROOT, "examples/nextjs/README.md"), "utf8");
        const [, commands = ""] = /```sh\n([\s\S]*?)```/.exec(page) ?? [];
        const [typed, build = ""] = commands.replaceAll("/tmp/shop", folder).split(/\n(?=npm run build)/);
        rmSync(folder, { recursive: true });
        run(ROOT, "sh", "-e", "-c", typed);
        bePatient(join(folder, "app/page.js"));
        run(folder, "npm", "install", `next@${version}`);
        run(folder, "sh", "-e", "-c", build.replace("&& npm start", ""));
      },
    ];
    yield ["starts", async () => (site = await startNext(folder, env))];
    if (site === undefined) return;
    browser = await startBrowser();
    yield* visited(site.url, await browser.newContext(), server.api);
  } finally {
    await browser?.close();
    site?.stop();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A busy machine may need longer for an answer than the half second after which the page shows the control. */
function bePatient(path) {
  const page = readFileSync(path, "utf8");
  const patient = page.replace("new Session(SIXPACK_URL, {", "new Session(SIXPACK_URL, { timeoutMs: 60_000,");
  assert.notEqual(patient, page);
  writeFileSync(path, patient);
}

async function* visited(url, context, api) {
  const page = await context.newPage();
  const complaints = [];
  const asked = [];
  page.on("console", (message) => {
    // The example has no icon, for which Chromium asks.
    if (message.type() === "error" && !message.location().url.endsWith("/favicon.ico")) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => request.url().startsWith(api) && asked.push(new URL(request.url()).pathname));
  /** What the server rendered and what the browser shows; the page is alive when this ends. */
  const visit = async (path) => {
    complaints.length = 0;
    asked.length = 0;
    const response = await page.goto(url + path, { waitUntil: "networkidle" });
    const rendered = /color:(\w+)/.exec(await response.text())?.[1];
    const shown = /^Buy in (\w+)$/.exec(await page.textContent("button"))?.[1];
    assert.equal(shown, rendered);
    assert.deepEqual(complaints, []);
    assert.deepEqual(asked, []);
    return shown;
  };
  const totals = async () => {
    const details = await (await fetch(`${api}/experiments/next-button`)).json();
    return [details.total_participants, details.total_conversions];
  };
  const buys = async () => {
    const answered = page.waitForResponse((response) => response.url().includes("/convert"), { timeout: PATIENCE_MS });
    await page.click("button");
    return (await (await answered).json()).status;
  };
  const idOf = async () => (await context.cookies()).find(({ name }) => name === "sixpack_client_id")?.value;
  let first;
  let id;
  yield [
    "shows on the first visit what it rendered, without a request of the browser",
    async () => {
      first = await visit("/");
      id = await idOf();
      assert.match(first, /^(red|blue)$/);
      assert.match(id, /^[0-9a-f-]{36}$/);
      assert.deepEqual(await totals(), [1, 0]);
    },
  ];
  yield [
    "converts on the first visit as the client that the server let take part",
    async () => {
      assert.equal(await buys(), "ok");
      assert.deepEqual(complaints, []);
    },
  ];
  yield [
    "is the same client with the same alternative on the second visit",
    async () => {
      assert.equal(await visit("/"), first);
      assert.equal(await idOf(), id);
      assert.equal((await totals())[0], 1);
    },
  ];
  yield [
    "shows what the address forces, counts nobody, and converts nothing then",
    async () => {
      const other = first === "red" ? "blue" : "red";
      assert.equal(await visit(`/?sixpack-force-next-button=${other}`), other);
      await page.click("button");
      assert.equal(await visit("/"), first);
      assert.deepEqual(complaints, []);
      assert.deepEqual(asked, []);
      assert.equal((await totals())[0], 1);
    },
  ];
}

/** Resolves when it answers. */
async function startNext(folder, env) {
  const child = spawn(process.execPath, [join(folder, "node_modules/next/dist/bin/next"), "start", "--port", "0"], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", 2],
  });
  let text = "";
  const url = await new Promise((resolve, reject) => {
    child.on("exit", (code) => reject(new Error(`Expected Next.js to start, got exit ${code}: ${text}`)));
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
      const [found] = /http:\/\/localhost:\d+/.exec(text) ?? [];
      if (found !== undefined && text.includes("Ready")) resolve(found);
    });
  });
  return { url, stop: () => child.kill() };
}
