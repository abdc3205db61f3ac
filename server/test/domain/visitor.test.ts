import { describe, expect, it } from "vitest";
import { isFiltered } from "../../src/domain/visitor.ts";
import { ignoring } from "../../src/ops/networks.ts";
import * as make from "../support/make.ts";

const FILTER = { robots: make.ROBOTS, ignores: ignoring(["10.0.0.7", "::1", "192.0.2.0/24"]) };

describe("the visitor filter", () => {
  it.each([
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "msnbot/2.0b",
    "Java/1.8.0_292",
    "FACEBOOKEXTERNALHIT/1.1",
    // Percent-encoded twice by a client of Sixpack 2.7: the word survives.
    "Mozilla%2F5.0%20%28compatible%3B%20Googlebot%2F2.1%29",
  ])("knows a robot by its user agent: %s", (userAgent) => {
    expect(isFiltered(FILTER, userAgent, undefined)).toBe(true);
  });

  // Sixpack 2.7 decoded both once more, as Latin-1: urllib.unquote.
  it.each(["Goog%6ce", "%62ot", "caf%E9 %42OT", "%zz bot%"])("looks through a second percent-encoding: %s", (agent) => {
    expect(isFiltered(FILTER, agent, undefined)).toBe(true);
    expect(isFiltered(FILTER, "Mozilla/5.0 %46irefox", "10%2E0.0%2e7")).toBe(true);
    expect(isFiltered(FILTER, "Mozilla/5.0 %46irefox %", "10%252E0.0.7")).toBe(false);
  });

  it("takes an empty user agent for a robot's, by the `$^` in Sixpack 2.7's pattern", () => {
    expect(isFiltered(FILTER, "", undefined)).toBe(true);
  });

  it.each([
    "10.0.0.7",
    "::1",
    // As Node and programs behind proxies write them.
    "::ffff:10.0.0.7",
    "::FFFF:0a00:7",
    "0:0:0:0:0:0:0:1",
    "10.0.0.7:5123",
    "[::1]:5123",
    " 10.0.0.7 ",
    "192.0.2.200",
    "::ffff:192.0.2.1",
  ])("knows an ignored address: %s", (address) => {
    expect(isFiltered(FILTER, undefined, address)).toBe(true);
    expect(isFiltered(FILTER, "Mozilla/5.0 Firefox/130.0", address)).toBe(true);
  });

  it.each([
    [undefined, undefined],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", undefined],
    [undefined, "10.0.0.70"],
    [undefined, ""],
    [undefined, "192.0.3.1"],
    [undefined, "10.0.0.7/8"],
    [undefined, "x".repeat(10_000)],
    ["Mozilla/5.0 Safari/605.1.15", "192.168.0.1"],
  ])("lets everybody else pass: %s from %s", (userAgent, address) => {
    expect(isFiltered(FILTER, userAgent, address)).toBe(false);
  });
});
