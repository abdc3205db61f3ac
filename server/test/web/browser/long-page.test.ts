/** A long page under the hand: its menus lie over it and move nothing, its lines are switched off, its parts are near. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Dashboard, startDashboard, TWO_KPIS, useBrowser } from "./dashboard.ts";

const NAMES = [
  "control",
  "short",
  "long",
  "video",
  "quiz",
  "tour",
  "badge",
  "emoji",
  "countdown",
  "chat",
  "map",
  "none",
];
const MANY = {
  name: "many",
  rates: Object.fromEntries(NAMES.map((name, at) => [name, 0.05 + (at % 5) * 0.0012])),
  participants: 10_000_000,
  days: 400,
};

const browser = useBrowser();
let dashboard: Dashboard & { readonly close: () => Promise<void> };
beforeAll(async () => {
  dashboard = await startDashboard([TWO_KPIS, MANY]);
});
afterAll(() => dashboard.close());

const drawn = (page: Page) => page.locator("svg.chart-wide .series-line").count();

describe.each([
  ["a desk", { width: 1440, height: 900 }],
  ["a phone", { width: 390, height: 800 }],
])("on %s", (_, viewport) => {
  test("the menu of an alternative lies over the page, whole, and leaves every row where it was", async () => {
    const { page, complaints, close } = await browser.open(`${dashboard.url}/experiments/many/`, { viewport });
    const rows = () =>
      page.locator("#results tr").evaluateAll((all) => all.map((row) => row.getBoundingClientRect().height));
    const before = await rows();
    const opener = page.getByRole("button", { name: "Actions for quiz" });
    await opener.click();
    const menu = page.getByRole("list", { name: "Actions for quiz" });
    expect(await rows()).toEqual(before);
    const box = await menu.boundingBox();
    if (box === null) throw new Error("Expected an open menu, got none");
    expect(box.x).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(viewport.width);
    const below = await opener.boundingBox();
    // At its button, not in a corner of the screen.
    expect(
      Math.min(
        Math.abs(box.y - ((below?.y ?? 0) + (below?.height ?? 0))),
        Math.abs(box.y + box.height - (below?.y ?? 0)),
      ),
    ).toBeLessThan(16);
    await page.keyboard.press("Escape");
    expect(await menu.isVisible()).toBe(false);
    expect(await opener.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(complaints).toEqual([]);
    await close();
  });
});

test("an alternative is retired, weighed and used from its own row", async () => {
  const { page, close } = await browser.open(`${dashboard.url}/experiments/many/`);
  await page.getByRole("button", { name: "Actions for quiz" }).click();
  const items = page.getByRole("list", { name: "Actions for quiz" }).getByRole("listitem");
  expect((await items.allTextContents()).map((text) => text.trim())).toEqual([
    "Use this for everybody",
    "Change its weight",
    "Retire it",
    expect.stringContaining("sixpack-force-many=quiz"),
  ]);
  await items.getByRole("link", { name: "Retire it" }).click();
  await page
    .getByText(/quiz.*gets no new visitors/)
    .first()
    .waitFor();
  await close();
});

describe.each([true, false])("with JavaScript: %s", (javaScriptEnabled) => {
  test("a line is taken out of the chart by its name in the legend, and put back", async () => {
    const url = `${dashboard.url}/experiments/many/?chart=cumulative`;
    const { page, complaints, close } = await browser.open(url, { javaScriptEnabled });
    expect(await drawn(page)).toBe(12);
    await page.getByRole("link", { name: /^quiz ?, shown/ }).click();
    await page.getByRole("link", { name: /^quiz ?, hidden/ }).waitFor();
    expect([await drawn(page), page.url()]).toEqual([11, expect.stringContaining("show=0%2C1%2C2%2C3%2C5")]);
    await page.getByRole("link", { name: /^quiz ?, hidden/ }).click();
    await page.getByRole("link", { name: /^quiz ?, shown/ }).waitFor();
    expect([await drawn(page), page.url().includes("show=")]).toEqual([12, false]);
    expect(complaints).toEqual([]);
    await close();
  });

  test("no two bands lie over each other where there are more than three: each has a picture on the same axis", async () => {
    const { page, close } = await browser.open(`${dashboard.url}/experiments/many/`, { javaScriptEnabled });
    const pictures = page.locator(".strips svg.chart");
    expect(await pictures.count()).toBe(11);
    const axes = await pictures.evaluateAll((all) =>
      all.map((picture) => ({
        bands: picture.querySelectorAll("path.series-band").length,
        ticks: [...picture.querySelectorAll(".chart-tick")].map((tick) => tick.textContent).join(" "),
      })),
    );
    expect(new Set(axes.map(({ ticks }) => ticks)).size).toBe(1);
    expect(axes.every(({ bands }) => bands === 1)).toBe(true);
    // Of a year and more the days have their year.
    expect(axes[0]?.ticks).toMatch(/, 2024 .*, 2025/);
    await close();
  });
});

test("no two lines look alike, by colour and dashes together", async () => {
  const { page, close } = await browser.open(`${dashboard.url}/experiments/many/?chart=cumulative`);
  const looks = await page.locator("svg.chart-wide .series-line").evaluateAll((all) =>
    all.map((line) => {
      const { stroke, strokeDasharray } = getComputedStyle(line);
      return `${stroke} ${strokeDasharray}`;
    }),
  );
  expect(new Set(looks).size).toBe(12);
  await close();
});

test("the way to each part stays in sight on a page of any length, and leads there", async () => {
  const { page, close } = await browser.open(`${dashboard.url}/experiments/many/`);
  const contents = page.getByRole("navigation", { name: "On this page" });
  await contents.getByRole("link", { name: "Activity" }).click();
  const heading = page.getByRole("heading", { name: "Activity" });
  const { height } = page.viewportSize() ?? { height: 0 };
  expect((await contents.boundingBox())?.y).toBeGreaterThanOrEqual(0);
  const { y: top = 0 } = (await heading.boundingBox()) ?? {};
  expect(top).toBeGreaterThan(0);
  expect(top).toBeLessThan(height);
  await contents.getByRole("link", { name: "Results" }).click();
  const [bar, title] = [
    await contents.boundingBox(),
    await page.getByRole("heading", { name: "Results" }).boundingBox(),
  ];
  expect(title?.y).toBeGreaterThanOrEqual((bar?.y ?? 0) + (bar?.height ?? 0));
  await close();
});
