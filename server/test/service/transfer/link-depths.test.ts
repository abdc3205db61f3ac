import { expect, test } from "vitest";
import { assigned } from "../../../src/domain/assignment.ts";
import { LinkDepths } from "../../../src/service/transfer/link-depths.ts";
import type { ClientLink, ClientRecord } from "../../../src/store/transfer.ts";
import { client } from "../../store/fixtures.ts";
import * as make from "../../support/make.ts";

const record = (number: number): ClientRecord => {
  return { client: client(number), assignment: assigned(0), epoch: 0, day: make.DAY, conversions: [] };
};
const link = (from: number, to: number): ClientLink => ({ client: client(from), to: client(to) });

test("a record gets the length of its longest chain, the most there may be at most, and a circle none", async () => {
  const { store } = make.context();
  const { life: _, version: __, ...definition } = make.experiment();
  const staged = await store.transfer.stage(definition, make.NOW_MS);
  const batch = [
    ...[0, 10, 20, 30].map(record),
    // Two ways to 0, one of them over 2, and links come before what they lead to.
    ...[link(3, 2), link(2, 0), link(1, 0)],
    // Longer than any that could be made, as somebody may write it.
    ...[11, 12, 13, 14, 15, 16, 17, 18, 19].map((number) => link(number, number - 1)),
    ...[link(40, 41), link(41, 42), link(42, 40)],
    link(31, 30),
  ];
  await store.transfer.loadRecords(staged, batch);
  const depths = new LinkDepths();
  depths.add(batch.slice(0, 6));
  depths.add(batch.slice(6));
  await depths.putInto(store, staged);
  const found = await Promise.all([0, 10, 20, 30, 40].map((number) => store.records.find(staged, client(number))));
  expect(found.map((one) => one?.linkDepth)).toEqual([2, 7, undefined, 1, undefined]);
});
