/** What people come for, done by clicks that are counted. A figure here is what a task costs; more is a step back. */
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApi } from "../../support/api.ts";
import { launchBrowser, openPage } from "../../support/browser.ts";
import { startDashboard } from "./dashboard.ts";
import { startScenes } from "./scenes.ts";

let browser: Browser;
let dashboard: Awaited<ReturnType<typeof startScenes>>;
let page: Page;
let close: () => Promise<void>;

beforeAll(async () => {
  dashboard = await startScenes();
  browser = await launchBrowser();
  ({ page, close } = await openPage(browser, dashboard.url, { viewport: { width: 1440, height: 900 } }));
});
afterAll(async () => {
  await close();
  await browser.close();
  await dashboard.close();
});

const button = (name: string | RegExp) => page.getByRole("main").getByRole("button", { name });
const link = (name: string | RegExp) => page.getByRole("main").getByRole("link", { name });
const summary = (text: string) => page.locator("summary").filter({ hasText: text }).first();
const onPage = (name: string) => page.goto(`/experiments/${name}/`);

async function click(...targets: readonly Locator[]): Promise<void> {
  for (const target of targets) await target.click();
}

/** Into the field that a link led to, in place of what is there. */
async function type(text: string): Promise<void> {
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
}

test("the first experiment: one click makes the call or copies it, and none leads to its page", async () => {
  const address = { url: undefined, port: 0, basePath: "" };
  const empty = await startDashboard([], { api: address });
  const api = await startApi({ store: empty.store });
  address.port = api.port;
  const first = await openPage(browser, empty.url);
  await first.page.goto("/");
  await first.page.getByText("Waiting for the first request…").waitFor();
  await first.page.getByRole("button", { name: "Copy" }).first().click();
  await first.page.getByText("Copied").waitFor();
  await first.page.getByRole("link", { name: "make that call in the browser" }).click();
  await first.page.getByRole("heading", { name: "button-color" }).waitFor();
  await first.close();
  await api.close();
  await empty.close();
});

test("what asks for a decision stands first in the list: no click", async () => {
  await page.goto("/");
  const verdicts = await page.locator(".cell-verdict").allTextContents();
  expect(verdicts.slice(0, 2).every((verdict) => /Ship|Roll back/.test(verdict))).toBe(true);
});

test("why there is no decision yet: one click, and what is missing in figures", async () => {
  await onPage("just-begun");
  await click(summary("Why"));
  await page
    .getByText(/\d+ more whole days? needed/)
    .last()
    .waitFor();
});

test("a plan: two clicks and one field", async () => {
  await onPage("homepage-hero");
  await click(summary("Plan this experiment"));
  await page.getByLabel("Smallest uplift that matters").fill("10");
  // What is asked of guardrails stands there as soon as there is one.
  const [role, vain] = [page.getByLabel("Role of signup", { exact: true }), page.getByLabel(/^How often guardrails/)];
  expect(await vain.isVisible()).toBe(false);
  const before = await role.inputValue();
  await role.selectOption("guardrail");
  expect(await vain.isVisible()).toBe(true);
  expect(await page.getByLabel("How much worse signup may get as a guardrail").isVisible()).toBe(true);
  await role.selectOption(before);
  await click(button("Set plan"));
  await page
    .locator("#progress")
    .getByText(/90,000 of [\d,]+ visitors/)
    .waitFor();
});

test("the winner, where the verdict names it, and back: a click each", async () => {
  await onPage("price-page");
  await click(button("Give everybody new"));
  await page.getByText("Decided:").waitFor();
  await click(button("Go back to testing"));
  await button("Give everybody new").waitFor();
});

test("half of the traffic: one click on what it is, and its percentage typed", async () => {
  await onPage("price-page");
  await click(link("100% of traffic"));
  await type("50");
  await page.getByText("50% of traffic").waitFor();
});

test("other weights: one click on what they are, and one typed", async () => {
  await onPage("price-page");
  await click(link("2 alternatives, equal weights"));
  await type("3");
  await page.getByText("weights 75% / 25%").waitFor();
});

test("all compared with another alternative: one click in its row", async () => {
  await onPage("homepage-hero");
  await click(link(/compare all with video/));
  await page.locator("#results").getByText("Uplift over video").waitFor();
});

test("another alternative, and out with one: one click and its name, three clicks", async () => {
  await onPage("price-page");
  await click(link("Add alternative"));
  await type("third");
  await page.getByText("3 alternatives").waitFor();
  await click(
    button("Actions for third"),
    link("Retire it"),
    page.getByRole("dialog").getByRole("button", { name: "Retire third" }),
  );
  await page.getByText("2 alternatives, equal weights; 1 retired").waitFor();
});

test("revenue per visitor, and every other KPI beside it: no click", async () => {
  await onPage("checkout-revenue");
  const all = page.getByRole("region", { name: "All KPIs" });
  await all.getByText("mean per visitor").waitFor();
  await onPage("homepage-hero");
  for (const kpi of ["signup", "trial"]) await all.getByText(kpi).first().waitFor();
});

test("the results in a file: one click, without a scroll", async () => {
  await onPage("price-page");
  const box = await link("CSV of the results").boundingBox();
  expect((box?.y ?? Infinity) + (box?.height ?? 0)).toBeLessThan(900);
  const [file] = await Promise.all([page.waitForEvent("download"), click(link("CSV of the results"))]);
  expect(file.suggestedFilename()).toMatch(/price-page.*\.csv$/);
});

test("every figure in a file: one click", async () => {
  await onPage("price-page");
  const [file] = await Promise.all([page.waitForEvent("download"), click(link("Tidy CSV, every KPI"))]);
  expect(file.suggestedFilename()).toMatch(/price-page.*\.csv$/);
});

test("a link for who has no login: two clicks", async () => {
  await onPage("price-page");
  await click(link("Share links"));
  await click(button("Make a link"));
  const address = await page.locator(".copy pre").first().textContent();
  const guest = await browser.newPage();
  await guest.goto(address ?? "");
  await guest.getByText("Ship new").first().waitFor();
  await guest.close();
});

test("what a reset took: one click, where it is missed", async () => {
  await onPage("was-reset");
  await click(button(/^Restore/));
  await page.getByRole("status").getByText("was-reset").waitFor();
});

test("why the numbers can be trusted: one click, on one screen, and each part one click further", async () => {
  await page.goto("/");
  await click(page.getByRole("link", { name: "How the numbers are made" }));
  const contents = page.getByRole("navigation", { name: "In full" });
  expect((await contents.boundingBox())?.y).toBeLessThan(900);
  await click(contents.getByRole("link", { name: "Guardrails" }));
  expect((await page.getByRole("heading", { name: "Guardrails" }).boundingBox())?.y).toBeLessThan(900);
});

/** By the skip link and the line of contents. The review counted 78 stops to the end of such a page. */
test("the last part of an experiment, by keyboard alone: less than half of the stops of the review", async () => {
  await onPage("price-page");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
  let stops = 1;
  for (; stops <= 39 && (await focused()) !== "Activity"; stops += 1) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  expect(stops).toBeLessThanOrEqual(39);
  expect(page.url()).toContain("#activity-title");
});

test("who changed what of an experiment, of which one knows a part of the name: one click", async () => {
  await page.goto("/activity");
  await page.getByPlaceholder("Any experiment").fill("price");
  await click(button("Show"));
  await page.locator(".activity").getByText("price-page").first().waitFor();
});
