/** What a filter of records may say: it takes ids that are not there for known now and then, never the other way round. */
import { describe, expect, it } from "vitest";
import { conversionKey, recordKey } from "../../../src/store/local/keys.ts";
import { RecordFilter } from "../../../src/store/local/record-filter.ts";
import { client } from "../fixtures.ts";

const keyOf = (life: number, number: number): string => recordKey(life, client(number));
const stored = (...keys: readonly string[]) => keys.map((key) => Buffer.from(key, "latin1"));

async function* nothing() {}

describe("a filter of records", () => {
  it("never takes an id that was put for absent, through all its layers, and few others for known", () => {
    const filter = new RecordFilter(nothing);
    filter.begin(1);
    const count = 40_000;
    let known = 0;
    for (let number = 0; number < count; number += 1) {
      if (!filter.isAbsent(keyOf(1, number))) known += 1;
      filter.add(keyOf(1, number));
    }
    for (let number = 0; number < count; number += 1) expect(filter.isAbsent(keyOf(1, number))).toBe(false);
    expect(known / count).toBeLessThan(0.05);
  });

  it("keeps lives apart, and says nothing of keys of another family", () => {
    const filter = new RecordFilter(nothing);
    filter.begin(1);
    filter.begin(2);
    filter.add(keyOf(1, 7));
    expect(filter.isAbsent(keyOf(2, 7))).toBe(true);
    expect(filter.isAbsent(conversionKey(1, client(7), 0))).toBe(false);
  });

  it("answers of a life that it has not seen begin when all of its records are in, with those put meanwhile", async () => {
    let goOn = () => {};
    const reading = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const filter = new RecordFilter(async function* () {
      yield stored(keyOf(1, 1));
      await reading;
      yield stored(keyOf(1, 2));
    });
    expect(filter.isAbsent(keyOf(1, 9))).toBe(false);
    filter.add(keyOf(1, 3));
    expect(filter.isAbsent(keyOf(1, 9))).toBe(false);
    goOn();
    await expect.poll(() => filter.isAbsent(keyOf(1, 9))).toBe(true);
    for (const number of [1, 2, 3]) expect(filter.isAbsent(keyOf(1, number))).toBe(false);
  });

  it("asks the database about everything where that could not be read, and tries once more when it was opened anew", async () => {
    let readings = 0;
    const filter = new RecordFilter(async function* () {
      readings += 1;
      yield stored(keyOf(1, 1));
      if (readings === 1) throw new Error("Expected an open database");
    });
    for (let time = 0; time < 3; time += 1) {
      expect(filter.isAbsent(keyOf(1, 9))).toBe(false);
      await new Promise(setImmediate);
    }
    expect(readings).toBe(1);
    filter.clear();
    await expect.poll(() => filter.isAbsent(keyOf(1, 9))).toBe(true);
    expect(filter.isAbsent(keyOf(1, 1))).toBe(false);
  });

  it("is given up where it would take more memory than it may, and leaves room for others", () => {
    const filter = new RecordFilter(nothing, 4_096);
    filter.begin(1);
    for (let number = 0; number < 2_000; number += 1) filter.add(keyOf(1, number));
    expect(filter.isAbsent(keyOf(1, 2_001))).toBe(false);
    filter.begin(2);
    expect(filter.isAbsent(keyOf(2, 1))).toBe(true);
    filter.end(2);
    expect(filter.isAbsent(keyOf(2, 1))).toBe(false);
  });
});
