/** What tallies become on disk, and back. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assigned, EXCLUDED } from "../../../src/domain/assignment.ts";
import { IN_CONFLICT, inSegment, joinedOn, onDay, REPEATED, takenOutOf } from "../../../src/domain/subset.ts";
import { type Cell, cappedMetric, PARTICIPATION, type Tally } from "../../../src/domain/tally.ts";
import { entryKey, isCappedEntry, talliesIn, tallyEntries } from "../../../src/store/local/tally-entries.ts";
import { TallySum } from "../../../src/store/tally-sum.ts";
import * as make from "../../support/make.ts";

const LIFE = 0xfedc_ba98;
const CELL: Cell = { epoch: 0, assignment: assigned(1), metric: PARTICIPATION, subset: inSegment(0, 1) };
const REFUSAL = "this experiment can't be read";
const counted = (clients: number, events = clients) => ({ clients, events, sum: 0, squares: 0 });

const value = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 });
const rest = fc.option(fc.array(value, { minLength: 1, maxLength: 3 }), { nil: undefined });
const tally: fc.Arbitrary<Tally> = fc.record({
  epoch: fc.nat({ max: 0xffff }),
  assignment: fc.oneof(
    fc.nat({ max: 2 }).map((index) => assigned(index)),
    fc.constant(EXCLUDED),
  ),
  metric: fc.oneof(fc.constant(PARTICIPATION), fc.nat({ max: 254 }), fc.nat({ max: 254 }).map(cappedMetric)),
  subset: fc.oneof(
    fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 255 })).map(([dimension, at]) => inSegment(dimension, at)),
    fc.constantFrom(onDay(make.DAY), joinedOn(make.DAY), IN_CONFLICT, takenOutOf(null), REPEATED),
  ),
  clients: fc.oneof(fc.nat(), fc.integer(), fc.constant(2 ** 33)),
  events: fc.oneof(fc.nat(), fc.integer(), fc.constant(2 ** 33)),
  sum: fc.oneof(fc.constant(0), value),
  sumRest: rest,
  squares: fc.oneof(fc.constant(0), value),
  squaresRest: rest,
});

describe("the entries of tallies", () => {
  it("give back every tally that counts something, and nothing else", () => {
    fc.assert(
      fc.property(fc.array(tally, { maxLength: 40 }), (some) => {
        const sum = new TallySum();
        for (const one of some) sum.add(one);
        const expected = sum.tallies();
        const read = [...tallyEntries("tally", LIFE, expected)].flatMap(([key, bytes]) => talliesIn(key, bytes));
        expect(new Set(read)).toEqual(
          new Set(expected.map((one) => ({ sumRest: undefined, squaresRest: undefined, ...one }))),
        );
      }),
    );
  });

  it("are one for all segments of an epoch, alternative and metric, with two to five bytes a segment", () => {
    const places = [0, 1, 2, 3].flatMap((dimension) => [0, 1, 2, 255].map((at) => inSegment(dimension, at)));
    const entries = [
      ...tallyEntries(
        "tally",
        LIFE,
        places.map((subset) => ({ ...CELL, subset, ...counted(7) })),
      ),
    ];
    const [[, bytes] = []] = entries;
    expect(entries).toHaveLength(1);
    // A byte of a count of 7; one for a place below 32, else two.
    expect(bytes?.length).toBe(places.length * 3 - 3);
  });

  it("keep what has a cap apart, by their keys", () => {
    const capped = { ...CELL, metric: cappedMetric(2) };
    expect(isCappedEntry(entryKey("tally", LIFE, capped))).toBe(true);
    expect(isCappedEntry(entryKey("tally", LIFE, { ...capped, subset: onDay(make.DAY) }))).toBe(true);
    expect(isCappedEntry(entryKey("tally", LIFE, { ...capped, metric: 2 }))).toBe(false);
    expect(isCappedEntry(entryKey("tally", LIFE, { ...CELL, subset: onDay(make.DAY) }))).toBe(false);
  });

  it("refuse bytes that are no row, whatever is cut off", () => {
    const [[key, bytes] = []] = tallyEntries("tally", LIFE, [
      { ...CELL, ...counted(7) },
      { ...CELL, subset: inSegment(1, 255), ...counted(7, 9) },
    ]);
    if (key === undefined || bytes === undefined) throw new Error("Expected a row");
    // The first cell, of two bytes, is a row of its own.
    for (const length of [1, ...Array.from({ length: bytes.length - 3 }, (_, more) => more + 3)]) {
      expect(() => talliesIn(key, bytes.subarray(0, length)), `${length} bytes`).toThrow(REFUSAL);
    }
    const ofNoKind = Buffer.from([3, 1]);
    expect(() => talliesIn(key, ofNoKind)).toThrow(REFUSAL);
  });

  it("have no key with the place of a segment, as layout 4 had", () => {
    const row = entryKey("tally", LIFE, CELL);
    const old = Buffer.from(`${row.slice(0, -1)}\0\x01s`, "latin1");
    expect(() => talliesIn(old, Buffer.alloc(32))).toThrow(REFUSAL);
  });
});
