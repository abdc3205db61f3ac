/** Totals with a cap, and conversions up to a window: what is counted, also of what came before the cap. */
import { describe, expect, it } from "vitest";
import { assigned } from "../../../src/domain/assignment.ts";
import type { EventKey } from "../../../src/domain/digest.ts";
import type { Experiment } from "../../../src/domain/experiment.ts";
import type { KpiDefinition } from "../../../src/domain/kpi-definition.ts";
import type { Day } from "../../../src/domain/period.ts";
import { joinedOn, subsetKey } from "../../../src/domain/subset.ts";
import { cappedMetric } from "../../../src/domain/tally.ts";
import { tallyDifferences } from "../../../src/domain/tally-differences.ts";
import type { Store } from "../../../src/store/store.ts";
import * as make from "../../support/make.ts";
import type { Open } from "../engines/engine.ts";
import { client } from "../fixtures.ts";

/** The default KPI with what is said of it. */
export function withKpiRules(experiment: Experiment, rules: Partial<KpiDefinition>): Experiment {
  return { ...experiment, kpis: [{ name: null, ...rules }] };
}

export async function changed(store: Store, next: Experiment): Promise<Experiment> {
  const outcome = await store.definitions.change(next);
  if (outcome.kind !== "changed") throw new Error(`Expected the change to be taken, got ${outcome.kind}`);
  return outcome.experiment;
}

export async function differences(store: Store, experiment: Experiment): Promise<readonly string[]> {
  return tallyDifferences(await store.tallies.read(experiment), await store.tallies.recount(experiment));
}

/** Clients above the cap, sum and squares, of those who joined on the first day. */
async function capped(store: Store, experiment: Experiment): Promise<readonly number[]> {
  const cells = (await store.tallies.read(experiment)).filter(
    ({ metric, subset }) => metric === cappedMetric(0) && subsetKey(subset) === subsetKey(joinedOn(make.DAY)),
  );
  return [0, 1, 2].map((at) =>
    cells.reduce((sum, { clients, sum: total, squares }) => sum + ([clients, total, squares][at] ?? 0), 0),
  );
}

/** So many clients, of which client n has a total of n. */
async function withTotals(store: Store, name: string, count: number): Promise<Experiment> {
  const experiment = await make.created(store, make.draft({ name }));
  const all = Array.from({ length: count }, (_, number) => number);
  await Promise.all(
    all.map((number) =>
      store.records.participate({
        experiment,
        client: client(number),
        proposal: assigned(number % 3),
        day: make.DAY,
        covariate: number % 7,
      }),
    ),
  );
  await Promise.all(all.map((number) => convert(store, experiment, number, number)));
  return experiment;
}

function convert(
  store: Store,
  experiment: Experiment,
  number: number,
  value: number,
  day = make.DAY,
  event?: EventKey,
) {
  const seen = event === undefined ? undefined : { key: event, atMs: make.NOW_MS };
  return store.records.convert({ experiment, client: client(number), kpi: 0, day, value, event: seen });
}

export function describeCaps(open: Open): void {
  describe("a cap", () => {
    it("counts what came before it and what comes after, and goes with the clients that are forgotten", async () => {
      const store = await open();
      const plain = await withTotals(store, "capped", 6);
      expect(await capped(store, plain)).toEqual([0, 0, 0]);
      const mark = await store.tallies.mark(plain);
      const low = await changed(store, withKpiRules(plain, { cap: { amount: 3 } }));
      expect(await store.tallies.mark(low)).not.toBe(mark);
      // Totals 0 to 5: of 4 and 5, only 3 counts.
      expect(await capped(store, low)).toEqual([2, 1 + 2 + 3 * 3, 1 + 4 + 3 * 9]);
      await convert(store, low, 2, 0.5);
      await convert(store, low, 3, 7);
      await convert(store, low, 5, 1);
      await convert(store, low, 4, -3);
      expect(await capped(store, low)).toEqual([2, 1 + 2.5 + 3 + 1 + 3, 1 + 6.25 + 9 + 1 + 9]);
      expect(await differences(store, low)).toEqual([]);
      const high = await changed(store, withKpiRules(low, { cap: { amount: 8 } }));
      expect(await capped(store, high)).toEqual([1, 1 + 2.5 + 8 + 1 + 6, 1 + 6.25 + 64 + 1 + 36]);
      const gone = await store.records.forget(high, client(3));
      if (gone.kind !== "forgotten") throw new Error(`Expected it to be forgotten, got ${gone.kind}`);
      expect(await capped(store, gone.experiment)).toEqual([0, 1 + 2.5 + 1 + 6, 1 + 6.25 + 1 + 36]);
      expect(await differences(store, gone.experiment)).toEqual([]);
      const without = await changed(store, withKpiRules(gone.experiment, {}));
      expect(await capped(store, without)).toEqual([0, 0, 0]);
      expect(await differences(store, without)).toEqual([]);
    });

    it("counts exactly while conversions, new clients and links come during the pass over the records", async () => {
      const store = await open();
      const CLIENTS = 1_200;
      const plain = await withTotals(store, "busy", CLIENTS);
      let changing = true;
      const change = changed(store, withKpiRules(plain, { cap: { amount: 1_000 } })).finally(() => {
        changing = false;
      });
      for (let round = 0; changing; round += 1) {
        const now = await store.definitions.read(plain.name);
        if (now === undefined) throw new Error("Expected it to be there");
        const some = [0, 7, 500, 1_013].map((place) => (place + 37 * round) % CLIENTS);
        const outcomes = await Promise.all(some.map((number) => convert(store, now, number, 3)));
        // Decided on the definition before it: to be decided again.
        if (outcomes.some(({ kind }) => kind === "stale")) continue;
        const newcomer = { client: client(CLIENTS + round), id: undefined };
        const participation = { experiment: now, client: newcomer.client, proposal: assigned(1), day: make.DAY };
        await store.records.participate(participation);
        await store.records.link(now, newcomer, { client: client(some[0] ?? 0), id: undefined });
      }
      const experiment = await change;
      expect(await differences(store, experiment)).toEqual([]);
      const [above = 0] = await capped(store, experiment);
      expect(above).toBeGreaterThanOrEqual(CLIENTS - 1_001);
    });
  });

  describe("a window", () => {
    it("counts up to its last day, and leaves later events out as if they had never come", async () => {
      const store = await open();
      const plain = await make.created(store, make.draft({ name: "window" }));
      await store.records.participate({ experiment: plain, client: client(1), proposal: assigned(1), day: make.DAY });
      const experiment = await changed(store, withKpiRules(plain, { windowDays: 7 }));
      const [last, later] = [(make.DAY + 7) as Day, (make.DAY + 8) as Day];
      const event = "event--1" as EventKey;
      expect(await convert(store, experiment, 1, 5, later, event)).toEqual({
        kind: "too-late",
        assignment: assigned(1),
      });
      expect(await convert(store, experiment, 1, 5, last, event)).toMatchObject({ kind: "converted" });
      expect(await convert(store, experiment, 1, 5, last, event)).toMatchObject({ kind: "duplicate" });
      const before = await store.tallies.read(experiment);
      expect(await convert(store, experiment, 1, 5, later)).toMatchObject({ kind: "too-late" });
      expect(await store.tallies.read(experiment)).toEqual(before);
      expect(await store.records.find(experiment, client(1))).toMatchObject({
        conversions: [{ kpi: 0, day: last, events: 1, total: 5 }],
      });
      const wide = await changed(store, withKpiRules(experiment, { windowDays: 8 }));
      expect(await convert(store, wide, 1, 5, later)).toMatchObject({ kind: "repeated" });
    });
  });
}
