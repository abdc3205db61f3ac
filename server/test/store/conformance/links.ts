/** Ids that stand for another one, and what is frozen with a record. */
import { describe, expect, it } from "vitest";
import { assigned } from "../../../src/domain/assignment.ts";
import { tallyDifferences } from "../../../src/domain/tally.ts";
import * as make from "../../support/make.ts";
import type { Open } from "../conformance.ts";
import { client, named, participantsOf } from "../fixtures.ts";

export function describeLinks(open: Open): void {
  describe("segments and a covariate", () => {
    it("are kept as they were when the client joined, through conversions and later calls", async () => {
      const store = await open();
      const experiment = await store.definitions.create(make.draft({ name: "frozen" }));
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

  describe("a link", () => {
    /** 1 has a record, 2 stands for it, 3 for 2, 4 for nobody, and 5 and 6 for each other. */
    async function linked() {
      const store = await open();
      const { life: _, version: __, ...definition } = await store.definitions.create(make.draft({ name: "maker" }));
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
        expect(await store.records.participate(call)).toEqual({ kind: "existing", assignment: assigned(2) });
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
}
