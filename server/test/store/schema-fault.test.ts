import { Type } from "typebox";
import { expect, it } from "vitest";
import { faultOf, firstFault } from "../../src/store/schema-fault.ts";

const Visit = Type.Object({ pages: Type.Record(Type.String(), Type.Number()) });

it("says where the first fault is, what was expected and what stands there", () => {
  expect(faultOf(Visit, { pages: { "a/b~c": "three" } }, "a visit")).toBe('pages/a/b~c: must be number, got "three"');
  expect(faultOf(Visit, [], "a visit")).toBe("a visit: must be object");
  expect(firstFault(Visit, { pages: { "a/b~c": "three" } })).toMatchObject({
    steps: ["pages", "a/b~c"],
    value: "three",
  });
  expect(firstFault(Visit, { pages: {} })).toBeUndefined();
});

it("cuts what is long, and shows nothing of what is nested deeper than JSON can be written", () => {
  expect(faultOf(Visit, { pages: "x".repeat(1_000) }, "a visit")).toMatch(/^pages: must be object, got "x{79}…$/);
  const deep: unknown = JSON.parse(`${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`);
  expect(faultOf(Visit, { pages: { deep } }, "a visit")).toBe(
    "pages/deep: must be number, got what is nested too deeply",
  );
});

const Kpi = Type.Object(
  {
    name: Type.String(),
    counts: Type.Optional(Type.Enum(["rate", "value", ""])),
    cap: Type.Optional(Type.Union([Type.Number(), Type.Enum(["p99"]), Type.Null()])),
  },
  { additionalProperties: false },
);
const File = Type.Object(
  { kpis: Type.Array(Type.Union([Type.String(), Kpi])), plan: Type.Optional(Type.Union([Type.Null(), Kpi])) },
  { additionalProperties: false },
);

it.each([
  [{ kpis: ["a", { name: "b", counts: "money" }] }, 'kpis/1/counts: must be rate or value, got "money"'],
  [{ kpis: [{ name: "b", count: "rate" }] }, 'kpis/0 without "count" (did you mean `counts`?)'],
  [{ kpis: [{ name: "b", cap: "p95" }] }, 'kpis/0/cap: must be number, p99 or null, got "p95"'],
  [{ kpis: [{}] }, "kpis/0: must have name, got {}"],
  [{ kpis: [5] }, "kpis/0: must be string or object, got 5"],
  [{ kpis: [], plan: { name: "b", colour: 1 } }, 'plan without "colour"'],
  [{ kpis: [], plans: null }, 'the file without "plans" (did you mean `plan`?)'],
  [{}, "the file: must have kpis"],
  [{ kpis: Number.POSITIVE_INFINITY }, "kpis: must be array, got Infinity"],
])("finds fault in %j with the part that is wrong, by the member of a union that was meant", (value, fault) => {
  expect(faultOf(File, value, "the file")).toBe(fault);
});

it("shows what to write where the schema has an example, also of a union", () => {
  const Policy = Type.Object({ kind: Type.String() }, { examples: [{ kind: "thompson" }] });
  const Entry = Type.Object({
    policy: Type.Optional(Policy),
    plan: Type.Optional(Type.Union([Type.Null(), Type.Object({}, { examples: [{ primary: { kpi: "sales" } }] })])),
  });
  expect(faultOf(Entry, { policy: "thompson" }, "it")).toBe(
    'policy: must be object, such as {"kind":"thompson"}, got "thompson"',
  );
  expect(faultOf(Entry, { plan: 2000 }, "it")).toBe(
    'plan: must be null or object, such as {"primary":{"kpi":"sales"}}, got 2000',
  );
  expect(faultOf(Entry, { policy: { kind: 1 } }, "it")).toBe("policy/kind: must be string, got 1");
});
