/**
 * Every page, with names as long as they may be: nothing sticks out, nothing lies on another thing, every text can be read.
 * `npm run sheet` makes pictures of the same pages, at more widths and in both themes.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { layoutProblems } from "../../support/layout.ts";
import { useBrowser } from "./dashboard.ts";
import { type Stage, screenOf, show, startStages } from "./scenes.ts";

const browser = useBrowser();
let stages: readonly Stage[];
beforeAll(async () => {
  stages = await startStages();
});
afterAll(() => Promise.all(stages.map(({ close }) => close())));

/** Pages of tables, which change their form with the width. */
const TABLES = ["list", "six", "twelve", "bandit", "longest", "longest-unfolded", "removed"];

test.each([
  [320, undefined],
  [1100, TABLES],
])("at %d pixels no page hides, covers or fades anything", async (width, names) => {
  const found: string[] = [];
  for (const { url, scenes } of stages) {
    const { page, complaints, close } = await browser.open(`${url}/`, screenOf(width));
    for (const scene of scenes.filter(({ name }) => names === undefined || names.includes(name))) {
      await show(page, scene);
      found.push(...(await layoutProblems(page)).map((problem) => `${scene.name}: ${problem}`));
    }
    found.push(...complaints);
    await close();
  }
  expect(found).toEqual([]);
});
