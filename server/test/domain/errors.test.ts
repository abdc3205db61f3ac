import { describe, expect, it } from "vitest";
import { ERRORS, type ErrorCode, SixpackError, unreachable } from "../../src/domain/errors.ts";
import { codeOf } from "../support/refusal.ts";

describe("a refusal", () => {
  it.each(Object.keys(ERRORS) as ErrorCode[])("of code %s has its message and status from the one table", (code) => {
    const cause = new Error("the cause");
    const error = new SixpackError(code, "Expected this, got that", { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: "SixpackError", code, detail: "Expected this, got that", cause });
    expect({ status: error.status, message: error.message }).toEqual(ERRORS[code]);
  });

  it("has a code in small words, a message, and a status of refusals", () => {
    for (const [code, { status, message }] of Object.entries(ERRORS)) {
      expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(message).not.toBe("");
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(600);
    }
  });

  it("keeps the messages of Sixpack 2.7 word for word", () => {
    // From conformance/sixpack-2.7/requests.jsonl.
    const messages = Object.values(ERRORS).map(({ message }) => message);
    expect(messages).toEqual(
      expect.arrayContaining([
        "missing arguments",
        "experiments require at least two alternatives",
        "experiment alternatives have changed. please delete in the admin",
        "invalid alternative name",
        "invalid traffic fraction range",
        "invalid kpi name",
        "experiment does not exist",
        "this client was not participating",
        "this experiment is archived and can no longer be updated",
        "this experiment is paused and can not receive updates.",
      ]),
    );
  });
});

describe("a case that can't be", () => {
  it("is an internal error that shows the value", () => {
    const value = { kind: "surprise" } as never;
    expect(codeOf(() => unreachable(value))).toBe("internal");
    expect(() => unreachable(value)).toThrow(expect.objectContaining({ detail: expect.stringContaining("surprise") }));
  });
});
