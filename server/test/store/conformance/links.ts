/** Ids that stand for another one, and what is frozen with a record. */
import { describe, expect, it } from "vitest";
import { assigned } from "../../../src/domain/assignment.ts";
import type { Experiment } from "../../../src/domain/experiment.ts";
import type { Day } from "../../../src/domain/period.ts";
import { IN_CONFLICT, type Subset, subsetKey, takenOutOf } from "../../../src/domain/subset.ts";
import { PARTICIPATION } from "../../../src/domain/tally.ts";
import { tallyDifferences } from "../../../src/domain/tally-differences.ts";
import type { Store } from "../../../src/store/store.ts";
import * as make from "../../support/make.ts";
import type { Open } from "../engines/engine.ts";
import { client, named, participantsOf, talliesOf } from "../fixtures.ts";

export function describeLinks(open: Open): void {
  describe("segments and a covariate", () => {
    it("are kept as they were when the client joined, through conversions and later calls", async () => {
      const store = await open();
      const experiment = await make.created(store, make.draft({ name: "frozen" }));
      const call = { experiment, client: client(1), proposal: assigned(1), day: make.DAY };
      await store.records.participate({ ...call, segments: [3, 0, 255], covariate: -2.5 });
      await store.records.participate({ ...call, segments: [9, 9, 9], covariate: 8 });
      for (const value of [0, 1.5])
        await store.records.convert({ experiment, client: client(1), kpi: 0, day: make.DAY, value });
      expect(await store.records.find(experiment, client(1))).toEqual({
        client: client(1),
        assignment: assigned(1),
        epoch: 0,
        day: make.DAY,
        segments: [3, 0, 255],
        covariate: -2.5,
        conversions: [{ kpi: 0, day: make.DAY, events: 2, total: 1.5 }],
      });
    });
  });

  describe("a covariate", () => {
    it("is summed up with its square, and with what each KPI brought, until the client is forgotten", async () => {
      const store = await open();
      const experiment = await make.created(store, make.draft({ name: "moments" }));
      const call = { experiment, proposal: assigned(1), day: make.DAY };
      for (const [number, covariate] of [
        [1, 3],
        [2, -0.5],
        [3, undefined],
      ] as const) {
        await store.records.participate({ ...call, client: client(number), covariate });
      }
      for (const [number, value] of [
        [1, 10],
        [1, 2],
        [2, 0],
        [3, 7],
      ] as const) {
        await store.records.convert({ experiment, client: client(number), kpi: 4, day: make.DAY, value });
      }
      const moments = async (of: Experiment) =>
        (await store.tallies.read(of))
          .filter(({ subset }) => subset.kind === "covariate" || subset.kind === "product")
          .map(({ metric, subset, clients, sum, squares }) => [metric, subset.kind, clients, sum, squares])
          .sort((a, b) => String(a).localeCompare(String(b)));
      expect(await moments(experiment)).toEqual([
        [PARTICIPATION, "covariate", 2, 3 - 0.5, 9 + 0.25],
        [4, "covariate", 2, 12, 144],
        [4, "product", 0, 3 - 0.5, 3 * 12],
      ]);
      const outcome = await store.records.forget(experiment, client(1));
      if (outcome.kind !== "forgotten") throw new Error(`Expected it to be forgotten, got ${outcome.kind}`);
      expect(await moments(outcome.experiment)).toEqual([
        [PARTICIPATION, "covariate", 1, -0.5, 0.25],
        [4, "covariate", 1, 0, 0],
        [4, "product", 0, -0.5, 0],
      ]);
      expect(
        tallyDifferences(await store.tallies.read(outcome.experiment), await store.tallies.recount(outcome.experiment)),
      ).toEqual([]);
    });
  });

  describe("a link", () => {
    /** 1 has a record, 2 stands for it, 3 for 2, 4 for nobody, and 5 and 6 for each other. */
    async function linked() {
      const store = await open();
      const { life: _, version: __, ...definition } = await make.created(store, make.draft({ name: "maker" }));
      const staged = await store.transfer.stage({ ...definition, name: named("linked") }, make.NOW_MS);
      const conversions = [{ kpi: 0, day: make.DAY, events: 1, total: 2 }];
      const record = { client: client(1), assignment: assigned(2), epoch: 0, day: make.DAY, conversions };
      const links = [
        [2, 1],
        [3, 2],
        [4, 99],
        [5, 6],
        [6, 5],
      ].map(([from = 0, to = 0]) => ({ client: client(from), to: client(to) }));
      await store.transfer.loadRecords(staged, [record, ...links]);
      await store.transfer.loadTallies(staged, await store.tallies.recount(staged), []);
      await store.transfer.publish(staged, make.NOW_MS, false);
      const experiment = await store.definitions.read(named("linked"));
      if (experiment === undefined) throw new Error("Expected it to be live");
      return { store, experiment };
    }

    it("has the assignment of the record that it leads to, and converts on it", async () => {
      const { store, experiment } = await linked();
      for (const number of [2, 3]) {
        const call = { experiment, client: client(number), proposal: assigned(0), day: make.DAY };
        expect(await store.records.read(experiment, client(number))).toEqual(assigned(2));
        expect(await store.records.participate(call)).toMatchObject({ kind: "existing", assignment: assigned(2) });
        const conversion = { experiment, client: client(number), kpi: 0, day: make.DAY, value: 1 };
        expect(await store.records.convert(conversion)).toEqual({ kind: "repeated", assignment: assigned(2) });
        expect(await store.records.find(experiment, client(number))).toMatchObject({ client: client(1) });
      }
      expect(await participantsOf(store, experiment)).toBe(1);
      expect((await store.records.find(experiment, client(1)))?.conversions).toMatchObject([{ events: 3, total: 4 }]);
    });

    it("to nobody is as if it were not there, and gives its place to a participant", async () => {
      const { store, experiment } = await linked();
      for (const number of [4, 5]) {
        const call = { experiment, client: client(number), proposal: assigned(0), day: make.DAY };
        expect(await store.records.read(experiment, client(number))).toBeUndefined();
        expect(await store.records.convert({ ...call, kpi: 0, value: 0 })).toEqual({ kind: "not-participating" });
        expect(await store.records.participate(call)).toEqual({ kind: "recorded", assignment: assigned(0) });
        expect(await store.records.participate(call)).toEqual({ kind: "existing", assignment: assigned(0) });
      }
      expect(await store.records.read(experiment, client(6))).toEqual(assigned(0));
      expect(await participantsOf(store, experiment)).toBe(3);
      const counted = await store.tallies.recount(experiment);
      expect(tallyDifferences(await store.tallies.read(experiment), counted)).toEqual([]);
    });

    it("is forgotten with the record that it leads to", async () => {
      const { store, experiment } = await linked();
      const outcome = await store.records.forget(experiment, client(3));
      if (outcome.kind !== "forgotten") throw new Error(`Expected it to be forgotten, got ${outcome.kind}`);
      for (const number of [1, 2, 3]) {
        expect(await store.records.read(outcome.experiment, client(number))).toBeUndefined();
      }
      const left = [];
      for await (const batch of store.transfer.exportRecords(outcome.experiment)) left.push(...batch);
      expect(left).toHaveLength(3);
      expect(await store.tallies.read(outcome.experiment)).toEqual([]);
    });
  });

  describe("two ids of one person", () => {
    /** 1 joined first, in alternative 1; 2 a day later in alternative 1, 3 in alternative 2. All have converted. */
    async function joined() {
      const store = await open();
      const experiment = await make.created(store, make.draft({ name: "pairs" }));
      for (const [number, index, day] of [
        [1, 1, make.DAY],
        [2, 1, make.DAY + 1],
        [3, 2, make.DAY + 1],
      ] as const) {
        const call = { experiment, client: client(number), day: day as Day };
        await store.records.participate({ ...call, proposal: assigned(index) });
        await store.records.convert({ ...call, kpi: 0, value: number });
      }
      const link = (one: number, other: number) =>
        store.records.link(experiment, { client: client(one) }, { client: client(other) });
      return { store, experiment, link };
    }

    it("are one participant, by who joined first, with the conversions of both", async () => {
      const { store, experiment, link } = await joined();
      for (const [one, other] of [
        [2, 1],
        [1, 2],
      ] as const) {
        expect(await link(one, other)).toEqual({ kind: "linked", assignment: assigned(1) });
      }
      expect(await participantsOf(store, experiment)).toBe(2);
      expect(await store.records.find(experiment, client(2))).toEqual({
        client: client(1),
        assignment: assigned(1),
        epoch: 0,
        day: make.DAY,
        conversions: [{ kpi: 0, day: make.DAY, events: 2, total: 3 }],
        linkDepth: 1,
      });
      await balanced(store, experiment);
    });

    it("are refused where an eighth link would follow seven others, and nothing is written", async () => {
      const store = await open();
      const experiment = await make.created(store, make.draft({ name: "chain" }));
      const link = (one: number, other: number) =>
        store.records.link(experiment, { client: client(one) }, { client: client(other) });
      // Each joined a day before the one whose number is smaller, and in the other alternative.
      for (let number = 0; number <= 9; number += 1) {
        const day = (make.DAY + 9 - number) as Day;
        const call = { experiment, client: client(number), proposal: assigned(number % 2), day };
        await store.records.participate({ ...call, covariate: number });
        await store.records.convert({ ...call, kpi: 0, value: number });
      }
      for (let number = 0; number < 7; number += 1) {
        expect(await link(number, number + 1)).toMatchObject({ kind: "conflict" });
      }
      const tallies = await talliesOf(store, experiment);
      for (const [one, other] of [
        [7, 8],
        [8, 0],
        [3, 9],
      ] as const) {
        expect(await link(one, other)).toEqual({ kind: "too-deep" });
      }
      expect(await talliesOf(store, experiment)).toEqual(tallies);
      expect(await store.records.find(experiment, client(0))).toMatchObject({ client: client(7), linkDepth: 7 });
      expect(await store.records.read(experiment, client(8))).toEqual(assigned(0));
      // What makes no way longer goes on: whoever is new, and whoever joined later.
      expect(await link(0, 99)).toEqual({ kind: "linked", assignment: assigned(1) });
      expect(await link(8, 98)).toEqual({ kind: "linked", assignment: assigned(0) });
      expect(await link(8, 9)).toMatchObject({ kind: "conflict" });
      expect(await store.records.read(experiment, client(99))).toEqual(assigned(1));
      await balanced(store, experiment);
    });

    it("in different alternatives are a conflict: the later one is taken out and counted as such", async () => {
      const { store, experiment, link } = await joined();
      expect(await link(1, 3)).toEqual({ kind: "conflict", assignment: assigned(1) });
      expect(await link(3, 1)).toEqual({ kind: "conflict", assignment: assigned(1) });
      expect(store.peek.assignment(experiment, client(3))).not.toEqual(assigned(2));
      const call = { experiment, client: client(3), proposal: assigned(0), day: make.DAY };
      expect(await store.records.participate(call)).toMatchObject({ kind: "existing", assignment: assigned(1) });
      await store.records.convert({ ...call, kpi: 0, value: 10 });
      const tallies = await store.tallies.read(experiment);
      const inSubset = (subset: Subset, metric: number) =>
        tallies.filter((tally) => tally.metric === metric && subsetKey(tally.subset) === subsetKey(subset));
      expect(inSubset(takenOutOf(2), PARTICIPATION)).toMatchObject([{ assignment: assigned(1), clients: 1 }]);
      expect(inSubset(IN_CONFLICT, PARTICIPATION)).toMatchObject([{ assignment: assigned(1), clients: 1 }]);
      expect(inSubset(IN_CONFLICT, 0)).toMatchObject([{ clients: 1, events: 3, sum: 14, squares: 196 }]);
      await balanced(store, experiment);
    });

    it("take those along who were linked to the later one before", async () => {
      const store = await open();
      const experiment = await make.created(store, make.draft({ name: "followers" }));
      const call = { experiment, client: client(1), proposal: assigned(0), day: make.DAY };
      await store.records.participate(call);
      for (const number of [2, 3]) {
        await store.records.participate({
          ...call,
          client: client(number),
          proposal: assigned(1),
          day: (make.DAY + 1) as Day,
        });
      }
      const link = (one: number, other: number) =>
        store.records.link(experiment, { client: client(one) }, { client: client(other) });
      expect(await link(2, 3)).toEqual({ kind: "linked", assignment: assigned(1) });
      // As far as the process may remember them, it does now.
      for (const number of [2, 3]) expect(await store.records.read(experiment, client(number))).toEqual(assigned(1));
      for (const number of [2, 3]) await store.records.participate({ ...call, client: client(number) });
      expect(await link(1, 2)).toEqual({ kind: "conflict", assignment: assigned(0) });
      for (const number of [2, 3]) {
        expect(store.peek.assignment(experiment, client(number))).not.toEqual(assigned(1));
        expect(await store.records.read(experiment, client(number))).toEqual(assigned(0));
      }
    });

    it("that both stand for a third one are a conflict where either is, whichever comes first", async () => {
      const store = await open();
      const experiment = await make.created(store, make.draft({ name: "of-a-third" }));
      for (const number of [1, 2]) {
        const day = (make.DAY + number) as Day;
        await store.records.participate({ experiment, client: client(number), proposal: assigned(number), day });
      }
      const link = (one: number, other: number) =>
        store.records.link(experiment, { client: client(one) }, { client: client(other) });
      await link(2, 1);
      await link(3, 1);
      const conflict = { kind: "conflict", assignment: assigned(1) };
      expect([await link(2, 3), await link(3, 2)]).toEqual([conflict, conflict]);
    });

    it("leave nothing remembered of one who was linked while its record was on its way", async () => {
      const store = await open();
      const experiment = await make.created(store, make.draft({ name: "under-way" }));
      const call = { experiment, client: client(1), proposal: assigned(0), day: make.DAY };
      await store.records.participate(call);
      const later = { ...call, client: client(2), proposal: assigned(1), day: (make.DAY + 1) as Day };
      const joining = store.records.participate(later);
      await Promise.all([joining, store.records.link(experiment, { client: client(1) }, { client: client(2) })]);
      // Redis may have been told of the link first.
      await store.records.link(experiment, { client: client(1) }, { client: client(2) });
      expect(await store.records.participate(later)).toMatchObject({ kind: "existing", assignment: assigned(0) });
      expect(store.peek.assignment(experiment, client(2)) ?? assigned(0)).toEqual(assigned(0));
    });

    it("of whom nobody is known are nothing to link, and one who is known stands for both", async () => {
      const { store, experiment, link } = await joined();
      expect(await link(8, 9)).toEqual({ kind: "unknown" });
      expect(await link(9, 3)).toEqual({ kind: "linked", assignment: assigned(2) });
      expect(await store.records.read(experiment, client(9))).toEqual(assigned(2));
      expect(await participantsOf(store, experiment)).toBe(3);
      await balanced(store, experiment);
    });

    it("end the same, however many at once say it", async () => {
      const { store, experiment, link } = await joined();
      const outcomes = await Promise.all([link(1, 3), link(3, 1), link(3, 9), link(9, 1), link(1, 3)]);
      expect(outcomes.filter(({ kind }) => kind === "unknown" || kind === "stale")).toEqual([]);
      for (const number of [1, 3, 9]) {
        expect(await store.records.read(experiment, client(number))).toEqual(assigned(1));
      }
      expect(await participantsOf(store, experiment)).toBe(2);
      await balanced(store, experiment);
    });

    it("are forgotten together, with what they were counted for", async () => {
      const { store, experiment, link } = await joined();
      await link(1, 3);
      const outcome = await store.records.forget(experiment, client(3));
      if (outcome.kind !== "forgotten") throw new Error(`Expected it to be forgotten, got ${outcome.kind}`);
      expect(await participantsOf(store, outcome.experiment)).toBe(1);
      await balanced(store, outcome.experiment);
      expect(
        (await store.tallies.read(outcome.experiment)).filter(({ subset }) => subset.kind === "taken-out"),
      ).toEqual([]);
    });

    async function balanced(store: Store, experiment: Experiment): Promise<void> {
      const counted = await store.tallies.recount(experiment);
      expect(tallyDifferences(await store.tallies.read(experiment), counted)).toEqual([]);
    }
  });
}
