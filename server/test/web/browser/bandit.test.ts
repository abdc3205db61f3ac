/** What people see of a bandit: young, grown, changed by people, and before anybody came. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withAlternative, withRetired, withTrafficFraction, withWeights } from "../../../src/domain/epochs.ts";
import { parseAlternativeName } from "../../../src/domain/names.ts";
import { accessibilityProblems } from "../../support/browser.ts";
import * as make from "../../support/make.ts";
import { addBandit } from "../bandits.ts";
import { type Dashboard, startDashboard, useBrowser } from "./dashboard.ts";

const TWO = { red: 0.05, blue: 0.06 };
const SIX = { control: 0.05, large: 0.052, short: 0.055, video: 0.065, plain: 0.04, price: 0.058 };

const browser = useBrowser();
let dashboard: Dashboard & { readonly close: () => Promise<void> };

beforeAll(async () => {
  dashboard = await startDashboard([{ name: "no-bandit", rates: TWO, participants: 4_000, days: 9 }]);
  const { store } = dashboard;
  const two = { rates: TWO, clientsPerBatch: 800 };
  await addBandit(store, { ...two, name: "empty", batches: 0, days: 1 }, make.NOW_MS);
  await addBandit(store, { ...two, name: "first-batch", batches: 1, clientsPerBatch: 150, days: 1 }, make.NOW_MS);
  await addBandit(store, { ...two, name: "ten", batches: 10, days: 9 }, make.NOW_MS);
  const changes = {
    40: (experiment: Parameters<typeof withRetired>[0], nowMs: number) => withTrafficFraction(experiment, 0.5, nowMs),
    80: (experiment: Parameters<typeof withRetired>[0], nowMs: number) => withRetired(experiment, "plain", nowMs),
    100: (experiment: Parameters<typeof withRetired>[0], nowMs: number) =>
      withAlternative(experiment, parseAlternativeName("late"), nowMs),
  };
  await addBandit(
    store,
    { name: "grown", rates: SIX, clientsPerBatch: 1_500, batches: 140, days: 30, goal: "learn", changes },
    make.NOW_MS,
  );
  const ended = {
    20: (experiment: Parameters<typeof withRetired>[0], nowMs: number) => withWeights(experiment, null, nowMs),
  };
  await addBandit(store, { ...two, name: "ended", batches: 25, days: 25, changes: ended }, make.NOW_MS);
});
afterAll(() => dashboard.close());

const pathOf = (name: string, query = "") => `${dashboard.url}/experiments/${name}/${query}`;

test("the page says whether to stop, what was saved, what explores, and why figures are missing", async () => {
  const { page, complaints, close } = await browser.open(pathOf("grown"));
  const bandit = page.locator("#bandit");
  expect(await bandit.textContent()).toMatch(/Stop: video is the best with a chance of >?99\.\d%/);
  expect(await bandit.textContent()).toMatch(/Saved against equal shares\+[\d,]+ conversions/);
  expect(await bandit.textContent()).toMatch(/Drawn evenly\d+\.\d%[\d,]+ visitors, a test of their own/);
  expect(await bandit.textContent()).toMatch(
    /Batches143 by the default KPIto learn; next one after [\d,]+ more visitors/,
  );
  expect(await bandit.textContent()).toContain("Hidden: A bandit gives alternatives more clients");
  expect(await page.locator("#results").textContent()).not.toMatch(/Sixpack label|planned look/);
  await page.locator("section[aria-labelledby=bandit-title]").getByText("How to read this").click();
  await page.getByText("Two figures stay right under that").waitFor();
  expect(complaints).toEqual([]);
  await close();
});

test("its table says what each alternative gets, and compares in the two ways that hold", async () => {
  const { page, close } = await browser.open(pathOf("grown"));
  const row = (name: string) => page.locator(".bandit-table tbody tr", { hasText: name });
  const texts = async (name: string) => (await row(name).locator("td").allTextContents()).map((text) => text.trim());
  const [share, chance, sequence, within, even] = await texts("video");
  expect([share, chance]).toEqual([expect.stringMatching(/^4\d\.\d%$/), expect.stringMatching(/^>?99/)]);
  expect(sequence).toMatch(/^\d\.\d+% to \d\.\d+%$/);
  expect(within).toMatch(/better \+\d+\.\d%range \+\d+\.\d% to \+\d+\.\d%$/);
  expect(even).toMatch(/\+\d+\.\d%, [\d,]+ visitors/);
  expect((await texts("control")).slice(-2)).toEqual([
    "the baseline",
    expect.stringMatching(/^the baseline, [\d,]+ visitors$/),
  ]);
  expect((await texts("plain")).slice(0, 2)).toEqual(["none", "–"]);
  await close();
});

test.each([
  ["empty", "Learning has not begun: nobody reached the default KPI yet"],
  ["first-batch", "Go on: blue is the best with a chance of"],
  ["ended", "another policy is in force"],
])("a bandit that is %s says so", async (name, sentence) => {
  const { page, complaints, close } = await browser.open(pathOf(name));
  expect(await page.locator("#bandit").textContent()).toContain(sentence);
  expect(complaints).toEqual([]);
  await close();
});

test("an experiment without a bandit has no such section, and no chart of shares that never changed", async () => {
  const { page, close } = await browser.open(pathOf("no-bandit"));
  expect(await page.locator("#bandit").count()).toBe(0);
  expect(await page.getByRole("link", { name: "Allocation" }).count()).toBe(0);
  await close();
});

describe.each([true, false])("the allocation with JavaScript: %s", (javaScriptEnabled) => {
  test("is one of the charts, with its changes and its table", async () => {
    const { page, complaints, close } = await browser.open(pathOf("grown"), { javaScriptEnabled });
    await page.getByRole("navigation", { name: "Chart" }).getByRole("link", { name: "Allocation" }).click();
    expect(page.url()).toContain("chart=allocation");
    expect(await page.getByRole("img", { name: "Allocation, grown" }).first().isVisible()).toBe(true);
    expect(await page.getByRole("navigation", { name: "Period" }).count()).toBe(0);
    expect(await page.locator(".markers li").allTextContents()).toEqual([
      "2025-01-30: policy thompson, to learn",
      "2025-02-08: traffic 100% → 50%",
      "2025-02-16: retired plain",
      "2025-02-20: added late",
    ]);
    expect(await page.locator(".markers-batches").textContent()).toContain("the bandit set new weights 139 times");
    await page.getByText("Show as table").click();
    const rows = page.locator("table.data tbody tr");
    expect(await rows.first().textContent()).toBe("2025-01-30 12:00 UTC17%17%17%17%17%17%–");
    // The last point of the line is the share in the table of the bandit.
    const last = await rows.last().locator("td").allTextContents();
    const shares = await page.locator(".bandit-table .share-figure").allTextContents();
    expect(last.filter((text) => text !== "–")).toEqual(shares.map((text) => `${Number.parseFloat(text).toFixed(0)}%`));
    expect(complaints).toEqual([]);
    await close();
  });
});

test("the allocation is read by keyboard", async () => {
  const { page, complaints, close } = await browser.open(pathOf("ten", "?chart=allocation"));
  const chart = page.getByRole("slider");
  await chart.focus();
  expect(await chart.getAttribute("aria-valuetext")).toMatch(/^2025-0\d-\d\d \d\d:00 UTC, red \d+%, blue \d+%$/);
  await page.keyboard.press("Home");
  expect(await chart.getAttribute("aria-valuetext")).toMatch(/^2025-02-20 .* UTC, red 50%, blue 50%$/);
  await page.keyboard.press("ArrowRight");
  expect(await page.locator(".chart-tip").textContent()).toMatch(/^2025-02-20/);
  expect(await page.locator(".chart-cross").count()).toBe(1);
  expect(complaints).toEqual([]);
  await close();
});

const STATES = ["empty", "first-batch", "ten", "grown", "ended"];

describe.each(["light", "dark"] as const)("in the %s theme", (colorScheme) => {
  test.each(STATES)("axe finds nothing on the page of %s", async (name) => {
    const { page, complaints, close } = await browser.open(pathOf(name, "?chart=allocation"), { colorScheme });
    for (const how of await page.getByText("How to read this").all()) await how.click();
    await page.getByText("Show as table").or(page.getByText("Nothing to draw")).first().click();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });
});

test.each(STATES)("%s needs no sideways scrolling at 320 pixels", async (name) => {
  const viewport = { width: 320, height: 800 };
  const { page, close } = await browser.open(pathOf(name, "?chart=allocation"), { viewport });
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(320);
  await close();
});
