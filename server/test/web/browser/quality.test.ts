/** What every page keeps to: accessibility in both themes, its own policy, its own host, and no markup from anybody. */
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AXE_COLOURS, accessibilityProblems, type WatchedPage } from "../../support/browser.ts";
import { type Dashboard, planned, startDashboard, TWO_KPIS, useBrowser } from "./dashboard.ts";

const PAYLOADS = [
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(1)>',
  "<svg/onload=alert(1)>",
  "[click](javascript:alert(1))",
  "![x](http://elsewhere.invalid/x.png)",
  "<style>body{display:none}</style>",
  "</title></textarea><script>alert(1)</script>",
  '=HYPERLINK("http://elsewhere.invalid")',
  "{{constructor.constructor('alert(1)')()}}",
];
const HOSTILE = `<img src=x onerror="alert(1)">'|=1+1`;

const arms = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`arm-${index}`, 0.05 + index * 0.002]));

const browser = useBrowser();
let dashboard: Dashboard & { readonly close: () => Promise<void> };

beforeAll(async () => {
  dashboard = await startDashboard([
    TWO_KPIS,
    { name: "twelve", rates: arms(12), participants: 10_000_000, days: 60 },
    { name: "alone", rates: arms(1), participants: 900, days: 3 },
    { name: "empty", rates: arms(2), participants: 0, days: 1 },
    { name: "split", rates: arms(2), participants: 20_000, days: 20, shares: [0.54, 0.46], excluded: 40 },
    {
      name: HOSTILE,
      rates: { [HOSTILE]: 0.1, b: 0.1 },
      participants: 4_000,
      days: 9,
      description: PAYLOADS.join("\n\n"),
    },
  ]);
  await planned(dashboard, TWO_KPIS.name);
});
afterAll(() => dashboard.close());

const PATHS = [
  "/",
  "/?view=cards",
  "/archived",
  "/paused",
  "/?q=nothing-like-it",
  "/?kpi=signup&verdict=decide",
  "/experiments/nobody/",
  "/experiments/checkout-button/share",
  "/experiments/checkout-button/plan",
  "/removed",
  "/new",
  "/timeline",
  "/search?q=e&on=checkout-button",
  "/all?sort=uplift&order=asc",
  "/experiments/checkout-button/",
  "/experiments/checkout-button/?chart=uplift&kpi=signup&diff=absolute",
  "/experiments/checkout-button/readout",
  "/experiments/checkout-button/links",
  "/experiments/twelve/",
  "/experiments/alone/",
  "/experiments/empty/",
  "/experiments/split/?from=2025-02-20",
  "/experiments/checkout-button/delete",
  "/method",
  "/activity",
  `/experiments/${encodeURIComponent(HOSTILE)}/`,
];

/** Axe in both themes, on one load of the page. */
async function expectAccessible({ page, complaints, close }: WatchedPage): Promise<void> {
  expect(await accessibilityProblems(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: "dark" });
  // Colours fade into each other.
  await page.evaluate(
    "for (const change of document.getAnimations()) if (change instanceof CSSTransition) change.finish()",
  );
  expect(await accessibilityProblems(page, AXE_COLOURS), "in the dark").toEqual([]);
  expect(complaints).toEqual([]);
  await close();
}

test.each(PATHS)(
  "axe finds nothing on %s in either theme, which needs no sideways scrolling at 320 pixels",
  async (path) => {
    const opened = await browser.open(`${dashboard.url}${path}`, { viewport: { width: 320, height: 800 } });
    expect(await opened.page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(320);
    await opened.page.setViewportSize({ width: 1280, height: 720 });
    await expectAccessible(opened);
  },
);

test.each(["/experiments/checkout-button/", "/", "/activity"])(
  "axe finds nothing on %s with all of it unfolded",
  async (path) => {
    const opened = await browser.open(`${dashboard.url}${path}`);
    await opened.page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true");
    await expectAccessible(opened);
  },
);

test("axe finds nothing on the page of an empty server", async () => {
  const empty = await startDashboard([]);
  const opened = await browser.open(empty.url);
  await opened.page.getByText("Waiting for the first request…").waitFor();
  await expectAccessible(opened);
  await empty.close();
});

test("axe finds nothing in an open dialog", async () => {
  const opened = await browser.open(`${dashboard.url}/experiments/checkout-button/`);
  await opened.page.getByRole("button", { name: "More for this experiment" }).click();
  await opened.page.getByRole("link", { name: "Delete", exact: true }).click();
  await opened.page.getByRole("dialog").waitFor();
  await expectAccessible(opened);
});

test("nothing moves for those who asked for less motion", async () => {
  const empty = await startDashboard([]);
  const moving = async (reducedMotion: "reduce" | "no-preference") => {
    const { page, close } = await browser.open(empty.url, { reducedMotion });
    await page.getByText("Waiting for the first request…").waitFor();
    const animations = await page.evaluate("document.getAnimations().length");
    await close();
    return animations;
  };
  expect(await moving("no-preference")).toBeGreaterThan(0);
  expect(await moving("reduce")).toBe(0);
  await empty.close();
});

test.each([true, false])("names and descriptions are text, with JavaScript: %s", async (javaScriptEnabled) => {
  for (const path of ["/", "/?view=cards", `/experiments/${encodeURIComponent(HOSTILE)}/`]) {
    const { page, complaints, close } = await browser.open(`${dashboard.url}${path}`, { javaScriptEnabled });
    page.on("dialog", (dialog) => expect.unreachable(`an alert: ${dialog.message()}`));
    expect(await page.locator("main img, main script, main style, a[href^='javascript:']").count()).toBe(0);
    expect(await page.locator("main").textContent()).toContain(HOSTILE);
    expect(complaints).toEqual([]);
    await close();
  }
});

test("on plain http at an address of the network nothing is blocked and no other host is asked", async () => {
  const address = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ family, internal }) => family === "IPv4" && !internal)?.address;
  // A machine without a network has only its loopback, where the same page was looked at above.
  if (address === undefined) return;
  const open = await startDashboard([TWO_KPIS], { access: { mode: { kind: "open" }, tokens: [] } }, address);
  const { page, complaints, close } = await browser.open(`${open.url}/experiments/checkout-button/`);
  expect(await page.evaluate("document.styleSheets.length")).toBe(1);
  await page.getByRole("slider").focus();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.locator("#state", { hasText: "Paused" }).waitFor();
  expect(complaints).toEqual([]);
  await close();
  await open.close();
});
