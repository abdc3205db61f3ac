import { expect, test } from "vitest";
import { createdExperiment } from "../../../src/domain/draft.ts";
import { parseAlternativeNames, parseExperimentName } from "../../../src/domain/names.ts";
import { declare } from "../../../src/service/administer/declare.ts";
import { type Cargo, load } from "../../../src/service/transfer/cargo.ts";
import * as make from "../../support/make.ts";
import { laterCodeOf } from "../../support/refusal.ts";

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
