import { describe, expect, it } from "vitest";
import { canonicalPath, cutQuery, underBase } from "../../src/ops/target.ts";

describe("the path of a request", () => {
  it.each([
    ["/participate", "/participate"],
    ["//participate", "/participate"],
    ["///a//b///", "/a/b/"],
    ["/%70articipate", "/participate"],
    ["/p%61rticipat%65", "/participate"],
    ["/%5Fstatus", "/_status"],
    ["/%2Fparticipate", "/participate"],
    ["/%2f%2F/participate", "/participate"],
    ["http://host/participate", "/participate"],
    ["HTTP://host:5000//participate", "/participate"],
    ["https://user@[::1]:80/a", "/a"],
    ["http://host", "/"],
    ["", "/"],
    // What is encoded in a name stays so: a name may hold a slash, a percent sign, and letters of any script.
    ["/experiments/home%2Fhero", "/experiments/home%2Fhero"],
    ["/experiments/a%2Fb%2F", "/experiments/a%2Fb%2F"],
    ["/experiments/100%25", "/experiments/100%25"],
    ["/experiments/%2570", "/experiments/%2570"],
    ["/experiments/caf%C3%A9", "/experiments/caf%C3%A9"],
    ["/experiments/%E0%zz%", "/experiments/%E0%zz%"],
    ["/experiments/http://a", "/experiments/http:/a"],
  ])("%s is written as %s", (path, expected) => {
    expect(canonicalPath(path)).toBe(expected);
    expect(canonicalPath(expected)).toBe(expected);
  });

  it("is cut off its query, and off the path it is served under", () => {
    expect(cutQuery("/a?b=//c?d")).toEqual(["/a", "?b=//c?d"]);
    expect(cutQuery("/a")).toEqual(["/a", ""]);
    expect(underBase("/a", "")).toBe("/a");
    expect(underBase("/six/a", "/six")).toBe("/a");
    expect(underBase("/six", "/six")).toBe("/");
    expect(underBase("/sixty/a", "/six")).toBeUndefined();
  });
});
