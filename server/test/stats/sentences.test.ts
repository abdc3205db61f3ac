/**
 * Every sentence that a verdict can say, in one file to be read from top to bottom: `sentences.txt`. Each branch for rates and
 * means, for KPIs where more is better and where less is, for one alternative and for several, and for names that a sentence
 * might trip over. `npx vitest run server/test/stats/sentences.test.ts --update` writes it anew; read it aloud then.
 */
import { describe, expect, test } from "vitest";
import type { KpiCell, ReportInput } from "../../src/stats/input.ts";
import type { Report, Verdict } from "../../src/stats/report.ts";
import { summarize } from "../../src/stats/summarize.ts";
import { conditionsOf } from "../../src/stats/why.ts";
import { impossible, inputOf, means, SITUATIONS, unconverted, valued } from "./situations.ts";

const NAMES = ["control", "blue", "green", "red", "amber", "violet", "grey"];

function sentenceOf(input: ReportInput): string {
  return summarize(input).verdict.sentence;
}

function meansText(...asked: Parameters<typeof means>): string {
  return sentenceOf(means(...asked));
}

/** Why, as the page lists it. */
function conditionsText(report: Report): readonly string[] {
  const signs = { met: "✓", waiting: "…", against: "✗", open: "○" } as const;
  return conditionsOf(report).map(({ state, text }) => ` ${signs[state]} ${text}`);
}

/** A block of text for each situation: the four questions, each with its answer, and the conditions of the first. */
function page(): string {
  const lines: string[] = [];
  for (const situation of SITUATIONS) {
    lines.push("", `# ${situation.name}`);
    for (const [figure, better, kpi] of [
      ["rate", "higher", "conversion rate"],
      ["rate", "lower", "refund"],
      ["mean", "higher", "revenue"],
      ["mean", "lower", "cost"],
    ] as const) {
      lines.push(`${figure}, ${better}: ${sentenceOf(inputOf(situation, figure, better, NAMES, kpi))}`);
    }
    lines.push(...conditionsText(summarize(inputOf(situation, "rate", "higher", NAMES, "conversion rate"))));
  }
  lines.push("", "# means below zero");
  for (const [from, to] of [
    [-12, -8],
    [-8, -12],
    [-1, 4],
    [0, -5],
  ] as const) {
    for (const better of ["higher", "lower"] as const)
      lines.push(`${from} to ${to}, ${better}: ${meansText(from, to, better)}`);
  }
  lines.push("", "# amounts in a unit");
  lines.push(
    `without a name, -8 to -12, lower: ${meansText(-8, -12, "lower", undefined, "value per participant")}`,
    `without a name, -8 to -12, higher: ${meansText(-8, -12, "higher", undefined, "value per participant")}`,
    `all given back, higher: ${meansText(4, 0, "higher", undefined, "profit", 0)}`,
  );
  lines.push(
    `-12 to -8, higher: ${meansText(-12, -8, "higher", "€")}`,
    `0 to 5, lower: ${meansText(0, 5, "lower", "min")}`,
  );
  lines.push("", "# a control that never converts");
  lines.push(`rate, higher: ${sentenceOf(unconverted("higher"))}`, `rate, lower: ${sentenceOf(unconverted("lower"))}`);
  lines.push("", "# names");
  const [better] = SITUATIONS;
  for (const name of [
    "b",
    "new button",
    "b: +300%.",
    "Ship c",
    'say "hi"',
    "🎲",
    " b ",
    "b\u200b",
    "<b>bold</b>",
    "ünïcödé",
    "v1.2",
    "a-very-long-name-".repeat(15).slice(0, 255),
  ]) {
    if (better === undefined) continue;
    lines.push(sentenceOf(inputOf(better, "rate", "higher", ["a", name], "purchase")));
    lines.push(sentenceOf(inputOf({ ...better, arms: [{ times: 0.5 }] }, "rate", "higher", ["a", "b"], name)));
  }
  lines.push("", "# more conversions than people", sentenceOf(impossible()));
  lines.push("", "# all values the same");
  const same: KpiCell = { conversions: 800, values: { sum: 4_000, sumSquares: 20_000 } };
  lines.push(
    sentenceOf({
      ...valued([same, same]),
      epochs: [{ weights: [1, 1], participants: [800, 800], kpis: [[same, same]] }],
    }),
  );
  lines.push("", "# gains and losses that nearly cancel out");
  const cancelling = (sum: number): KpiCell => ({ conversions: 400, values: { sum, sumSquares: 40_000 } });
  const cancelled = valued([cancelling(300), cancelling(-200)]);
  lines.push(sentenceOf(cancelled), ...conditionsText(summarize(cancelled)));
  return `${lines.join("\n").trim()}\n`;
}

const TEXT = page();

test("every sentence is the one that was read aloud", async () => {
  await expect(TEXT).toMatchFileSnapshot("sentences.txt");
});

describe("no sentence", () => {
  const lines = TEXT.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

  test("calls a mean a conversion rate", () => {
    expect(lines.filter((line) => line.startsWith("mean") && /conversion rate/.test(line))).toEqual([]);
  });

  test("says down of what grew, or up of what fell", () => {
    const wrong = lines.filter((line) => {
      const [head = "", sentence = ""] = [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)];
      const better = head.endsWith("lower") ? "down" : "up";
      const worse = better === "up" ? "down" : "up";
      return (
        head.startsWith("rate") &&
        ((/^ Ship/.test(sentence) && sentence.split("Roll back")[0]?.includes(` ${worse} `)) ||
          (/^ Roll back/.test(sentence) && !sentence.includes("retention") && sentence.includes(` ${better} `)))
      );
    });
    expect(wrong).toEqual([]);
  });

  test("says of what an amount is twice, or a range of one number", () => {
    expect(
      lines.filter((line) => /per visitor(?:(?!\. ).)* per visitor|\b([\d.]+%?) to \1(?![\d.])/.test(line)),
    ).toEqual([]);
  });
  test("holds what no sentence does", () => {
    expect(lines.filter((line) => /NaN|undefined|null|Infinity|\bby by\b| {2}/.test(line))).toEqual([]);
  });

  test("is missing a kind of verdict", () => {
    const kinds = new Set<Verdict["kind"]>([summarize(impossible()).verdict.kind]);
    for (const situation of SITUATIONS) {
      for (const figure of ["rate", "mean"] as const) {
        kinds.add(summarize(inputOf(situation, figure, "higher", NAMES, "kpi")).verdict.kind);
      }
    }
    expect([...kinds].sort()).toEqual([
      ...["contradiction", "hold", "inconclusive", "keep-control", "keep-running"],
      ...["no-clear-winner", "no-inference", "roll-back", "sample-ratio-mismatch", "ship", "too-early"],
    ]);
  });
});
