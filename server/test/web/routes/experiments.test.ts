import { describe, expect, test } from "vitest";
import { setArchived, setPaused, setWinner } from "../../../src/service/administer/acts/state.ts";
import * as make from "../../support/make.ts";
import { createExperiment, crowd, openApp, record } from "../support.ts";

const ACT = { name: "button", actor: "ada" };

async function textOf(context: make.TestContext, part: RegExp): Promise<string> {
  const app = openApp(context);
  const { body } = await app.inject({ url: "/experiments/button/", headers: { accept: "text/html" } });
  await app.close();
  return (part.exec(body)?.[0] ?? "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}

const banner = (context: make.TestContext) => textOf(context, /<section class="banner.*?<\/section>/s);

async function withTraffic(): Promise<make.TestContext> {
  const context = make.context();
  await createExperiment(context, "button");
  await record(context, "button", [...crowd(0, 40, 10), ...crowd(1, 41, 15)]);
  return context;
}

describe("the decision", () => {
  test("is the verdict alone while the test runs", async () => {
    const text = await banner(await withTraffic());
    expect(text).toMatch(/^Too early:/);
    expect(text).not.toContain("The data so far say");
  });

  test("begins with what visitors get when nobody is tested any more", async () => {
    const context = await withTraffic();
    await setPaused(context, ACT, true);
    expect(await banner(context)).toMatch(
      /^Paused: everybody gets red, the control, .* The data so far say: Too early/,
    );
    await setWinner(context, ACT, "blue");
    expect(await banner(context)).toMatch(/^Decided: everybody gets blue/);
    await setArchived(context, ACT, true);
    expect(await banner(context)).toMatch(/^Archived: everybody gets blue/);
  });
});

test("the health of an experiment without participants claims nothing", async () => {
  const context = make.context();
  await createExperiment(context, "button");
  const text = await textOf(context, /<ul class="checks".*?<\/ul>/s);
  expect(text).toContain("No visitors to compare with the intended split yet.");
  expect(text).toContain("No rates to check yet.");
  expect(text).not.toContain("within chance");
});

describe("a chosen part of the data, or another baseline", () => {
  /** b is clearly better, over ten days. */
  async function won(): Promise<make.TestContext> {
    const context = make.context();
    await createExperiment(context, "button", ["a", "b"], { createdAtMs: Date.parse("2025-02-18T00:00Z") });
    for (let day = 19; day <= 28; day += 1) {
      const date = `2025-02-${day}`;
      await record(context, "button", [...crowd(0, 120, 12, date), ...crowd(1, 120, 36, date)]);
    }
    return context;
  }

  test.each(["?from=2025-02-24", "?to=2025-02-27", "?baseline=b"])("decides nothing: %s", async (query) => {
    const app = openApp(await won());
    const read = async (path: string) => (await app.inject(`/experiments/button${path}`)).body;
    expect(JSON.parse(await read(".json")).report.verdict).toMatchObject({ kind: "ship", arm: 1 });
    expect(JSON.parse(await read(`.json${query}`)).report.verdict).toBeNull();
    const page = await app.inject({ url: `/experiments/button/${query}`, headers: { accept: "text/html" } });
    for (const text of [page.body, await read(`/summary.md${query}`)]) {
      expect(text).toContain("No decision here");
      expect(text).not.toMatch(/Ship b|Roll back a/);
    }
  });
});
