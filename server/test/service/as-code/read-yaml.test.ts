import fc from "fast-check";
import { expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { quickly, readYaml } from "../../../src/service/as-code/read-yaml.ts";

const ordinary = `# experiments.yml
managed_by: repo
experiments:
  "new: checkout":
    alternatives: [old, 'new']
    weights: [90, 1e1]
    plan: { primary: { kpi: revenue }, guardrails: [{ kpi: errors, margin: 3% }] }
    hypothesis: >-
      One page
      sells more.
    notes:
      - { day: 2026-11-30, text: "caf\\u00e9" }
  on: { traffic: .5, description: ~ }
`;

it("reads an ordinary file quickly, and as `yaml` does", () => {
  expect(quickly(ordinary)).toBeDefined();
  expect(quickly(ordinary)).toEqual(parse(ordinary));
});

it("reads as `yaml` does whatever `yaml` writes, in every style", () => {
  const hostile = fc.constantFrom(
    "null",
    "~",
    "yes",
    "0x1f",
    "007",
    "1e3",
    "2026-11-30",
    "- a",
    "a: b",
    "<<",
    "__proto__",
    "%a",
  );
  const text = fc.oneof(hostile, fc.string({ unit: "binary", maxLength: 8 }));
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      text,
      fc.constantFrom(null, true, false),
      fc.integer(),
      fc.double({ noDefaultInfinity: true, noNaN: true }),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(text, tie("value"), { maxKeys: 4 }),
    ),
  }));
  const style = fc.record({
    collectionStyle: fc.constantFrom("any", "block", "flow"),
    defaultStringType: fc.constantFrom("PLAIN", "QUOTE_SINGLE", "QUOTE_DOUBLE", "BLOCK_LITERAL", "BLOCK_FOLDED"),
    lineWidth: fc.constantFrom(0, 20, 80),
  } as const);
  let isQuick = 0;
  fc.assert(
    fc.property(value, style, (written, options) => {
      const yaml = stringify({ written }, options);
      const read = quickly(yaml);
      if (read === undefined) return;
      isQuick += 1;
      expect(read).toEqual(parse(yaml));
    }),
    { numRuns: 500 },
  );
  // What isn't is refused by one of the two: a control character, say.
  expect(isQuick).toBeGreaterThan(250);
});

it.each([
  ["nothing", "# nothing yet\n"],
  ["an alias", "a: &a [1]\nb: *a"],
  ["YAML 1.1", "%YAML 1.1\n---\na: yes"],
  ["an empty key", ": a"],
])("leaves %s to `yaml`", (_, text) => {
  expect(quickly(text)).toBeUndefined();
  expect(readYaml(text)).toEqual(parse(text));
});

it.each([
  ["alternatives: [a, b\nweights: [1, 2]\n", /must be sufficiently indented and end with a \] at line 2, column 1/],
  ["owner: @ann", /cannot start with reserved character @ at line 1, column 8/],
  ["a:\n  b: 1\n c: 2", /must start at the same column at line 3, column 1/],
  ["a: 1\na: 2", /keys must be unique at line 2, column 1/],
  ["a: 1\n---\na: 2", /^Expected one document, got another one at line 2$/],
  ["a: 1\n\tb: 2", /line 2/],
  ["a: !ours b", /Unresolved tag: !ours at line 1, column 4/],
  ["%OURS\n---\na: b", /Unknown directive %OURS at line 1, column 1/],
])("says where it can't read on, in the words of `yaml`: %j", (text, words) => {
  expect(() => readYaml(text)).toThrow(words);
});

it("refuses aliases that come to more than anyone would write", () => {
  const nine = (name: string) => `[${Array(9).fill(name).join(", ")}]`;
  const levels = "abcdefgh"
    .split("")
    .map((name, level, all) => `${name}: &${name} ${nine(level === 0 ? "x" : `*${all[level - 1]}`)}`);
  expect(() => readYaml(levels.join("\n"))).toThrow(/alias/);
});
