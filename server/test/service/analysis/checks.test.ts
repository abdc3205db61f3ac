import { expect, test } from "vitest";
import { checksOf } from "../../../src/service/analysis/checks.ts";
import { findExperiment } from "../../../src/service/find-experiment.ts";
import { summarize } from "../../../src/stats/summarize.ts";
import * as make from "../../support/make.ts";
import { createExperiment, crowd, record } from "../../web/support.ts";

/** What the check of the split says of so many participants in red and blue. */
async function splitOf(red: number, blue: number) {
  const context = make.context();
  const experiment = await createExperiment(context, "button");
  await record(context, "button", [...crowd(0, red, 0), ...crowd(1, blue, 0)]);
  const check = checksOf(await context.analyst.read(experiment), undefined, undefined).find(
    ({ kind }) => kind === "sample-ratio",
  );
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
  const unclear = { word: "wait", finding: expect.stringMatching(/not enough to tell yet\.$/) };
  expect(await splitOf(40, 52)).toMatchObject(unclear);
  expect(await splitOf(460, 540)).toMatchObject(unclear);
  expect(await splitOf(495, 505)).toMatchObject({
    word: "pass",
    finding: expect.stringMatching(/no sign of a mismatch\.$/),
  });
});

test("what could not be judged yet waits: no word of it is a pass", async () => {
  const context = make.context();
  await createExperiment(context, "button");
  const wordsOf = async () => {
    const analysis = await context.analyst.read(await findExperiment(context, "button"));
    const checks = checksOf(analysis, analysis.report.kpis[0], undefined);
    return checks.filter(({ word }) => word === "wait").map(({ kind }) => kind);
  };
  expect(await wordsOf()).toEqual(["sample-ratio", "rates", "excluded"]);
  await record(context, "button", [...crowd(0, 4, 0), ...crowd(1, 4, 0)]);
  expect(await wordsOf()).toEqual(["sample-ratio", "rates"]);
  await record(context, "button", [...crowd(0, 600, 60, "2025-02-27"), ...crowd(1, 600, 60, "2025-02-27")]);
  expect(await wordsOf()).toEqual([]);
});

test("nothing is wrong with an experiment whose winner was just set", async () => {
  const context = make.context();
  const experiment = await createExperiment(context, "button");
  await record(context, "button", [...crowd(0, 60, 20), ...crowd(1, 60, 30)]);
  await context.store.definitions.change({ ...experiment, winner: experiment.alternatives[1]?.name ?? null });
  const analysis = await context.analyst.read(await findExperiment(context, "button"));
  expect(checksOf(analysis, undefined, undefined).find(({ kind }) => kind === "traffic")).toMatchObject({
    word: "pass",
    advice: expect.stringContaining("take the call out"),
  });
});

test("an alternative where everybody converts is odd from fifty on", async () => {
  const ratesOf = async (blue: number) => {
    const context = make.context();
    const experiment = await createExperiment(context, "button");
    await record(context, "button", [...crowd(0, 60, 20), ...crowd(1, blue, blue)]);
    const analysis = await context.analyst.read(experiment);
    return checksOf(analysis, analysis.report.kpis[0], undefined).find(({ kind }) => kind === "rates");
  };
  expect(await ratesOf(49)).toMatchObject({ word: "pass" });
  expect(await ratesOf(50)).toMatchObject({ word: "warn", finding: "Everybody in blue converts." });
});

test("a mean that rests on one participant is said, with how much of it that one may make", async () => {
  const context = make.context();
  const experiment = await createExperiment(context, "button");
  const analysis = await context.analyst.read(experiment);
  const findingOf = (largest: number) => {
    // 60 participants of 10 each, and one more.
    const valued = { conversions: 61, values: { sum: 600 + largest, sumSquares: 6_000 + largest ** 2 } };
    const plain = { conversions: 60, values: { sum: 600, sumSquares: 6_000 } };
    const { kpis } = summarize({
      arms: [{ name: "red" }, { name: "blue" }],
      kpis: [{ name: "revenue", role: "primary", decidesOn: "mean" }],
      epochs: [{ weights: [1, 1], participants: [200, 200], kpis: [[plain, valued]] }],
    });
    return checksOf(analysis, kpis[0], undefined).find(({ kind }) => kind === "values");
  };
  // It makes 1,000 of 1,600: 62.5 %.
  expect(findingOf(1_000)).toMatchObject({
    word: "warn",
    finding: expect.stringMatching(
      /^The values of 61 visitors of blue are worth 2 equal ones: .* up to 6[23](\.\d)? ?%/,
    ),
  });
  expect(findingOf(20)).toMatchObject({ word: "pass" });
});
