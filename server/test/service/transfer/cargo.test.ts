import { afterEach, expect, test, vi } from "vitest";
import { assigned } from "../../../src/domain/assignment.ts";
import { createdExperiment } from "../../../src/domain/draft.ts";
import { parseAlternativeNames, parseExperimentName } from "../../../src/domain/names.ts";
import { declare } from "../../../src/service/administer/declare.ts";
import { ALONE_MS } from "../../../src/service/alone.ts";
import { type Cargo, load } from "../../../src/service/transfer/cargo.ts";
import { client } from "../../store/fixtures.ts";
import * as make from "../../support/make.ts";
import { laterCodeOf } from "../../support/refusal.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const slice = (from: number, to: number) => ({ layer: "checkout", from, to });

/** @param meanwhile what others do while its records are read */
function cargoOf(name: string, span: ReturnType<typeof slice>, meanwhile: () => Promise<unknown>): Cargo {
  const alternatives = parseAlternativeNames(["red", "blue"]);
  const created = createdExperiment({ name: parseExperimentName(name), alternatives, createdAtMs: 0 }, 1, 1);
  const { life: _, version: __, ...definition } = created;
  return {
    definition: { ...definition, epochs: definition.epochs.map((epoch) => ({ ...epoch, slice: span })) },
    async *records() {
      await meanwhile();
      yield [];
    },
    tallies: async () => ({ recorded: [], unrecorded: [], hasSubsets: true }),
  };
}

test("a slice that somebody takes while an experiment is loaded is not taken twice", async () => {
  const context = make.context();
  const takes = (...span: string[]) =>
    declare(
      context,
      { name: "quick", actor: "ada" },
      {
        ...{ alternatives: ["red", "blue"], weights: undefined, trafficFraction: undefined },
        layer: { name: "checkout", slice: span },
      },
    );
  const overlapping = cargoOf("slow", slice(0.4, 1), () => takes("0", "0.5"));
  expect(await laterCodeOf(() => load(context, overlapping, false))).toBe("slice-taken");
  expect(await context.store.definitions.read("slow")).toBeUndefined();
  expect(await context.store.transfer.listStaged()).toEqual([]);

  const apart = cargoOf("slow", slice(0.5, 1), async () => {});
  expect(await load(context, apart, false)).toMatchObject({ kind: "loaded" });
});

test("what is being loaded under another name is left alone", async () => {
  const context = make.context();
  const { transfer } = context.store;
  const other = await transfer.stage(cargoOf("other", slice(0, 0.5), async () => {}).definition, make.NOW_MS);
  const left = await transfer.stage(cargoOf("slow", slice(0.5, 1), async () => {}).definition, make.NOW_MS);
  const staged = async () => (await transfer.listStaged()).map(({ life }) => life);
  expect(await staged()).toEqual([other.life, left.life]);
  await load(
    context,
    cargoOf("slow", slice(0.5, 1), async () => {}),
    false,
  );
  expect(await staged()).toEqual([other.life]);
});

test("records that come after somebody else may have begun to load the same name are not stored, nor is anything live", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  const context = make.context();
  const { store } = context;
  const loaded = vi.spyOn(store.transfer, "loadRecords");
  const record = (number: number) => ({
    ...{ client: client(number), assignment: assigned(0), epoch: 0, day: make.DAY, conversions: [] },
  });
  const slow: Cargo = {
    ...cargoOf("slow", slice(0, 1), async () => {}),
    async *records() {
      yield [record(1)];
      // The store can't be asked for so long that the lease runs out.
      vi.spyOn(store.leases, "claim").mockRejectedValue(new Error("gone"));
      await vi.advanceTimersByTimeAsync(ALONE_MS);
      yield [record(2)];
    },
    tallies: async () => ({ recorded: null, unrecorded: [], hasSubsets: true }),
  };
  expect(await laterCodeOf(() => load(context, slow, false))).toBe("transfer-failed");
  expect(loaded.mock.calls.map(([, records]) => records)).toEqual([[record(1)]]);
  expect(await store.definitions.list()).toEqual([]);
});

test("what a store gives back otherwise than it was sent is not made live, though its tallies agree with its records", async () => {
  const context = make.context();
  const { store } = context;
  const { loadTallies } = store.transfer;
  vi.spyOn(store.transfer, "loadTallies").mockImplementation((staged, recorded) =>
    loadTallies.call(store.transfer, staged, recorded, []),
  );
  const counted: Cargo = {
    ...cargoOf("counted", slice(0, 1), async () => {}),
    tallies: async () => ({ recorded: [], unrecorded: [make.tally({ clients: 9, events: 9 })], hasSubsets: true }),
  };
  await expect(load(context, counted, false)).rejects.toMatchObject({
    code: "transfer-failed",
    detail: "Expected counted to be stored as it was sent, got: other tallies when they were read back",
  });
  expect(await store.definitions.list()).toEqual([]);
  expect(await store.transfer.listStaged()).toEqual([]);
});
