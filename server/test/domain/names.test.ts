import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ALTERNATIVES_MAX,
  CLIENT_ID_LENGTH_MAX,
  isExperimentName,
  NAME_LENGTH_MAX,
  parseAlternativeName,
  parseAlternativeNames,
  parseClientId,
  parseExperimentName,
  parseKpiName,
  quote,
} from "../../src/domain/names.ts";
import { HOSTILE_NAMES } from "../support/names.ts";
import { codeOf } from "../support/refusal.ts";

const LONGEST = "x".repeat(NAME_LENGTH_MAX);
const GOOD = ["a", "0", "A", "button-color", "v_2", "a--", LONGEST, "constructor", "toString", "list", "new"];
const BAD = [
  "",
  "-a",
  "_a",
  " a",
  "a ",
  "a b",
  "a.b",
  "a\n",
  "é",
  "🎲",
  "a\0",
  "__proto__",
  "x".repeat(NAME_LENGTH_MAX + 1),
];

describe("the name of a new alternative or KPI", () => {
  it.each(GOOD)("may be %s", (raw) => {
    for (const parse of [parseAlternativeName, parseKpiName]) expect(parse(raw)).toBe(raw);
  });

  it.each(BAD)("may not be %j, and the refusal says which kind of name it is", (raw) => {
    expect(codeOf(() => parseAlternativeName(raw))).toBe("invalid-alternative-name");
    expect(codeOf(() => parseKpiName(raw))).toBe("invalid-kpi-name");
  });
});

describe("the name of a new experiment", () => {
  it.each([...GOOD, ...HOSTILE_NAMES])("may be %j, and stays what it is", (raw) => {
    expect(parseExperimentName(raw)).toBe(raw);
  });

  it("is measured in code points, so that an emoji counts once", () => {
    expect(parseExperimentName("🎲".repeat(NAME_LENGTH_MAX))).toHaveLength(2 * NAME_LENGTH_MAX);
    for (const raw of ["🎲", "x"].map((one) => one.repeat(NAME_LENGTH_MAX + 1))) {
      expect(codeOf(() => parseExperimentName(raw))).toBe("invalid-experiment-name");
    }
  });

  it("may be any text without control characters", () => {
    const names = fc.string({ unit: "binary", minLength: 1, maxLength: NAME_LENGTH_MAX });
    fc.assert(
      fc.property(names, (raw) => {
        const held = !/\p{Cc}/u.test(raw) && raw !== "." && raw !== "..";
        expect(isExperimentName(raw)).toBe(held);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    "",
    ".",
    "..",
    "a\n",
    "\r",
    "\t",
    "a\0",
    "\u007f",
    "\u0085",
    "\u009b",
    "\ud800",
    "a\udc00",
    "\ud83d \udfb2",
  ])("may not be %j", (raw) => {
    expect(codeOf(() => parseExperimentName(raw))).toBe("invalid-experiment-name");
  });
});

describe("a client id", () => {
  it.each([" ", "🎲", "a b", "__proto__", "\u2028", "x".repeat(CLIENT_ID_LENGTH_MAX)])("may be %j", (raw) => {
    expect(parseClientId(raw)).toBe(raw);
  });

  it.each(["\0", "a\0b", "\ud800", "x".repeat(CLIENT_ID_LENGTH_MAX + 1)])("may not be %j", (raw) => {
    expect(codeOf(() => parseClientId(raw))).toBe("invalid-client-id");
  });
});

describe("the alternatives of a new experiment", () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => `a${index}`);

  it("are two to a hundred different names, in the order they came", () => {
    expect(parseAlternativeNames(["b", "a"])).toEqual(["b", "a"]);
    expect(parseAlternativeNames(many(ALTERNATIVES_MAX))).toHaveLength(ALTERNATIVES_MAX);
    // Names differ by case, as in Sixpack 2.7.
    expect(parseAlternativeNames(["a", "A"])).toEqual(["a", "A"]);
  });

  it.each([
    ["too-few-alternatives", []],
    ["too-few-alternatives", ["a"]],
    ["too-many-alternatives", many(ALTERNATIVES_MAX + 1)],
    ["invalid-alternative-name", ["a", "_b"]],
    ["duplicate-alternatives", ["a", "b", "a"]],
  ])("are refused as %s: %j", (code, raw) => {
    expect(codeOf(() => parseAlternativeNames(raw))).toBe(code);
  });
});

describe("a quoted value", () => {
  it("is JSON, cut short after 80 characters", () => {
    expect(quote('a"b\n')).toBe('"a\\"b\\n"');
    expect(quote("x".repeat(81))).toBe(`"${"x".repeat(80)}…"`);
  });
});
