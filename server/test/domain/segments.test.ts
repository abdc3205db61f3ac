import { describe, expect, it } from "vitest";
import { parseDimensions, segmentName, segmentsOf, withDeclared } from "../../src/domain/segments.ts";
import { derivedValue } from "../../src/domain/user-agent.ts";

const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1";
const EDGE =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36 Edg/120.0";

const DIMENSIONS = parseDimensions(["plan=free|pro", "device", "browser"]);

function named(segments: Readonly<Record<string, string>> | undefined, userAgent?: string): readonly string[] {
  const values = segmentsOf(DIMENSIONS, { segments: segments && new Map(Object.entries(segments)), userAgent }) ?? [];
  return DIMENSIONS.map((dimension, at) => segmentName(dimension, values[at] ?? -1));
}

describe("the segments of a participant", () => {
  it("are the values that were sent, `other` for one that is not declared, `unknown` for none", () => {
    expect(named({ plan: "pro", device: "phone" })).toEqual(["pro", "phone", "unknown"]);
    expect(named({ plan: "gold", browser: "" })).toEqual(["other", "unknown", "unknown"]);
    expect(named(undefined)).toEqual(["unknown", "unknown", "unknown"]);
    expect(named({ constructor: "x" } as never)).toEqual(["unknown", "unknown", "unknown"]);
    expect(segmentsOf(undefined, { segments: new Map([["plan", "pro"]]), userAgent: IPHONE })).toBeUndefined();
  });

  it("are read from the user agent where the experiment says so, and what was sent counts before it", () => {
    expect(named(undefined, IPHONE)).toEqual(["unknown", "phone", "safari"]);
    expect(named({ device: "tablet" }, EDGE)).toEqual(["unknown", "tablet", "edge"]);
    expect(named({ device: "", plan: "" }, EDGE)).toEqual(["unknown", "desktop", "edge"]);
    expect(named(undefined, "curl/8.0")).toEqual(["unknown", "other", "other"]);
    expect(named(undefined, "Mozilla/5.0 (Linux; Android 14; SM-X710) Chrome/120 Safari/537.36")[1]).toBe("tablet");
    expect(named(undefined, "Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/120 Mobile Safari/537.36")[1]).toBe(
      "phone",
    );
  });

  it("are declared once, and new values and dimensions come after those that are there", () => {
    const more = withDeclared(DIMENSIONS, parseDimensions(["plan=gold|free", "country=de|at"]));
    expect(more.map(({ name, values }) => [name, values.length])).toEqual([
      ["plan", 3],
      ["device", 3],
      ["browser", 6],
      ["country", 2],
    ]);
    expect(more[0]?.values).toEqual(["free", "pro", "gold"]);
    expect(() => withDeclared(more, parseDimensions(["fifth=a|b"]))).toThrow(/invalid segments/);
  });

  it("of names that every object of JavaScript knows are declared like others", () => {
    for (const name of ["constructor", "toString", "hasOwnProperty"]) {
      expect(() => parseDimensions([name])).toThrow(/invalid segments/);
      expect(parseDimensions([`${name}=a|b`])).toEqual([{ name, values: ["a", "b"] }]);
    }
    expect(derivedValue("constructor", "Mozilla/5.0")).toBe("other");
  });

  it("are refused with what was expected", () => {
    const many = Array.from({ length: 32 }, (_, at) => `v${at}`).join("|");
    for (const raw of ["plan", "plan=", "plan=a|a", "plan=other", "pl an=a", `plan=${many}`, "plan=a|b c"]) {
      expect(() => parseDimensions([raw])).toThrow(/invalid segments/);
    }
    expect(() => parseDimensions([`plan=free|${"x".repeat(256)}`])).toThrow(
      expect.objectContaining({
        detail: expect.stringMatching(
          /^Expected values of plan, each of 1 to 255 letters, digits, - or _, starting with a letter or digit, got "x+…"$/,
        ),
      }),
    );
    expect(() => parseDimensions(["a=x", "a=y"])).toThrow(/invalid segments/);
    expect(() => parseDimensions(["a=x", "b=x", "c=x", "d=x", "e=x"])).toThrow(/invalid segments/);
  });
});
