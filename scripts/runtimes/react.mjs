/**
 * The packed client beside a version of React: whether npm takes the two, what they render on a server, and whether a
 * page settles in Chromium wherever its session is made.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { startBrowser } from "../chromium.mjs";
import { ROOT } from "../prepare.mjs";
import { startServer } from "./server.mjs";
import { startSite } from "./site.mjs";

const PLACEMENTS = [
  "module",
  "memo-suspense-inside",
  "memo-suspense-above",
  "memo-no-suspense",
  "state-strict-suspense-above",
];

/** Longest time for anything to come, in milliseconds; nothing is judged by how long it took. */
const PATIENCE_MS = 300_000;

export async function* rendering(version) {
  const folder = mkdtempSync(join(tmpdir(), "sixpack-react-"));
  const server = await startServer();
  const npm = (cwd, ...args) =>
    execFileSync("npm", ["--ignore-scripts", "--no-audit", "--no-fund", ...args], {
      cwd,
      stdio: ["ignore", "pipe", 2],
    });
  const render = (what) =>
    execFileSync(process.execPath, [join(folder, "page.mjs"), server.api, what], { cwd: folder, encoding: "utf8" });
  try {
    yield [
      "is installed by npm beside it",
      () => {
        const [packed] = JSON.parse(
          npm(join(ROOT, "clients/typescript"), "pack", "--json", "--pack-destination", folder),
        );
        npm(folder, "install", "--prefer-offline", `react@${version}`, `react-dom@${version}`, `./${packed.filename}`);
        cpSync(fileURLToPath(new URL("page.mjs", import.meta.url)), join(folder, "page.mjs"));
      },
    ];
    yield ["waits for the server's answer", () => assert.match(render("asked"), /<b>(red|blue)<\/b>/)];
    yield [
      "shows what is known without a request",
      () => {
        assert.match(render("known"), /<b>blue<\/b>/);
      },
    ];
    yield* placed(folder, server);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function* placed(folder, server) {
  cpSync(fileURLToPath(new URL("placements.jsx", import.meta.url)), join(folder, "placements.jsx"));
  const { output } = await build({
    root: folder,
    configFile: false,
    logLevel: "error",
    build: { write: false, minify: false, rolldownOptions: { input: join(folder, "placements.jsx") } },
  });
  const site = await startSite({
    "/": `<!doctype html><title>Placed</title><div id="root"></div><script type="module" src="/page.js"></script>`,
    "/page.js": output[0].code,
  });
  const browser = await startBrowser();
  try {
    for (const placement of PLACEMENTS) {
      yield [
        `asks once in a page whose session is made at: ${placement}`,
        async () => {
          const { asked, shown, converted } = await settled(browser, site, server, placement);
          assert.equal(asked, 1);
          assert.match(shown, /^(red|blue)$/);
          assert.equal(converted, 1);
        },
      ];
    }
    yield [
      "comes to rest with the control where each rendering makes another client",
      async () => {
        const { asked, shown } = await settled(browser, site, server, "random-id");
        assert.ok(asked <= 20, `Expected at most 20 calls, got ${asked}`);
        assert.equal(shown, "red");
      },
    ];
  } finally {
    await browser.close();
    site.stop();
  }
}

/** What a page asked, shows and has converted when it has come to rest. */
async function settled(browser, site, server, placement) {
  const context = await browser.newContext();
  const page = await context.newPage();
  let asked = 0;
  page.on("request", (request) => {
    if (request.url().includes("/participate")) asked += 1;
  });
  await page.goto(`${site.url}/?server=${encodeURIComponent(server.api)}#${placement}`);
  await page.waitForFunction(() => window.settled !== undefined, null, { timeout: PATIENCE_MS });
  const found = { asked, shown: await page.textContent("b"), converted: await page.evaluate("converted") };
  await context.close();
  return found;
}
