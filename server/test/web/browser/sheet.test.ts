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

test.each([320, 1100])("at %d pixels no page hides, covers or fades anything", async (width) => {
  const { page, complaints, close } = await browser.open(`${dashboard.url}/`, { viewport: { width, height: 900 } });
  const found: string[] = [];
  for (const { name, path } of SCENES) {
    await page.goto(path);
    found.push(...(await layoutProblems(page)).map((problem) => `${name}: ${problem}`));
  }
  expect([...found, ...complaints]).toEqual([]);
  await close();
});
