/**
 * A browser for tests of what only one shows: pages with and without JavaScript, themes, keyboard,
 * accessibility, and that a page asks no other host for anything.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { PATIENCE_MS } from "./patience.ts";

/** Each page of a test begins with an empty profile of its own. @throws when no Chromium is installed */
export const { startShell: launchBrowser } = (await import(
  `${new URL("../../../", import.meta.url).pathname}scripts/chromium.mjs`
)) as { readonly startShell: () => Promise<Browser> };

export interface WatchedPage {
  readonly page: Page;
  /** What went wrong so far: console errors, violations of the security policy, requests to other hosts, defects. */
  readonly complaints: readonly string[];
  readonly close: () => Promise<void>;
}

/** Profiles that nobody looks at, by their options: a new one costs Chromium more than the page it is made for. */
const idle = new WeakMap<Browser, Map<string, BrowserContext[]>>();

/** A page in a profile without a past, at the server's address. */
export async function openPage(
  browser: Browser,
  baseURL: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const profiles = idle.get(browser) ?? new Map<string, BrowserContext[]>();
  idle.set(browser, profiles);
  const kind = JSON.stringify({ baseURL, ...options });
  const context = profiles.get(kind)?.pop() ?? (await browser.newContext({ baseURL, ...options }));
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  const { host } = new URL(baseURL);
  page.on("console", (message) => {
    // Chromium writes a line for every answer of 400 and above; those a test expects are no complaint.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      complaints.push(message.text());
    }
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.host !== host) complaints.push(`request to ${url.host}`);
  });
  const close = async () => {
    await forget(context, page, new URL(baseURL).origin);
    profiles.set(kind, [...(profiles.get(kind) ?? []), context]);
  };
  return { page, complaints, close };
}

/** Closes what is open in a profile, and leaves nothing in it for the next page. */
async function forget(context: BrowserContext, page: Page, origin: string): Promise<void> {
  const devtools = await context.newCDPSession(page);
  await devtools.send("Storage.clearDataForOrigin", { origin, storageTypes: "all" });
  await devtools.send("Network.clearBrowserCache");
  await context.clearCookies();
  for (const open of context.pages()) await open.close();
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** WCAG 2.2 AA and all it stands on, and axe's own advice. */
const AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Rules that a change of the theme can break: it changes colours and nothing else. */
export const AXE_COLOURS = ["color-contrast", "link-in-text-block"];

/** What axe finds on the page as it stands: one line per rule and place, empty when all is well. */
export async function accessibilityProblems(page: Page, rules = AXE_TAGS): Promise<readonly string[]> {
  // Evaluated through the debugger, so the page's security policy has no say in it.
  await page.evaluate(AXE);
  // Where no style sheet was built, sizes are those of Chromium and say nothing about ours.
  const found: unknown = await page.evaluate(
    `axe.run(document, {
      runOnly: ${JSON.stringify(rules)},
      resultTypes: ["violations"],
      rules: { "target-size": { enabled: document.styleSheets.length > 0 } },
    }).then(({ violations }) =>
      violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ": " + html + " " + failureSummary)))`,
  );
  return Array.isArray(found) ? found.map(String) : [`axe answered ${String(found)}`];
}
