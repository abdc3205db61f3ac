/** `npm run site`, and the site visited in Chromium as any web server gives it. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { startBrowser } from "../chromium.mjs";
import { ROOT } from "../prepare.mjs";

const DIST = join(ROOT, "site/dist");
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

export async function* documented() {
  yield [
    "is built without a dead link",
    () => execFileSync(process.execPath, [join(ROOT, "scripts/site.mjs")], { stdio: ["ignore", "ignore", "pipe"] }),
  ];
  const server = createServer(({ url }, response) => {
    const { pathname } = new URL(url, "http://localhost");
    const file = join(DIST, pathname.endsWith("/") ? `${pathname}index.html` : pathname);
    if (!existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream" });
    response.end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const site = `http://127.0.0.1:${server.address().port}`;
  const browser = await startBrowser();
  try {
    const page = await (await browser.newContext({ colorScheme: "dark" })).newPage();
    const complaints = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(site) && !request.url().startsWith("data:")) complaints.push(request.url());
    });
    page.on("requestfailed", (request) => {
      // Who goes on to the next page breaks off what this one fetches ahead.
      const { errorText } = request.failure();
      if (errorText !== "net::ERR_ABORTED") complaints.push(`${request.url()}: ${errorText}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 400) complaints.push(`${response.url()}: ${response.status()}`);
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    const text = async (path) => {
      await page.goto(site + path, { waitUntil: "networkidle" });
      return page.textContent(".vp-doc");
    };
    yield [
      "opens in the dark where the reader wants it",
      async () => {
        assert.match(await text("/"), /server for A\/B tests/);
        assert.ok(await page.evaluate("document.documentElement.classList.contains('dark')"));
      },
    ];
    yield [
      "has every operation of both servers",
      async () => {
        for (const of of ["api", "dashboard"]) {
          const shown = await text(`/openapi/${of}.html`);
          const { paths } = JSON.parse(readFileSync(join(DIST, `openapi/${of}.json`), "utf8"));
          for (const [path, methods] of Object.entries(paths)) {
            for (const method of Object.keys(methods))
              assert.ok(shown.includes(`${method.toUpperCase()} ${path}`), path);
          }
        }
      },
    ];
    yield [
      "finds a key, a command and an error code",
      async () => {
        for (const [word, found] of [
          ["redis_socket_timeout", "/docs/configuration"],
          ["hash-password", "/docs/commands"],
          ["invalid-traffic-fraction", "/docs/http-api"],
        ]) {
          await page.goto(`${site}/docs/`, { waitUntil: "networkidle" });
          await page.click("#local-search button");
          await page.fill("#localsearch-input", word);
          await page.waitForSelector(`#localsearch-list a[href*="${found}"]`);
        }
      },
    ];
    yield ["asks no other server for anything", () => assert.deepEqual(complaints, [])];
  } finally {
    await browser.close();
    server.close();
    server.closeAllConnections();
  }
}
