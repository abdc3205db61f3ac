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
const TABLES = [
  "list",
  "six",
  "twelve",
  "bandit",
  "money",
  "billion",
  "longest",
  "longest-unfolded",
  "removed",
  "deliveries",
];

test.each([
  [320, undefined],
  [760, TABLES],
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

test("what is wider than its panel, or lies at its frame, is found", async () => {
  const { page, close } = await browser.open(`${stages[0]?.url}/nothing-here`, screenOf(1100));
  // Our own pages take no styles from markup.
  await page.goto("about:blank");
  const judged = async (html: string) => {
    await page.setContent(`<main style="padding: 2rem">${html}</main>`);
    return (await layoutProblems(page)).map((problem) => problem.replace(/:.*/, ""));
  };
  const panel = (style: string, content: string) =>
    `<div style="width: 20rem; border: 1px solid; ${style}">${content}</div>`;
  expect(await judged(panel("padding: 1rem", "<p>A sentence</p><button>A button</button>"))).toEqual([]);
  expect(await judged(panel("padding: 1rem", `<p style="width: 40rem">A sentence</p>`))).toEqual([
    "wider than its panel",
  ]);
  expect(await judged(panel("padding: 1rem; overflow: auto", `<p style="width: 40rem">A sentence</p>`))).toEqual([
    "wider than its panel",
  ]);
  expect(await judged(panel("padding: 1rem; overflow: hidden", `<p style="width: 40rem">A sentence</p>`))).toEqual([]);
  expect(await judged(panel("", "<p>A sentence</p>"))).toEqual(["at its frame"]);
  expect(await judged(panel("", "<button>A button</button>"))).toEqual(["at its frame"]);
  await close();
});
