/** The published client in Chromium: strict policy, another site's server, servers and pages that go away. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Site, startBrowser, startSite } from "./support/browser.ts";
import { type RunningServer, startRealServer } from "./support/servers.ts";

/** What the page leaves for the test to read. */
interface Shown {
  readonly alternative: string;
  readonly failures: readonly string[];
  readonly clientId: string;
}

const PAGE = `
import { Session } from "/index.js";
import { link } from "/link.js";
import { ConversionQueue } from "/queue.js";
const failures = [];
const session = new Session(document.documentElement.dataset.server, {
  onFailure: ({ code }) => failures.push(code),
  // So patient that a busy machine fails nothing, and that a page shown during an outage can't have waited for it.
  timeoutMs: 600000,
});
const queue = new ConversionQueue(session);
const alternative = await session.participate("button", ["red", "blue"]);
window.shown = { alternative, failures, clientId: session.clientId };
window.session = session;
window.queue = queue;
window.link = link;
`;

const OLD_PAGE = `
sixpack.base_url = document.documentElement.dataset.server;
const session = new sixpack.Session({ timeout: 60000 });
session.participate("button", ["red", "blue"], (error, answer) => {
  session.convert("button", "old-goal", (_, converted) => {
    window.shown = { alternative: answer.alternative.name, clientId: session.client_id, converted: converted.status };
  });
});
`;

const published = (name: string) => readFileSync(new URL(`../typescript/dist/${name}`, import.meta.url), "utf8");
const original = readFileSync(createRequire(import.meta.url).resolve("sixpack-client"), "utf8");

let browser: Browser;
let folder: string;
let real: RunningServer;
let site: Site;
let page: Page;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sixpack-browser-"));
  [browser, real] = await Promise.all([startBrowser(), startRealServer(0, folder)]);
  const html = (scripts: string) =>
    `<!doctype html><html data-server="${real.url}"><title>Shop</title><body>${scripts}</body></html>`;
  const script = "text/javascript";
  const files = new Map([
    ["/", { type: "text/html", text: html('<script type="module" src="/page.js"></script>') }],
    ["/old", { type: "text/html", text: html('<script src="/sixpack.js"></script><script src="/old.js"></script>') }],
    ["/thanks", { type: "text/html", text: html("Thanks") }],
    ["/page.js", { type: script, text: PAGE }],
    ["/old.js", { type: script, text: OLD_PAGE }],
    ["/sixpack.js", { type: script, text: original }],
    ["/index.js", { type: script, text: published("index.js") }],
    ["/link.js", { type: script, text: published("link.js") }],
    ["/queue.js", { type: script, text: published("queue.js") }],
  ]);
  // Nothing inline, nothing evaluated, one server to talk to. Its scripts are allowed for the old client's JSONP alone.
  site = await startSite(files, `default-src 'none'; script-src 'self' ${real.url}/; connect-src ${real.url}`);
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([site?.close(), real?.kill()]);
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  const context = await browser.newContext();
  page = await context.newPage();
  return () => context.close();
});

async function visit(path = "/"): Promise<Shown> {
  await page.goto(site.url + path);
  // Not `waitForFunction`, which evaluates text inside the page: the policy forbids that, and rightly.
  await until(() => page.evaluate("window.shown !== undefined"));
  return (await page.evaluate("window.shown")) as Shown;
}

interface Details {
  readonly total_participants: number;
  readonly total_conversions: number;
}

async function details(): Promise<Details> {
  const response = await fetch(`${real.url}/experiments/button`);
  return response.ok ? ((await response.json()) as Details) : { total_participants: 0, total_conversions: 0 };
}

async function until(held: () => Promise<boolean>): Promise<void> {
  await expect.poll(held).toBe(true);
}

describe("a page in Chromium", () => {
  test("takes part, converts and links under a strict policy, across sites, without third-party cookies", async () => {
    const before = await details();
    const violations: string[] = [];
    page.on("console", (message) => violations.push(message.text()));
    const { alternative, clientId, failures } = await visit();
    expect(["red", "blue"]).toContain(alternative);
    expect(failures).toEqual([]);
    expect(await page.evaluate('window.session.convert("button")')).toBe(true);
    expect(await page.evaluate('window.link(window.session, "account-7")')).toBe(true);
    const account = `${real.url}/participate?experiment=button&alternatives=red&alternatives=blue&client_id=account-7`;
    expect(await (await fetch(account)).json()).toMatchObject({ alternative: { name: alternative } });
    expect(await details()).toMatchObject({
      total_participants: before.total_participants + 1,
      total_conversions: before.total_conversions + 1,
    });
    const cookies = await page.context().cookies();
    expect(cookies).toMatchObject([
      { name: "sixpack_client_id", value: clientId, domain: "localhost", httpOnly: false },
    ]);
    expect(violations).toEqual([]);
  });

  test("is the same client on the next visit", async () => {
    const first = await visit();
    const second = await visit();
    expect(second.clientId).toBe(first.clientId);
    expect(second.alternative).toBe(first.alternative);
  });

  test("is the same client to the original's own library, by JSONP beside ours", async () => {
    const ours = await visit();
    const theirs = await visit("/old");
    expect(theirs).toEqual({ alternative: ours.alternative, clientId: ours.clientId, converted: "ok" });
  });

  test("shows what the address forces", async () => {
    expect((await visit("/?sixpack-force-button=blue")).alternative).toBe("blue");
    expect((await visit("/?sixpack-force-button=red")).alternative).toBe("red");
  });

  test("hands a conversion over when it closes", async () => {
    await visit();
    const before = await details();
    await page.evaluate('window.queue.convert("button"); location.href = "/thanks";');
    await page.waitForURL("**/thanks");
    await until(async () => (await details()).total_conversions === before.total_conversions + 1);
  });

  test("shows the control at once when the server is killed, and each conversion arrives once after it is back", async () => {
    await visit();
    const before = await details();
    const { port } = real;
    await real.kill();
    const shown = await visit();
    expect(shown).toMatchObject({ alternative: "red", failures: ["unreachable"] });
    // One conversion on this page, the same again, and one on a page that closes while the server is away.
    await page.evaluate('window.queue.convert("button"); window.queue.convert("button");');
    await page.evaluate('location.href = "/thanks";');
    await page.waitForURL("**/thanks");
    await visit();
    await page.evaluate('window.queue.convert("button", "purchase", 5);');
    real = await startRealServer(port, folder);
    await until(async () => (await page.evaluate("window.queue.length")) === 0);
    expect(await details()).toMatchObject({
      total_participants: before.total_participants,
      total_conversions: before.total_conversions + 1,
    });
    expect(await page.evaluate("window.shown.failures")).toEqual(["unreachable"]);
  });
});
