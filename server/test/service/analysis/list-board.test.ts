import { expect, test } from "vitest";
import { setPaused } from "../../../src/service/administer/acts/state.ts";
import { AWAITED_MAX } from "../../../src/service/analysis/list-board.ts";
import { parseOverviewQuery, readOverview } from "../../../src/service/report/overview.ts";
import * as make from "../../support/make.ts";
import { createExperiment, crowd, record } from "../../web/support.ts";

const COUNT = AWAITED_MAX + 4;
const ALL = parseOverviewQuery("all", {
  status: undefined,
  q: undefined,
  verdict: undefined,
  kpi: undefined,
  sort: "name",
  order: undefined,
  page: undefined,
});

async function busy(): Promise<make.TestContext> {
  const context = make.context();
  for (let number = 0; number < COUNT; number += 1) {
    await createExperiment(context, `experiment-${10 + number}`);
    await record(context, `experiment-${10 + number}`, crowd(0, 3, 1));
  }
  return context;
}

async function visitAll(context: make.TestContext, client = "late"): Promise<void> {
  for (let number = 0; number < COUNT; number += 1) {
    await record(context, `experiment-${10 + number}`, [{ client, index: 1 }]);
  }
}

async function participants(context: make.TestContext): Promise<readonly (number | undefined)[]> {
  const { rows } = await readOverview(context, ALL);
  return rows.map(({ figures }) => (figures.kind === "read" ? figures.summary.participants : undefined));
}

test("shows new counts of a few experiments at once, and those of the others after they were computed", async () => {
  const context = await busy();
  expect(await participants(context)).toEqual(Array.from({ length: COUNT }, () => 3));
  await visitAll(context);
  const behind = await participants(context);
  expect(behind.filter((count) => count === 4)).toHaveLength(AWAITED_MAX);
  expect(behind.filter((count) => count === 3)).toHaveLength(COUNT - AWAITED_MAX);
  const { list } = context.analyst;
  const before = list.revision;
  await list.refresh();
  expect(list.revision).toBe(before + 1);
  expect(await participants(context)).toEqual(Array.from({ length: COUNT }, () => 4));
});

test("computes again what a list finds out of date while it is computed", async () => {
  const context = await busy();
  await participants(context);
  await visitAll(context);
  // The first that the next list leaves behind.
  const name = `experiment-${10 + AWAITED_MAX}`;
  let reads = 0;
  const { tallies } = context.store;
  const read = tallies.read.bind(tallies);
  tallies.read = async (experiment) => {
    const found = await read(experiment);
    if (experiment.name === name) {
      reads += 1;
      if (reads === 1) {
        await visitAll(context, "later");
        await participants(context);
      }
    }
    return found;
  };
  await participants(context);
  await context.analyst.list.refresh();
  expect(reads).toBe(2);
});

test("shows a changed definition at once, however much else changed", async () => {
  const context = await busy();
  await participants(context);
  await visitAll(context);
  const name = `experiment-${10 + COUNT - 1}`;
  await setPaused(context, { name, actor: "ada" }, true);
  const { rows } = await readOverview(context, ALL);
  const last = rows.find(({ experiment }) => experiment.name === name);
  expect(last?.experiment.paused).toBe(true);
  expect(last?.figures).toMatchObject({ kind: "read", summary: { participants: 4 } });
});

test("shows nothing of yesterday as today's", async () => {
  const context = await busy();
  await participants(context);
  await visitAll(context);
  context.pass(86_400_000);
  expect(await participants(context)).toEqual(Array.from({ length: COUNT }, () => 4));
});

test("is warm after a start, and stops when told to", async () => {
  const context = await busy();
  const computed: string[] = [];
  const read = context.store.tallies.read.bind(context.store.tallies);
  Object.assign(context.store.tallies, {
    read: (experiment: Parameters<typeof read>[0]) => {
      computed.push(experiment.name);
      return read(experiment);
    },
  });
  await context.analyst.list.warmUp(AbortSignal.abort());
  expect(computed).toHaveLength(0);
  await context.analyst.list.warmUp(new AbortController().signal);
  expect(computed).toHaveLength(COUNT);
  await participants(context);
  expect(computed).toHaveLength(COUNT);
});
