/** Records of an alternative that there never was: somebody else wrote them, or a disk or a Redis damaged them. */
import { describe, expect, it } from "vitest";
import { assigned } from "../../../src/domain/assignment.ts";
import { eventKey } from "../../../src/domain/digest.ts";
import type { Experiment } from "../../../src/domain/experiment.ts";
import type { ClientId, ExperimentName } from "../../../src/domain/names.ts";
import { tallyDifferences } from "../../../src/domain/tally.ts";
import type { Store } from "../../../src/store/store.ts";
import type { StoredClient } from "../../../src/store/transfer.ts";
import * as make from "../../support/make.ts";
import type { Open } from "../conformance.ts";
import { client, named, talliesOf } from "../fixtures.ts";
import { changed, withKpiRules } from "./caps.ts";

const SOUND = client(1);
/** Of alternative 3 of 3, of whom the second stands for the first; and a conflict with such a one. */
const [DAMAGED, BY_LINK, IN_CONFLICT] = [client(2), client(3), client(4)];

export function describeDamaged(open: Open): void {
  describe("a record of an alternative that there never was", () => {
    async function damaged() {
      const store = await open();
      const { life: _, version: __, ...definition } = await store.definitions.create(make.draft({ name: "maker" }));
      const staged = await store.transfer.stage({ ...definition, name: named("damaged") }, make.NOW_MS);
      const conversions = [{ kpi: 0, day: make.DAY, events: 1, total: 2 }];
      const record = { client: SOUND, assignment: assigned(2), epoch: 0, day: make.DAY, conversions };
      await store.transfer.loadRecords(staged, [record]);
      await store.transfer.loadTallies(staged, await store.tallies.recount(staged), []);
      const takenOut = { assignment: assigned(3), epoch: 0, day: make.DAY };
      await store.transfer.loadRecords(staged, [
        { ...record, client: DAMAGED, assignment: assigned(3) },
        { client: BY_LINK, to: DAMAGED },
        { client: IN_CONFLICT, to: SOUND, conflict: { kept: assigned(2), takenOut } },
      ]);
      await store.transfer.publish(staged, make.NOW_MS, false);
      const experiment = await store.definitions.read(named("damaged"));
      if (experiment === undefined) throw new Error("Expected it to be live");
      return { store, experiment, before: await stateOf(store, experiment) };
    }

    for (const [name, id] of [
      ["under the id", DAMAGED],
      ["behind a link", BY_LINK],
      ["in a link of a conflict", IN_CONFLICT],
    ] as const) {
      it(`${name} is answered as damaged by every call, and nothing is written`, async () => {
        const { store, experiment, before } = await damaged();
        const call = { experiment, client: id, day: make.DAY };
        const event = { key: eventKey("damaged" as ExperimentName, "alice" as ClientId, "order-1"), atMs: make.NOW_MS };
        const calls = [
          () => store.records.read(experiment, id),
          () => store.records.find(experiment, id),
          () => store.records.participate({ ...call, proposal: assigned(0), covariate: 2, segments: [1] }),
          () => store.records.convert({ ...call, kpi: 0, value: 1, event }),
          () => store.records.link(experiment, { client: id }, { client: SOUND }),
          () => store.records.link(experiment, { client: client(9) }, { client: id }),
          () => store.records.forget(experiment, id),
        ];
        for (const each of calls) await expect(each()).rejects.toMatchObject({ code: "experiment-unreadable" });
        expect(await stateOf(store, experiment)).toEqual(before);
        // The id of the event was not used up, and everybody else is served.
        const sound = { ...call, client: SOUND, kpi: 0, value: 1, event };
        expect(await store.records.convert(sound)).toEqual({ kind: "repeated", assignment: assigned(2) });
        expect(await store.records.read(experiment, SOUND)).toEqual(assigned(2));
      });
    }

    it("is refused by itself, among calls that are answered", async () => {
      const { store, experiment } = await damaged();
      const convert = (id: typeof SOUND) =>
        store.records.convert({ experiment, client: id, kpi: 0, day: make.DAY, value: 1 });
      const outcomes = await Promise.allSettled([SOUND, DAMAGED, SOUND].map(convert));
      expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      expect(
        tallyDifferences(await store.tallies.read(experiment), await store.tallies.recount(experiment, () => {})),
      ).toEqual([]);
    });

    it("is counted by no cap", async () => {
      const { store, experiment } = await damaged();
      const capped = await changed(store, withKpiRules(experiment, { cap: { amount: 1 } }));
      const counted = await store.tallies.recount(capped, () => {});
      expect(tallyDifferences(await store.tallies.read(capped), counted)).toEqual([]);
    });
  });
}

async function stateOf(store: Store, experiment: Experiment) {
  const records: StoredClient[] = [];
  const unreadable: string[] = [];
  for await (const batch of store.transfer.exportRecords(experiment, (id) => unreadable.push(id)))
    records.push(...batch);
  return { tallies: await talliesOf(store, experiment), records, unreadable: unreadable.toSorted() };
}
