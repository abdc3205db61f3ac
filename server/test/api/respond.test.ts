/** What a refusal tells its caller, and what it keeps for the log. */
import { describe, expect, it } from "vitest";
import { failure } from "../../src/api/respond.ts";
import { ERRORS, type ErrorCode, SixpackError } from "../../src/domain/errors.ts";

const FOR_OPERATORS: readonly ErrorCode[] = ["store-unavailable", "experiment-unreadable", "internal"];

describe("a refusal", () => {
  it.each(FOR_OPERATORS)("of %s keeps its detail for the log, unless the server is told to debug", (code) => {
    const error = new SixpackError(code, "a secret of the machine room");
    const { message, status } = ERRORS[code];
    const answer = failure(error, false);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toEqual({ status: "failed", message, code });
    expect(JSON.parse(failure(error, true).body)).toMatchObject({ detail: "a secret of the machine room" });
  });

  it("of any other kind tells its caller what was expected", () => {
    const codes = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => !FOR_OPERATORS.includes(code));
    for (const code of codes) {
      expect(JSON.parse(failure(new SixpackError(code, "Expected a name, got none"), false).body)).toMatchObject({
        code,
        detail: "Expected a name, got none",
      });
    }
  });

  it.each([[new TypeError("a secret of the machine room")], ["a secret of the machine room"]])(
    "that nobody expected is an internal error, and no more unless the server is told to debug: %s",
    (thrown) => {
      const answer = failure(thrown, false);
      expect(answer.status).toBe(500);
      expect(JSON.parse(answer.body)).toEqual({ status: "failed", message: "internal error", code: "internal" });
      const detail = thrown instanceof Error ? thrown.stack : thrown;
      expect(JSON.parse(failure(thrown, true).body)).toMatchObject({ detail });
    },
  );

  it("says when to come back where that is known, and after a second while the server can't answer", () => {
    expect(failure(new SixpackError("too-many-experiments", "", { retryAfterS: 7 }), false).headers).toEqual([
      "Retry-After",
      "7",
    ]);
    expect(failure(new SixpackError("overloaded"), false).headers).toEqual(["Retry-After", "1"]);
    expect(failure(new SixpackError("not-found"), false).headers).toEqual([]);
  });
});
