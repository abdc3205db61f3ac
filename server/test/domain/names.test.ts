import { describe, expect, it } from "vitest";
import {
  ALTERNATIVES_MAX,
  CLIENT_ID_LENGTH_MAX,
  NAME_LENGTH_MAX,
  parseAlternativeName,
  parseAlternativeNames,
  parseClientId,
  parseExperimentName,
  parseKpiName,
  quote,
} from "../../src/domain/names.ts";
import { codeOf } from "../support/refusal.ts";

const GOOD = ["a", "0", "A", "button-color", "v_2", "a--", "x".repeat(NAME_LENGTH_MAX), "constructor", "toString"];
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

describe("the name of something new", () => {
  it.each(GOOD)("may be %s", (raw) => {
    for (const parse of [parseExperimentName, parseAlternativeName, parseKpiName]) expect(parse(raw)).toBe(raw);
  });

  it.each(BAD)("may not be %j, and the refusal says which kind of name it is", (raw) => {
    expect(codeOf(() => parseExperimentName(raw))).toBe("invalid-experiment-name");
    expect(codeOf(() => parseAlternativeName(raw))).toBe("invalid-alternative-name");
    expect(codeOf(() => parseKpiName(raw))).toBe("invalid-kpi-name");
  });
});

describe("a client id", () => {
  it.each([" ", "🎲", "a b", "__proto__", "\u2028", "x".repeat(CLIENT_ID_LENGTH_MAX)])("may be %j", (raw) => {
    expect(parseClientId(raw)).toBe(raw);
  });

  it.each(["\0", "a\0b", "x".repeat(CLIENT_ID_LENGTH_MAX + 1)])("may not be %j", (raw) => {
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
