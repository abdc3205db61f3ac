import { describe, expect, test } from "vitest";
import { setArchived, setPaused, setWinner } from "../../../src/service/administer/acts/state.ts";
import { createExperiment, crowd, openApp, record, type TestContext, testContext } from "../support.ts";

const ACT = { name: "button", actor: "ada" };

async function textOf(context: TestContext, part: RegExp): Promise<string> {
  const app = openApp(context);
  const { body } = await app.inject({ url: "/experiments/button/", headers: { accept: "text/html" } });
  await app.close();
  return (part.exec(body)?.[0] ?? "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}

const banner = (context: TestContext) => textOf(context, /<section class="banner.*?<\/section>/s);

async function withTraffic(): Promise<TestContext> {
  const context = testContext();
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
  const context = testContext();
  await createExperiment(context, "button");
  const text = await textOf(context, /<ul class="checks".*?<\/ul>/s);
  expect(text).toContain("No participants to compare with the intended split yet.");
  expect(text).toContain("No rates to check yet.");
  expect(text).not.toContain("within chance");
});
