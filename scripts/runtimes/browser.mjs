/** The client, as it is built, in pages of Chromium: several tabs, storage that is refused, a page that is made ahead. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBrowser, startSealedContext, visitAlone } from "../chromium.mjs";
import { ROOT } from "../prepare.mjs";
import { startServer } from "./server.mjs";
import { startCounter, startSite } from "./site.mjs";

const CONVERSIONS = 1_000;
/** Longest time for anything to come, in milliseconds; nothing is judged by how long it took. */
const PATIENCE_MS = 300_000;

const page = (url, body = "") => `<!doctype html><title>Shop</title><body><script src="/sixpack.js"></script><script>
window.failures = [];
const options = { timeoutMs: 60000, onFailure: ({ code, message }) => failures.push(code + ": " + message) };
</script>${body}<script>
window.session = new Sixpack.Session(${JSON.stringify(url)}, options);
window.queue = new Sixpack.ConversionQueue(session);
session.participate("tabs", ["red", "blue"]).then((shown) => { window.shown = shown; });
</script>`;

/** Has the next page made ahead, and goes there when it is told to. */
const START = `<!doctype html><title>Start</title>
<script type="speculationrules">{"prerender":[{"urls":["/ahead.html"],"eagerness":"immediate"}]}</script>
<script>fetch("/go").then(() => { location.href = "/ahead.html"; });</script>`;

const aheadPage = (url) => `<!doctype html><title>Ahead</title><script src="/sixpack.js"></script><script>
fetch("/made?ahead=" + document.prerendering);
const session = new Sixpack.Session(${JSON.stringify(url)}, { timeoutMs: 60000 });
Promise.all([session.participate("ahead", ["red", "blue"]), session.convert("ahead")]).then(([shown, converted]) => {
  const [{ activationStart }] = performance.getEntriesByType("navigation");
  fetch("/shown?" + new URLSearchParams({ shown, converted, activationStart }));
});
</script>`;

export async function* inBrowser() {
  const server = await startServer();
  const counter = await startCounter(server.api);
  const site = await startSite({
    "/": page(counter.url),
    "/frame.html": `<!doctype html><title>Framed</title><iframe sandbox="allow-scripts" src="/"></iframe>`,
    "/sixpack.js": readFileSync(`${ROOT}clients/typescript/dist/sixpack.js`, "utf8"),
  });
  const browser = await startBrowser();
  const profile = mkdtempSync(join(tmpdir(), "sixpack-sealed-"));
  try {
    for (const tabs of [2, 3]) {
      yield [
        `loses nothing of ${CONVERSIONS} conversions in ${tabs} tabs`,
        () => underLoad(browser, site, counter, tabs),
      ];
    }
    yield [
      "takes part and converts in a sandboxed frame, as one client",
      async () => {
        const tab = await browser.newPage();
        await tab.goto(`${site.url}/frame.html`);
        await convertsWithoutStorage(await framed(tab), counter);
        await tab.close();
      },
    ];
    yield [
      "takes part and converts with site data blocked, as one client",
      async () => {
        const context = await startSealedContext(profile);
        const tab = await context.newPage();
        await tab.goto(site.url);
        assert.equal(await tab.evaluate("document.cookie"), "");
        await convertsWithoutStorage(tab, counter);
        await context.close();
      },
    ];
    yield ["takes part in a page made ahead when it is shown", () => madeAhead(server)];
  } finally {
    await browser.close();
    site.stop();
    counter.stop();
    await server.stop();
    // Chromium writes to its profile until its last process has ended.
    await rm(profile, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** Each tab gives its share as fast as it can, and some of them while the others send. */
async function underLoad(browser, site, { accepted }, count) {
  const context = await browser.newContext();
  const tabs = await Promise.all(Array.from({ length: count }, () => context.newPage()));
  for (const tab of tabs) await visit(tab, site.url);
  accepted.clear();
  const shares = tabs.map((_, index) => Math.floor((CONVERSIONS + index) / count));
  await Promise.all(
    tabs.map((tab, index) =>
      tab.evaluate(
        async ({ share, pauseMs }) => {
          for (let number = 0; number < share; number += 1) {
            window.queue.convert("tabs", "purchase", 1);
            if (number % 10 === 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
          }
        },
        { share: shares[index], pauseMs: index * 5 },
      ),
    ),
  );
  for (const tab of tabs) await tab.waitForFunction(() => window.queue.length === 0, null, { timeout: PATIENCE_MS });
  for (const tab of tabs) assert.deepEqual(await tab.evaluate("failures"), []);
  assert.equal(
    accepted.size,
    shares.reduce((sum, share) => sum + share),
  );
  await context.close();
}

/** @param tab a page or frame */
async function convertsWithoutStorage(tab, { accepted }) {
  await tab.waitForFunction(() => window.shown !== undefined, null, { timeout: PATIENCE_MS });
  accepted.clear();
  await tab.evaluate('queue.convert("tabs"); queue.convert("tabs", "purchase", 5)');
  await tab.waitForFunction(() => window.queue.length === 0, null, { timeout: PATIENCE_MS });
  assert.deepEqual(await tab.evaluate("failures"), []);
  assert.equal(accepted.size, 2);
  assert.equal(await tab.evaluate("new Sixpack.Session(session.baseUrl).clientId === session.clientId"), true);
}

async function madeAhead({ api }) {
  const participants = async () => {
    const details = await fetch(`${api}/experiments/ahead`);
    return details.ok ? (await details.json()).total_participants : 0;
  };
  const [made, going, shown] = [promised(), promised(), promised()];
  const site = await startSite({
    "/": START,
    "/ahead.html": aheadPage(api),
    "/made": (query) => made.resolve(query.get("ahead")) ?? "",
    "/go": () => going.promise,
    "/shown": (query) => shown.resolve(Object.fromEntries(query)) ?? "",
    "/sixpack.js": readFileSync(`${ROOT}clients/typescript/dist/sixpack.js`, "utf8"),
  });
  const profile = mkdtempSync(join(tmpdir(), "sixpack-ahead-"));
  const browser = visitAlone(profile, site.url);
  try {
    assert.equal(await made.promise, "true");
    assert.equal(await participants(), 0);
    going.resolve("");
    const seen = await shown.promise;
    assert.ok(Number(seen.activationStart) > 0, "Expected the page to have been made ahead");
    assert.match(seen.shown, /^(red|blue)$/);
    assert.equal(await participants(), 1);
  } finally {
    browser.kill();
    await once(browser, "exit");
    site.stop();
    await rm(profile, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** A promise, and what resolves it; rejected when it was waited for in vain. */
function promised() {
  let resolve;
  const promise = new Promise((resolved, rejected) => {
    resolve = resolved;
    setTimeout(
      () => rejected(new Error("Expected Chromium to make a page ahead, waited in vain")),
      PATIENCE_MS,
    ).unref();
  });
  promise.catch(() => {});
  return { promise, resolve };
}

async function visit(tab, url) {
  await tab.goto(url);
  await tab.waitForFunction(() => window.shown !== undefined, null, { timeout: PATIENCE_MS });
}

async function framed(tab) {
  const [frame] = tab.mainFrame().childFrames();
  if (frame === undefined) throw new Error("Expected a frame in the page, got none");
  return frame;
}
