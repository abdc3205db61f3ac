/**
 * The sheet of pictures: every page at five widths in both themes, to be looked at, with what a machine finds wrong on each
 * (layout, targets, contrast, accessibility). Exits with 1 where it finds something.
 *
 *     npm run sheet                                       # into a new folder, whose name is printed
 *     npm run sheet -- --out /tmp/sheet --only two,list --width 390
 */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { accessibilityProblems, launchBrowser, openPage } from "../server/test/support/browser.ts";
import { layoutProblems } from "../server/test/support/layout.ts";
import { type Stage, screenOf, show, startStages } from "../server/test/web/browser/scenes.ts";

const WIDTHS = [1440, 1100, 768, 390, 320] as const;
const THEMES = ["light", "dark"] as const;

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    only: { type: "string" },
    width: { type: "string" },
    theme: { type: "string" },
    /** Folds opened: forms and menus are part of the page. */
    open: { type: "boolean", default: false },
  },
});
const out = values.out ?? mkdtempSync(join(tmpdir(), "sixpack-sheet-"));
mkdirSync(out, { recursive: true });
const wanted = (given: string | undefined, one: string | number) =>
  given === undefined || given.split(",").includes(String(one));
const stages = (await startStages()).map((stage) => ({
  ...stage,
  scenes: stage.scenes.filter(({ name }) => wanted(values.only, name)),
}));
const browser = await launchBrowser();
const found: string[] = [];
for (const colorScheme of THEMES.filter((theme) => wanted(values.theme, theme))) {
  for (const width of WIDTHS.filter((one) => wanted(values.width, one))) {
    for (const stage of stages) found.push(...(await problemsOn(stage, width, colorScheme)));
  }
}
await browser.close();
await Promise.all(stages.map(({ close }) => close()));
writeFileSync(join(out, "index.html"), sheet());
for (const problem of found) process.stdout.write(`${problem}\n`);
process.stdout.write(`${join(out, "index.html")}: ${found.length} problems\n`);
process.exitCode = found.length === 0 ? 0 : 1;

/** Takes the pictures, and answers what is wrong on each. */
async function problemsOn({ url, scenes }: Stage, width: number, colorScheme: (typeof THEMES)[number]) {
  const { page, complaints, close } = await openPage(browser, url, { ...screenOf(width), colorScheme });
  const problems: string[] = [];
  for (const scene of scenes) {
    await show(page, scene);
    if (values.open) await page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true");
    const file = `${scene.name}-${width}-${colorScheme}.png`;
    await page.screenshot({ path: join(out, file), fullPage: true });
    const here = [...(await layoutProblems(page)), ...(await accessibilityProblems(page))];
    problems.push(...here.map((problem) => `${file}: ${problem}`));
  }
  await close();
  return [...problems, ...complaints];
}

function sheet(): string {
  const scenes = stages.flatMap((stage) => stage.scenes);
  const rows = scenes.map(({ name }) => {
    const pictures = THEMES.flatMap((theme) =>
      WIDTHS.map(
        (width) => `<img src="${name}-${width}-${theme}.png" alt="${name}, ${width}, ${theme}" width="${width / 4}">`,
      ),
    );
    return `<h2>${name}</h2>${pictures.join("")}`;
  });
  return `<!doctype html><title>Sheet of pictures</title><style>img{vertical-align:top;margin:4px;border:1px solid}</style>${rows.join("")}`;
}
