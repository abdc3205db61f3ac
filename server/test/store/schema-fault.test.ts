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
