import { expect, test } from "vitest";
import { checksOf } from "../../../src/service/analysis/checks.ts";
import { createExperiment, crowd, record, testContext } from "../../web/support.ts";

/** What the check of the split says of so many participants in red and blue. */
async function splitOf(red: number, blue: number) {
  const context = testContext();
  const experiment = await createExperiment(context, "button");
  await record(context, "button", [...crowd(0, red, 0), ...crowd(1, blue, 0)]);
  const { health } = await context.analyst.read(experiment);
  const check = checksOf(experiment, health, undefined, undefined).find(({ kind }) => kind === "sample-ratio");
  return { word: check?.word, finding: check?.finding };
}

test("an alternative that nobody got is named at once, and is a mismatch soon after", async () => {
  expect(await splitOf(0, 12)).toMatchObject({
    word: "warn",
    finding: expect.stringMatching(/^Nobody has got red yet\./),
  });
  expect(await splitOf(0, 20)).toMatchObject({ word: "fail" });
});

test("a split that is neither alarming nor clear is not called right", async () => {
  expect((await splitOf(40, 52)).finding).toMatch(/not enough to tell yet\.$/);
  expect((await splitOf(460, 540)).finding).toMatch(/not enough to tell yet\.$/);
  expect(await splitOf(495, 505)).toMatchObject({
    word: "pass",
    finding: expect.stringMatching(/no sign of a mismatch\.$/),
  });
});
