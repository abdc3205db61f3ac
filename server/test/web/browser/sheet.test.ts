/**
 * Every page, with names as long as they may be: nothing sticks out, nothing lies on another thing, every text can be read.
 * `npm run sheet` makes pictures of the same pages, at more widths and in both themes.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { layoutProblems } from "../../support/layout.ts";
import { useBrowser } from "./dashboard.ts";
import { SCENES, startScenes } from "./scenes.ts";

const browser = useBrowser();
let dashboard: Awaited<ReturnType<typeof startScenes>>;
beforeAll(async () => {
  dashboard = await startScenes();
});
afterAll(() => dashboard.close());

/** Pages of tables, which change their form with the width. */
const TABLES = ["list", "six", "bandit", "longest", "removed"];

test.each([
  [320, SCENES],
  [1100, SCENES.filter(({ name }) => TABLES.includes(name))],
] as const)("at %d pixels no page hides, covers or fades anything", async (width, scenes) => {
  const { page, complaints, close } = await browser.open(`${dashboard.url}/`, { viewport: { width, height: 900 } });
  const found: string[] = [];
  for (const { name, path } of scenes) {
    await page.goto(path);
    found.push(...(await layoutProblems(page)).map((problem) => `${name}: ${problem}`));
  }
  expect([...found, ...complaints]).toEqual([]);
  await close();
});
