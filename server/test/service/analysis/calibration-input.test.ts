import { expect, test } from "vitest";
import { assigned, EXCLUDED } from "../../../src/domain/assignment.ts";
import { clientKey, digestOf } from "../../../src/domain/digest.ts";
import { parseAlternativeName, parseClientId, parseKpiName } from "../../../src/domain/names.ts";
import type { Day } from "../../../src/domain/period.ts";
import { calibrationInput } from "../../../src/service/analysis/calibration-input.ts";
import { NEVER } from "../../../src/stats/crowd.ts";
import { TallySum } from "../../../src/store/tally-sum.ts";
import type { ClientRecord } from "../../../src/store/transfer.ts";
import * as make from "../../support/make.ts";

const FIRST = (make.DAY - 4) as Day;

/** Over four days; every third converts a day later, and every fourth with a value too; some are left out. */
function record(number: number): ClientRecord {
  const day = (FIRST + (number % 4)) as Day;
  const converted = { day: (day + 1) as Day, events: 1 };
  return {
    client: clientKey(digestOf(make.NAME, parseClientId(`c${number}`))),
    assignment: number % 10 === 9 ? EXCLUDED : assigned(number % 2),
    epoch: 0,
    day,
    conversions:
      number % 10 === 9 || number % 3 !== 0
        ? []
        : [{ kpi: 0, total: 0, ...converted }, ...(number % 4 === 0 ? [{ kpi: 1, total: number, ...converted }] : [])],
  };
}

/** Such an experiment, in a store. */
async function played(about: Parameters<typeof make.experiment>[0] = {}) {
  const context = make.context();
  const {
    life: _,
    version: __,
    ...definition
  } = make.experiment({
    kpis: [{ name: null }, { name: parseKpiName("revenue"), counts: "value" }],
    createdAtMs: make.NOW_MS - 4 * 86_400_000,
    ...about,
  });
  const staged = await context.store.transfer.stage(definition, make.NOW_MS);
  const tallies = new TallySum();
  for (const one of RECORDS) tallies.addRecord(one);
  await context.store.transfer.loadRecords(staged, RECORDS);
  const withoutRecords = make.tally({ clients: 500, events: 500 });
  await context.store.transfer.loadTallies(staged, tallies.tallies(), [withoutRecords]);
  const outcome = await context.store.transfer.publish(staged, make.NOW_MS, false);
  if (outcome.kind !== "published") throw new Error(`Expected it to be published, got ${outcome.kind}`);
  return { context, counted: await context.analyst.readCounted(outcome.experiment) };
}

const RECORDS = Array.from({ length: 1_000 }, (_, number) => record(number));

test("everybody with a record is played again, those who did nothing by the tallies, and nobody without one", async () => {
  const { context, counted } = await played();
  const { groups } = await calibrationInput(context, counted, 10);
  const found: string[] = [];
  for (let at = 0; at < groups.length; at += 1) {
    const [reached, totals] = [groups.reached, groups.totals].map((rows) => [...rows.slice(2 * at, 2 * at + 2)]);
    found.push(...Array.from({ length: groups.size[at] ?? 0 }, () => `${groups.joined[at]} ${reached} ${totals}`));
  }
  const expected = RECORDS.flatMap(({ assignment, day, conversions }) => {
    if (assignment.kind === "excluded") return [];
    const joined = day - FIRST;
    const [one, other] = [0, 1].map((number) => conversions.find(({ kpi }) => kpi === number));
    return `${joined} ${[one, other].map((did) => (did ? did.day - FIRST : NEVER))} ${[0, other?.total ?? 0]}`;
  });
  expect(found.toSorted()).toEqual(expected.toSorted());
});

test("an alternative that weighs nothing is left out, and with one alternative alone there is nothing to play", async () => {
  const weighing = (weights: readonly number[]) =>
    played({ alternatives: ["a", "b", "c"].slice(0, weights.length).map(parseAlternativeName), weights });
  const three = await weighing([1, 1, 0]);
  const { question } = await calibrationInput(three.context, three.counted, 10);
  expect(question.arms.map(({ retired }) => retired)).toEqual([false, false, true]);
  for (const weights of [
    [1, 0],
    [0, 1],
  ]) {
    const { context, counted } = await weighing(weights);
    await expect(calibrationInput(context, counted, 10)).rejects.toMatchObject({
      code: "invalid-form",
      detail: expect.stringContaining("to the control and to another alternative"),
    });
  }
});
