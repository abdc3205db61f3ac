import { describe, expect, it } from "vitest";
import { requestIn, withoutRecording } from "../../../src/cli/shadow/requests.ts";

const PARTICIPATE = "/participate?experiment=a&alternatives=x&alternatives=y&client_id=1";

describe("a line of a log", () => {
  it.each([
    [`10.0.0.1 - - [01/Jan/2026:00:00:00 +0000] "GET ${PARTICIPATE} HTTP/1.1" 200 133`],
    [`10.0.0.1 - ann [01/Jan/2026:00:00:00 +0000] "GET ${PARTICIPATE} HTTP/1.0" 200 133 "-" "curl/8 \\"x\\""`],
    [`http://ab.example.com:5000${PARTICIPATE}`],
    [`https://example.com/mounted/at${PARTICIPATE}`],
    [PARTICIPATE],
  ])("%s is that request", (line) => {
    expect(requestIn(line)).toBe(PARTICIPATE);
  });

  it.each([
    [`10.0.0.1 - - [x] "POST ${PARTICIPATE} HTTP/1.1" 200 1`],
    ['10.0.0.1 - - [x] "GET /favicon.ico HTTP/1.1" 200 1'],
    ['10.0.0.1 - - [x] "GET /experiments/a/delete/ HTTP/1.1" 200 1'],
    ["# a comment"],
    [""],
  ])("%s is none to replay", (line) => {
    expect(requestIn(line)).toBeUndefined();
  });
});

describe("asking without recording", () => {
  it("prefetches participations, leaves conversions out and the rest as it is", () => {
    expect(withoutRecording(`${PARTICIPATE}&record_force=true&prefetch=false`)).toBe(`${PARTICIPATE}&prefetch=true`);
    expect(withoutRecording("/convert?experiment=a&client_id=1")).toBeUndefined();
    expect(withoutRecording("/experiments/a")).toBe("/experiments/a");
  });
});
