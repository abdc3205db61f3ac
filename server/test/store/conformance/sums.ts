/** Sums of values: those of what the records hold, whatever came in between. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assigned, assignmentText } from "../../../src/domain/assignment.ts";
import type { Experiment } from "../../../src/domain/experiment.ts";
import type { Day } from "../../../src/domain/period.ts";
import { joinedOn, onDay, subsetKey } from "../../../src/domain/subset.ts";
import { isCapped, type Tally } from "../../../src/domain/tally.ts";
import type { Store } from "../../../src/store/store.ts";
import { TallySum } from "../../../src/store/tally-sum.ts";
import { nearestSum } from "../../support/exactly.ts";
import * as make from "../../support/make.ts";
import type { Open } from "../engines/engine.ts";
import { client, sorted } from "../fixtures.ts";
import { changed, differences, withKpiRules } from "./caps.ts";

const CLIENTS = 5;
const RUNS = 12;

/** An amount of either sign, of 17 digits: from a millionth to the most that a caller may send. */
const value = fc
  .tuple(fc.double({ min: 0.1, max: 1, noNaN: true }), fc.integer({ min: -5, max: 12 }), fc.boolean())
  .map(([mantissa, exponent, negative]) => (negative ? -1 : 1) * mantissa * 10 ** exponent);

const sale = fc.record({ who: fc.nat({ max: CLIENTS - 1 }), day: fc.nat({ max: 2 }), value });
type Sale = ReturnType<(typeof sale)["generate"]>["value"];
const returned = ({ who, day, value: of }: Sale): Sale => ({ who, day, value: -of });
/** Half of them are taken back some time later. */
const sales = fc
  .array(sale, { minLength: 1, maxLength: 30 })
  .chain((some) => fc.shuffledSubarray([...some, ...some.map(returned)], { minLength: some.length }));

/** Of a KPI that is counted as values come (0), and of one with a cap (1). */
async function opened(store: Store, name: string): Promise<Experiment> {
  const draft = make.draft({ name, kpis: [{ name: null }, { name: "capped" as never, cap: { amount: 1_000 } }] });
  const experiment = await make.created(store, draft);
  for (let who = 0; who < CLIENTS; who += 1) {
    const call = {
      experiment,
      client: client(who),
      day: make.DAY,
      covariate: who === 0 ? undefined : who * 1e5 + 0.125,
    };
    await store.records.participate({ ...call, proposal: assigned(who % 2) });
  }
  return experiment;
}

/** All at once, so that some share a script and a batch. */
async function convert(store: Store, experiment: Experiment, all: readonly Sale[]): Promise<void> {
  const calls = all.flatMap(({ who, day, value: of }) => {
    const call = { experiment, client: client(who), day: (make.DAY + day) as Day, value: of };
    return [0, 1].map((kpi) => store.records.convert({ ...call, kpi }));
  });
  await Promise.all(calls);
}

/** Each cell once, those of all days as one: records keep only the first. */
function withoutDays(tallies: readonly Tally[]): readonly Tally[] {
  const sum = new TallySum();
  for (const tally of tallies) sum.add(tally.subset.kind === "day" ? { ...tally, subset: onDay(make.DAY) } : tally);
  return sorted(sum.tallies());
}

async function expectExact(store: Store, experiment: Experiment): Promise<void> {
  const tallies = await store.tallies.read(experiment);
  // To the last part of every sum, of every subset: more than `doctor` asks.
  expect(withoutDays(tallies)).toEqual(withoutDays(await store.tallies.recount(experiment)));
  const found = await Promise.all(
    Array.from({ length: CLIENTS }, (_, who) => store.records.find(experiment, client(who))),
  );
  // Of two ids that are linked it is the same record.
  const records = new Map(found.flatMap((record) => (record === undefined ? [] : [[record.client, record] as const])));
  for (const index of [0, 1]) {
    const of = assignmentText(assigned(index));
    const totals = [...records.values()]
      .filter(({ assignment }) => assignmentText(assignment) === of)
      .flatMap(({ conversions }) => conversions.filter(({ kpi }) => kpi === 0).map(({ total }) => total));
    const cell = withoutDays(tallies).find(
      ({ metric, subset, assignment }) =>
        metric === 0 && subsetKey(subset) === subsetKey(joinedOn(make.DAY)) && assignmentText(assignment) === of,
    );
    expect(cell?.sum ?? 0).toBe(nearestSum(totals) + 0);
    expect(cell?.squares ?? 0).toBe(nearestSum(totals.map((total) => total * total)) + 0);
  }
}

export function describeSums(open: Open): void {
  describe("sums of values", () => {
    it("are what they were after somebody adds the largest value and takes it away, on one day or two", async () => {
      const store = await open();
      const experiment = await opened(store, "whiplash");
      await convert(store, experiment, [{ who: 0, day: 0, value: 3.09 }]);
      const before = (await store.tallies.read(experiment)).filter(({ subset }) => subset.kind !== "repeated");
      await convert(store, experiment, [{ who: 2, day: 0, value: 1e12 }]);
      await convert(store, experiment, [{ who: 2, day: 1, value: -1e12 }]);
      const after = withoutDays(await store.tallies.read(experiment));
      for (const { metric, assignment, subset, sum, squares } of withoutDays(before)) {
        if (subset.kind !== "day" && subset.kind !== "joined") continue;
        const cell = { metric, assignment, subset };
        expect(after).toContainEqual(expect.objectContaining({ ...cell, sum, squares }));
      }
      await expectExact(store, experiment);
      expect(await differences(store, experiment)).toEqual([]);
    });

    it("are those of the records' totals to the last bit, whatever values come in whatever order", async () => {
      expect.hasAssertions();
      const store = await open();
      let run = 0;
      await fc.assert(
        fc.asyncProperty(sales, async (all) => {
          const experiment = await opened(store, `sales-${run++}`);
          await convert(store, experiment, all.slice(0, all.length / 2));
          for (const one of all.slice(all.length / 2)) await convert(store, experiment, [one]);
          await expectExact(store, experiment);
        }),
        { numRuns: RUNS, endOnFailure: true },
      );
    });

    it("stay so when ids are linked, clients forgotten and caps changed, and end at nothing", async () => {
      expect.hasAssertions();
      const store = await open();
      let run = 0;
      await fc.assert(
        fc.asyncProperty(sales, fc.double({ min: 1e-3, max: 1e9, noNaN: true }), async (all, cap) => {
          let experiment = await opened(store, `endings-${run++}`);
          await convert(store, experiment, all);
          await store.records.link(experiment, { client: client(0) }, { client: client(1) });
          await store.records.link(experiment, { client: client(2) }, { client: client(4) });
          await expectExact(store, experiment);
          experiment = await changed(store, withKpiRules(experiment, { cap: { amount: cap } }));
          await expectExact(store, experiment);
          for (let who = 0; who < CLIENTS; who += 1) {
            const outcome = await store.records.forget(experiment, client(who));
            if (outcome.kind === "forgotten") experiment = outcome.experiment;
            await expectExact(store, experiment);
          }
          const left = withoutDays(await store.tallies.read(experiment)).filter(({ metric }) => !isCapped(metric));
          expect(left).toEqual([]);
        }),
        { numRuns: RUNS, endOnFailure: true },
      );
    });
  });
}
