/**
 * What is said by segment, of a calibration and of covariates, in one file to be read from top to bottom: `told.txt`.
 * `npx vitest run server/test/web/told.test.ts --update` writes it anew; read it aloud then. Verdicts are in
 * `server/test/stats/sentences.txt`.
 */
import { expect, test } from "vitest";
import { causeText, differsText, hurtText } from "../../src/service/analysis/segment-words.ts";
import { calibrationSentences } from "../../src/service/report/calibration-json.ts";
import type { Calibration } from "../../src/stats/calibration.ts";
import { adjustmentText } from "../../src/web/views/figure-notes.ts";

const NAMES = ["blue", "new button", "a-very-long-name-".repeat(15).slice(0, 255)];

function segments(): readonly string[] {
  const says = [hurtText, differsText].flatMap((words) =>
    NAMES.flatMap((name) => [
      words(name, "device=phone", null),
      words(name, "device=phone", "revenue"),
      words(name, "plan=pro plus", "the default KPI"),
    ]),
  );
  const causes = NAMES.flatMap((name) => [
    causeText(name, "browser=safari", 462.7, 471.8),
    causeText(name, "browser=safari", 60, 60),
    causeText(name, "browser=safari", 12_345, 20_000),
  ]);
  return [...says, ...causes];
}

function calibrations(): readonly string[] {
  const of = (runs: number, found: number, medianDays: number | null, uplift = 0.1): Calibration => ({
    runs,
    equal: { ours: Math.round(runs / 60), usualAlways: Math.round(runs / 7), usualOnce: Math.round(runs / 20) },
    planted: { uplift, found, medianDays, foundOnce: Math.round(runs / 2) },
  });
  return [of(400, 250, 11), of(400, 90, null), of(400, 0, null, 0.025), of(400, 400, 0, 1), of(1, 0, null)].flatMap(
    (result) => [...calibrationSentences(result)],
  );
}

function covariates(): readonly string[] {
  const one = { covariates: 1_200, varianceReduction: 0.3017 };
  return [
    adjustmentText([{ ...one, name: "blue" }], "the rates"),
    adjustmentText([{ ...one, name: "blue" }], "the means"),
    adjustmentText(
      [
        { ...one, name: "blue" },
        { covariates: 201, varianceReduction: 0.0004, name: "new button" },
      ],
      "the means",
    ),
  ];
}

const TEXT = [
  ...["# by segment", ...segments(), ""],
  ...["# calibration", ...calibrations(), ""],
  ...["# covariates", ...covariates()],
].join("\n");

test("every sentence by segment, of a calibration and of covariates is the one that was read aloud", async () => {
  await expect(`${TEXT}\n`).toMatchFileSnapshot("told.txt");
});

test("no sentence holds what none does", () => {
  expect(TEXT).not.toMatch(/NaN|undefined|null|Infinity|\b1 times\b|\.\.|\b(\w+) \1\b/);
});
