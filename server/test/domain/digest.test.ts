import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import assignment from "../../../conformance/assignment.json" with { type: "json" };
import {
  CLIENT_KEY_BYTES,
  choiceNumber,
  clientKey,
  digestOf,
  eventKey,
  trafficPosition,
  uint32,
  weightPosition,
} from "../../src/domain/digest.ts";
import { type ClientId, type ExperimentName, parseClientId, parseExperimentName } from "../../src/domain/names.ts";
import { chooseUniform } from "../../src/domain/policy/uniform.ts";

function hex(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("hex");
}

// Experiment and client of the example in design §4.
const EXPERIMENT = parseExperimentName("deterministic-1");
const CLIENT = parseClientId("09a7407c-e371-492b-82e3-ef438d960ca3");

describe("the digest", () => {
  it.each(assignment.rows)("is that of conformance/assignment.json for $experiment.$client_id", (row) => {
    const experiment = row.experiment as ExperimentName;
    const client = row.client_id as ClientId;
    const digest = digestOf(experiment, client);
    expect(hex(digest)).toBe(row.digest);
    expect(chooseUniform(digest, row.alternatives)).toBe(row.index);
    expect(trafficPosition(experiment, client)).toBe(row.traffic);
  });

  it("gives the number of design §4's example", () => {
    const digest = digestOf(EXPERIMENT, CLIENT);
    // SHA-1 of "deterministic-1.09a7407c-…": 179d8fd… = 24762621, which is odd and three times 8254207.
    expect(hex(digest).slice(0, 7)).toBe("179d8fd");
    expect(choiceNumber(digest)).toBe(24_762_621);
    expect(chooseUniform(digest, 2)).toBe(1);
    expect(chooseUniform(digest, 3)).toBe(0);
  });

  it("reads different bytes for different questions", () => {
    const digest = digestOf(EXPERIMENT, CLIENT);
    const all = createHash("sha1").update(`${EXPERIMENT}.${CLIENT}`).digest("hex");
    expect(hex(clientKey(digest))).toBe(all.slice(8, 24));
    expect(clientKey(digest)).toHaveLength(CLIENT_KEY_BYTES);
    // 53 of the last 64 bits, in exact arithmetic.
    expect(weightPosition(digest)).toBe(Number(BigInt(`0x${all.slice(24)}`) >> 11n) / 2 ** 53);
  });

  it("keeps every position in [0, 1), at the ends too", () => {
    const lowest = "\0".repeat(20) as ReturnType<typeof digestOf>;
    const highest = "\xff".repeat(20) as ReturnType<typeof digestOf>;
    expect(weightPosition(lowest)).toBe(0);
    expect(weightPosition(highest)).toBe(1 - 2 ** -53);
    expect(choiceNumber(highest)).toBe(2 ** 28 - 1);
  });

  it("gives the events of different clients different identities, however their ids are put together", () => {
    const events = [
      eventKey(EXPERIMENT, parseClientId("a"), "0.0.b"),
      eventKey(EXPERIMENT, parseClientId("a.0"), "0.b"),
      eventKey(EXPERIMENT, parseClientId("a.0.0"), "b"),
    ];
    expect(new Set(events).size).toBe(3);
  });

  it("reads four bytes as an unsigned number, most significant first", () => {
    expect(uint32("\x80\0\0\x01", 0)).toBe(2 ** 31 + 1);
    expect(uint32("ab\xff\xff\xff\xff", 2)).toBe(2 ** 32 - 1);
  });
});
