import { expect, test, vi } from "vitest";
import { Counts } from "../../../src/domain/counts.ts";
import { type Experiment, withWinner } from "../../../src/domain/experiment.ts";
import { decidingKpi } from "../../../src/domain/kpi.ts";
import { parseExperimentName } from "../../../src/domain/names.ts";
import { DAY_MS } from "../../../src/lib/time.ts";
import { reset } from "../../../src/service/administer/acts/ending.ts";
import { describeKpi } from "../../../src/service/administer/acts/kpi-settings.ts";
import { setPlan } from "../../../src/service/administer/acts/set-plan.ts";
import { setWinner } from "../../../src/service/administer/acts/state.ts";
import type { Notice } from "../../../src/service/analysis/notebook.ts";
import { settleCaps } from "../../../src/service/settle-caps.ts";
import * as make from "../../support/make.ts";
import { change } from "../../support/store.ts";
import { tornAt } from "../../support/torn-store.ts";
import { createExperiment, crowd, openApp, record } from "../../web/support.ts";

/** A dashboard that keeps what it was told, as "kind of experiment". */
function listening(): { readonly context: make.TestContext; readonly told: string[] } {
  const told: string[] = [];
  const context = make.context({
    onNoticed: ({ kind, experiment }: Notice) => told.push(`${kind} of ${experiment.name}`),
  });
  return { context, told };
}

async function stored({ store }: make.TestContext, name: string): Promise<Experiment> {
  const experiment = await store.definitions.read(parseExperimentName(name));
  if (experiment === undefined) throw new Error(`Expected ${name} to be stored`);
  return experiment;
}

const PLAN = { baseline_rate: "10%", minimum_uplift: "50%", participants: "100" };

async function planned(context: make.TestContext, name = "button"): Promise<void> {
  await createExperiment(context, name);
  await setPlan(context, { name, actor: "ann" }, PLAN);
}

test("where the mean decides nothing is concluded by the rate, not even before a value came", async () => {
  const { context, told } = listening();
  await createExperiment(context, "button");
  const act = { name: "button", actor: "ann" };
  await describeKpi(context, act, "", { counts: "value" });
  const noticed = async () => {
    await context.analyst.watchConclusions();
    return (await context.analyst.read(await stored(context, "button"))).report.verdict.sentence;
  };
  const visits = [...crowd(0, 2_000, 600), ...crowd(1, 2_000, 200)];
  await record(context, "button", visits);
  expect(await noticed()).toMatch(/^Too early: all values of value per visitor are the same so far/);
  expect(told).toEqual(["kpi-settled of button"]);
  await record(
    context,
    "button",
    visits.map((visit) => ({ ...visit, value: 9 })),
  );
  expect(await noticed()).toMatch(/^Roll back .*: value per visitor is down/);
  expect(told.slice(1)).toEqual(["conclusion-reached of button"]);
});

test("before the percentile is taken by which a mean is to be capped nothing is concluded on it", async () => {
  const { context, told } = listening();
  await createExperiment(context, "button");
  await describeKpi(context, { name: "button", actor: "ann" }, "", { counts: "value", cap: "p99" });
  // Most people pay 9 in one alternative and 3 in the other.
  const visits = [...crowd(0, 1_000, 500), ...crowd(1, 1_000, 500)].map((visit) => ({
    ...visit,
    value: visit.index === 0 ? 9 : 3,
  }));
  await record(context, "button", visits);
  const noticed = async () => {
    await context.analyst.watchConclusions();
    return (await context.analyst.read(await stored(context, "button"))).report;
  };
  const early = await noticed();
  expect(early.verdict.sentence).toMatch(/^Too early: the cap of value per visitor is not known yet/);
  expect(early.kpis).toMatchObject([{ means: [{}, { comparison: { conclusion: "undecided", hint: "worse" } }] }]);
  expect(told).toEqual(["kpi-settled of button"]);
  const later = make.context({ store: context.store, clock: make.clock(() => make.NOW_MS + 7 * DAY_MS) });
  await settleCaps(later, "me");
  expect((await stored(context, "button")).kpis[0]?.cap).toMatchObject({ amount: 9 });
  expect((await noticed()).verdict.sentence).toMatch(/^Roll back /);
  expect(told.slice(1)).toEqual(["conclusion-reached of button"]);
});

test("the planned look of an experiment that nobody opens is made and told once, when its size is reached", async () => {
  const { context, told } = listening();
  await planned(context);
  await createExperiment(context, "unplanned");
  await record(context, "button", [...crowd(0, 50, 15), ...crowd(1, 49, 9)]);
  await record(context, "unplanned", crowd(0, 300, 5));
  expect(await context.analyst.watchPlans()).toEqual([]);
  expect(told).toEqual([]);

  await record(context, "button", [{ client: "the hundredth", index: 1 }]);
  await Promise.all([context.analyst.watchPlans(), context.analyst.watchPlans()]);
  expect((await stored(context, "button")).noticed.finalLook).toMatchObject({
    participants: 100,
    atMs: context.clock.nowMs(),
  });
  await context.analyst.watchPlans();
  expect(told).toEqual(["planned-size-reached of button"]);
});

test("the sample ratio alarm of an experiment that nobody opens stays, also when later clients would hide it", async () => {
  const { context, told } = listening();
  await createExperiment(context, "broken");
  await createExperiment(context, "sound");
  await record(context, "broken", [...crowd(0, 600, 0), ...crowd(1, 400, 0)]);
  await record(context, "sound", [...crowd(0, 500, 0), ...crowd(1, 500, 0)]);
  await Promise.all([context.analyst.watchSplits(), context.analyst.watchSplits()]);
  expect((await stored(context, "broken")).noticed.sampleRatioMismatchAtMs).toBe(context.clock.nowMs());
  expect((await stored(context, "sound")).noticed.sampleRatioMismatchAtMs).toBeNull();

  const later = Array.from({ length: 200 }, (_, client) => ({ client: `later ${client}`, index: 1 }));
  await record(context, "broken", later);
  expect(await context.analyst.watchSplits()).toEqual([]);
  const { report } = await context.analyst.read(await stored(context, "broken"));
  expect(report.sampleRatio).toMatchObject({ alarm: false, latched: true });
  expect(report.verdict.kind).toBe("sample-ratio-mismatch");
  expect(told).toEqual(["sample-ratio-mismatch of broken"]);
});

test.each(["/", "/experiments/broken/", "/experiments/broken.json"])(
  "the sample ratio alarm is told once also when %s is what looked first",
  async (url) => {
    const { context, told } = listening();
    await createExperiment(context, "broken");
    await record(context, "broken", [...crowd(0, 500, 0), ...crowd(1, 1500, 0)]);
    const app = openApp(context);
    expect((await app.inject({ url, headers: { accept: "text/html" } })).statusCode).toBe(200);
    await app.close();
    expect(told).toEqual(["sample-ratio-mismatch of broken"]);
    await context.analyst.watchSplits();
    expect(told).toHaveLength(1);
  },
);

test("the planned look waits for conversions that come after the last participant", async () => {
  const { context, told } = listening();
  await planned(context);
  await record(context, "button", [...crowd(0, 60, 0), ...crowd(1, 60, 0)]);
  await context.analyst.watchPlans();
  await context.analyst.read(await stored(context, "button"));
  expect((await stored(context, "button")).noticed.finalLook).toBeNull();
  await record(context, "button", [...crowd(0, 10, 10), ...crowd(1, 20, 20)]);
  await context.analyst.watchPlans();
  expect((await stored(context, "button")).noticed.finalLook).toMatchObject({ participants: 120 });
  expect(told).toEqual(["planned-size-reached of button"]);
});

test("no planned look is taken while a winner is set; one that is due is taken once the winner is undone", async () => {
  const { context, told } = listening();
  await planned(context);
  await record(context, "button", [...crowd(0, 60, 0), ...crowd(1, 60, 0)]);
  const target = { name: "button", actor: "ann" };
  await setWinner(context, target, "blue");
  await record(context, "button", [...crowd(0, 10, 10), ...crowd(1, 20, 20)]);
  const look = async () => {
    await context.analyst.watchPlans();
    await context.analyst.read(await stored(context, "button"));
    return (await stored(context, "button")).noticed.finalLook;
  };
  expect(await look()).toBeNull();
  expect(told).not.toContain("planned-size-reached of button");
  await setWinner(context, target, null);
  expect(await look()).toMatchObject({ participants: 120 });
  expect(told).toContain("planned-size-reached of button");
});

test("the planned look is told once also when somebody looked before the watch", async () => {
  const { context, told } = listening();
  await planned(context);
  await record(context, "button", [...crowd(0, 50, 15), ...crowd(1, 50, 9)]);
  await context.analyst.read(await stored(context, "button"));
  expect(told).toEqual(["planned-size-reached of button"]);
  await context.analyst.watchPlans();
  expect(told).toHaveLength(1);
});

test("of several processes on one store the one that wrote a fact down tells it", async () => {
  const { context, told } = listening();
  await planned(context);
  await record(context, "button", [...crowd(0, 600, 5), ...crowd(1, 400, 9)]);
  const { store, clock } = context;
  const onNoticed = ({ kind, experiment }: Notice) => told.push(`${kind} of ${experiment.name}`);
  const others = Array.from({ length: 3 }, () => make.context({ store, clock, onNoticed }));
  await Promise.all(
    [context, ...others].map(({ analyst }) => Promise.all([analyst.watchPlans(), analyst.watchSplits()])),
  );
  expect(told.sort()).toEqual(["planned-size-reached of button", "sample-ratio-mismatch of button"]);
});

test("one experiment that can't be read keeps none of the others from their look and their alarm", async () => {
  const context = make.context();
  for (const name of ["before", "torn", "behind"]) {
    await planned(context, name);
    await record(context, name, [...crowd(0, 600, 5), ...crowd(1, 400, 9)]);
  }
  for (const [watch, kind] of [
    ["watchSplits", "sample-ratio-mismatch"],
    ["watchPlans", "planned-size-reached"],
  ] as const) {
    const told: string[] = [];
    const onNoticed = (fact: Notice) => told.push(`${fact.kind} of ${fact.experiment.name}`);
    const { analyst } = make.context({ store: tornAt(context.store, "torn"), clock: context.clock, onNoticed });
    expect(await analyst[watch]()).toMatchObject([{ experiment: { name: "torn" }, error: { message: "torn page" } }]);
    expect(told.sort()).toEqual([`${kind} of before`, `${kind} of behind`]);
  }
});

/** So many participants a side, of whom some reach `purchase`: more in blue. */
const PURCHASES = [0, 1].flatMap((index) =>
  Array.from({ length: 400 }, (_, number) => ({
    client: `${index}-${number}`,
    index,
    converts: number < 40 + 80 * index ? ["purchase"] : [],
  })),
);

test("one stray call changes neither the KPI that decides nor what a bandit goes by", async () => {
  const { context, told } = listening();
  await createExperiment(context, "button");
  await record(context, "button", PURCHASES);
  await record(context, "button", [{ client: "0-399", index: 0, converts: [null] }]);
  const before = await context.analyst.read(await stored(context, "button"));
  expect(before.kpis[0]?.name).toBe("purchase");
  expect(told).toEqual(["kpi-settled of button"]);

  // However many follow: only a plan names another.
  const many = Array.from({ length: 300 }, (_, number) => ({ client: `1-${number}`, index: 1, converts: [null] }));
  await record(context, "button", many);
  const experiment = await stored(context, "button");
  expect((await context.analyst.read(experiment)).kpis[0]?.name).toBe("purchase");
  expect(decidingKpi(experiment, Counts.of(await context.store.tallies.read(experiment))).name).toBe("purchase");
  await setPlan(context, { name: "button", actor: "ann" }, { primary: { kpi: "" } });
  expect((await context.analyst.read(await stored(context, "button"))).kpis[0]?.name).toBeNull();
});

test("the KPI that decides is settled by the watch, too, and not before it has enough conversions", async () => {
  const { context, told } = listening();
  await createExperiment(context, "button");
  await record(context, "button", crowd(0, 200, 10));
  await record(context, "button", crowd(1, 200, 9));
  await context.analyst.watchSplits();
  expect(told).toEqual([]);
  await record(context, "button", [{ client: "one more", index: 1, converts: [null] }]);
  await context.analyst.watchSplits();
  expect(told).toEqual(["kpi-settled of button"]);
  expect((await stored(context, "button")).noticed.decidingKpi).toEqual({ name: null, atMs: context.clock.nowMs() });
});

test("an alternative that nobody gets, and no conversion of many participants, are facts of their own, each once", async () => {
  const { context } = listening();
  await createExperiment(context, "button");
  await record(context, "button", crowd(0, 1_000, 0));
  context.pass(7 * 24 * 3_600_000);
  for (let round = 0; round < 2; round += 1) {
    await Promise.all([context.analyst.watchSplits(), context.analyst.watchSplits()]);
  }
  const kinds = (await stored(context, "button")).noticed.facts?.map(({ kind }) => kind).sort();
  expect(kinds).toEqual(["arm-without-participants", "no-conversions", "sample-ratio-mismatch"]);
});

test("that nothing is better at the planned size is told as a result", async () => {
  const { context } = listening();
  await planned(context);
  for (let day = 1; day <= 8; day += 1) {
    for (const index of [0, 1]) await record(context, "button", crowd(index, 100, 10, `2025-03-0${day}`));
  }
  context.pass(7 * 24 * 3_600_000);
  await context.analyst.watchPlans();
  for (let round = 0; round < 2; round += 1) await context.analyst.watchConclusions();
  const kinds = (await stored(context, "button")).noticed.facts?.map(({ kind }) => kind);
  expect(kinds).toEqual(["planned-size-reached", "no-difference"]);
});

test("nothing is concluded of a question that was changed while it was answered", async () => {
  const { context } = listening();
  await createExperiment(context, "button");
  await record(context, "button", [...crowd(0, 1_000, 100), ...crowd(1, 1_000, 300)]);
  await context.analyst.watchSplits();
  const act = { name: "button", actor: "ann" };
  await describeKpi(context, act, "", { better: "lower" });
  const asked = await stored(context, "button");
  await describeKpi(context, act, "", { better: "higher" });
  await context.analyst.read(asked);
  expect((await stored(context, "button")).noticed.conclusions).toEqual([]);
  await describeKpi(context, act, "", { better: "lower" });
  await context.analyst.read(await stored(context, "button"));
  expect((await stored(context, "button")).noticed.conclusions).toMatchObject([{ says: "worse", better: "lower" }]);
});

test("what the counts of an ended life show is noted neither of the new life nor said of it", async () => {
  const { context, told } = listening();
  await createExperiment(context, "button");
  await record(context, "button", [...crowd(0, 600, 0), ...crowd(1, 400, 0)]);
  const ended = await stored(context, "button");
  await reset(context, { name: "button", actor: "ann" });
  const { experiment, health } = await context.analyst.read(ended);
  expect([experiment.life, health.word]).toEqual([ended.life, "sample-ratio-mismatch"]);
  expect((await stored(context, "button")).noticed.sampleRatioMismatchAtMs).toBeNull();
  expect(told).toEqual([]);
});

test("nothing is concluded while a winner is set, also one that came with a file, and the watch doesn't even ask", async () => {
  const { context, told } = listening();
  const setUnrecorded = (name: string) => change(context.store, name, (experiment) => withWinner(experiment, "blue"));
  await createExperiment(context, "other");
  await record(context, "other", [...crowd(0, 1_000, 300), ...crowd(1, 1_000, 100)]);
  await planned(context);
  for (let day = 1; day <= 8; day += 1) {
    for (const index of [0, 1]) await record(context, "button", crowd(index, 100, 10, `2025-03-0${day}`));
  }
  context.pass(7 * 24 * 3_600_000);
  await context.analyst.watchPlans();
  for (const name of ["button", "other"]) await setUnrecorded(name);
  const marked = vi.spyOn(context.store.tallies, "mark");
  await context.analyst.watchConclusions();
  expect(marked).not.toHaveBeenCalled();
  for (const name of ["button", "other"]) await context.analyst.read(await stored(context, name));
  expect(told).toEqual(["planned-size-reached of button", "kpi-settled of other"]);
  expect((await stored(context, "other")).noticed.conclusions).toEqual([]);
});
