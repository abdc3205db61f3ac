import { describe, expect, it } from "vitest";
import { differences } from "../../../src/cli/shadow/differences.ts";

function json(status: number, body: unknown) {
  return { status, body: JSON.stringify(body) };
}

describe("the differences of two answers", () => {
  it("are none when the new one says more, in another order", () => {
    const old = json(400, { status: "failed", message: "x" });
    expect(differences(old, json(400, { code: "y", message: "x", status: "failed" }), [])).toEqual([]);
  });

  it("name status and each field by its place", () => {
    const old = json(200, { alternative: { name: "a" }, list: [1, 2], gone: null });
    const now = json(400, { alternative: { name: "b" }, list: [1] });
    expect(differences(old, now, [])).toEqual([
      "status 200 → 400",
      'body.alternative.name "a" → "b"',
      "body.list has 2 → 1 entries",
      "body.gone null → missing",
    ]);
  });

  it("leave out what is ignored, at any depth, and look into JSONP", () => {
    const old = { status: 200, body: 'cb({"a": {"version": 1, "b": 2}})' };
    expect(differences(old, { status: 200, body: '/**/cb({"a":{"version":3,"b":2}});' }, ["version"])).toEqual([]);
    expect(differences(old, { status: 200, body: 'cb({"a":{"b":3}})' }, ["version"])).toEqual(["body.value.a.b 2 → 3"]);
    expect(differences({ status: 200, body: "hi" }, { status: 200, body: "ho" }, [])).toEqual(['body "hi" → "ho"']);
  });
});
