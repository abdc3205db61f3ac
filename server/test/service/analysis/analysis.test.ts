import { expect, test } from "vitest";
import { type ClientId, parseExperimentName, parseKpiName } from "../../../src/domain/names.ts";
import { type Day, parseDay } from "../../../src/domain/period.ts";
import { describeKpi } from "../../../src/service/administer/acts/kpi-settings.ts";
import { setPlan } from "../../../src/service/administer/acts/set-plan.ts";
import { setWeights } from "../../../src/service/administer/acts/sharing.ts";
import { checksOf } from "../../../src/service/analysis/checks.ts";
import { DEFAULT_KPI_LABEL } from "../../../src/service/analysis/report-input.ts";
import { link as linkIds } from "../../../src/service/link-ids.ts";
import type { Store } from "../../../src/store/store.ts";
import * as make from "../../support/make.ts";
import { createExperiment, crowd, record, type Visit } from "../../web/support.ts";

const NAME = "button";
const act = { name: NAME, actor: "ann" };
/** Size by hand: 400 participants decide. */
const PLAN = { baseline_rate: "10%", minimum_uplift: "50%", participants: "400" };

async function stored({ store }: { store: Store }) {
  const experiment = await store.definitions.read(parseExperimentName(NAME));
  if (experiment === undefined) throw new Error(`Expected ${NAME} to exist`);
  return experiment;
}

async function started(visits: readonly Visit[] = []): Promise<make.TestContext> {
  const context = make.context();
  await createExperiment(context, NAME);
  await record(context, NAME, visits);
  return context;
}

test("reports the counts of the tallies", async () => {
  const context = await started([...crowd(0, 100, 10), ...crowd(1, 120, 24), { client: "out", index: null }]);
  const { report, kpis, shown, health, experiment } = await context.analyst.read(await stored(context));
  expect(report.arms.map(({ name, participants }) => [name, participants])).toEqual([
    ["red", 100],
    ["blue", 120],
  ]);
  expect(kpis.map(({ name }) => name)).toEqual([null]);
  const kpi = report.kpis[shown];
  expect(kpi).toMatchObject({ kind: "analysed", name: DEFAULT_KPI_LABEL, role: "primary", family: "goal" });
  expect(kpi?.kind === "analysed" && kpi.rates.map(({ conversions }) => conversions)).toEqual([10, 24]);
  expect(health).toMatchObject({ word: "healthy", exclusion: { excluded: 1, clients: 221, expectedShare: 0 } });
  expect(experiment).toEqual(await stored(context));
});

test("speaks of a KPI by its label, and files it under its name", async () => {
  const context = await started([...crowd(0, 400, 200), ...crowd(1, 400, 40)]);
  await describeKpi(context, act, "", { label: "Bounces" });
  const { report, kpis, shown } = await context.analyst.read(await stored(context));
  expect(report.verdict.sentence).toMatch(/^Roll back blue: Bounces is down by /);
  expect(report.verdict.inputs).toMatchObject({ kpi: DEFAULT_KPI_LABEL });
  expect(kpis[shown]).toMatchObject({ name: null, label: "Bounces" });
});

test("compares with the alternative that was asked for, and names the others when there is none such", async () => {
  const context = await started([...crowd(0, 50, 10), ...crowd(1, 50, 20)]);
  const { report } = await context.analyst.read(await stored(context), { baseline: "blue" });
  expect(report.baseline).toBe(1);
  await expect(context.analyst.read(await stored(context), { baseline: "green" })).rejects.toMatchObject({
    code: "unknown-alternative",
    detail: 'Expected `baseline` as one of red, blue, got "green"',
  });
});

test("computes one answer for equal counts, shared by callers at the same time", async () => {
  const context = await started([...crowd(0, 50, 10), ...crowd(1, 50, 20)]);
  const experiment = await stored(context);
  const answers = await Promise.all(Array.from({ length: 20 }, () => context.analyst.read(experiment)));
  const reports = new Set(answers.map(({ report }) => report));
  expect(reports.size).toBe(1);
  expect(reports).toContain((await context.analyst.read(experiment)).report);
  await record(context, NAME, [{ client: "one more", index: 0 }]);
  expect(reports).not.toContain((await context.analyst.read(experiment)).report);
});

test("counts anew by a cap that this process learns of after others counted by it", async () => {
  const context = await started(crowd(0, 10, 10).map((visit) => ({ ...visit, value: 5 })));
  await describeKpi(context, act, "", { counts: "value" });
  const uncapped = await stored(context);
  await describeKpi(context, act, "", { cap: "1" });
  const capped = await stored(context);
  const total = async (as: typeof capped) => (await context.analyst.counts(as)).total(0, 0).sum;
  // One that knows the definition of before, then the one of today, and the other way round.
  expect([await total(uncapped), await total(capped), await total(uncapped)]).toEqual([50, 10, 50]);
});

test("decides on the first named KPI when nobody reaches the default one", async () => {
  const visits = Array.from({ length: 30 }, (_, number) => ({
    client: `${number}`,
    index: number % 2,
    converts: [number % 3 === 0 ? "signup" : "order"],
  }));
  const context = await started(visits);
  const { kpis, report } = await context.analyst.read(await stored(context));
  expect(kpis.map(({ name }) => name)).toEqual(["signup", "order"]);
  expect(report.kpis.map(({ role }) => role)).toEqual(["primary", "secondary"]);
  const shown = await context.analyst.read(await stored(context), { kpi: null });
  expect(shown.kpis[shown.shown]?.name).toBeNull();
});

test("gives a KPI its roles by the plan, and means to the KPIs with values", async () => {
  const context = await started([
    ...crowd(0, 40, 10),
    { client: "payer", index: 1, converts: ["order"], value: 12.5 },
    { client: "other", index: 0, converts: ["refund"] },
  ]);
  await setPlan(context, act, {
    primary: { kpi: "order", decides_on: "mean" },
    guardrails: [{ kpi: "refund", better: "lower", margin: "2%" }],
  });
  const { kpis, report } = await context.analyst.read(await stored(context));
  expect(kpis.map(({ name }) => name)).toEqual(["order", "refund", null]);
  expect(report.kpis.map((kpi) => kpi.kind === "analysed" && [kpi.role, kpi.better, kpi.decidesOn])).toEqual([
    ["primary", "higher", "means"],
    ["guardrail", "lower", "rates"],
    ["secondary", "higher", "rates"],
  ]);
});

test("takes days in a range only, and decides nothing on them", async () => {
  const context = await started([
    ...crowd(0, 300, 30, "2025-02-20"),
    ...crowd(1, 300, 60, "2025-02-20"),
    ...crowd(0, 10, 1, "2025-02-25"),
    ...crowd(1, 12, 2, "2025-02-25"),
  ]);
  const from: Day = parseDay("2025-02-21");
  const { report, range } = await context.analyst.read(await stored(context), { from });
  expect(report.plan.participants).toBe(22);
  expect(range).toEqual({ from, to: null });
  expect(report.plan.participantsPlanned).toBeNull();
});

test("freezes the planned look once, on the counts of the first to reach the plan, however many look", async () => {
  const context = await started();
  await setPlan(context, act, PLAN);
  await record(context, NAME, [...crowd(0, 199, 20), ...crowd(1, 200, 40)]);
  expect((await context.analyst.read(await stored(context))).experiment.noticed.finalLook).toBeNull();
  await record(context, NAME, [{ client: "the last", index: 0 }]);

  const experiment = await stored(context);
  const all = await Promise.all(Array.from({ length: 50 }, () => context.analyst.read(experiment)));
  const { finalLook } = (await stored(context)).noticed;
  expect(finalLook).toMatchObject({ participants: 400 });
  expect((await stored(context)).version).toBe(experiment.version + 1);
  for (const { report } of all) expect(report.plan).toMatchObject({ horizonReached: true, freezeNow: false });

  await record(context, NAME, crowd(1, 100, 0, "2025-03-02"));
  const later = await context.analyst.read(await stored(context));
  expect(later.experiment.noticed.finalLook).toEqual(finalLook);
  const kpi = later.report.kpis[0];
  const comparison = kpi?.kind === "analysed" ? kpi.rates[1]?.comparison : undefined;
  // 20 of 200 against 40 of 200: the frozen difference stays, the one of today goes on moving.
  expect(comparison?.kind === "compared" && comparison.finalLook?.difference.estimate).toBeCloseTo(0.1, 12);
  expect(comparison?.kind === "compared" && comparison.difference.estimate).toBeCloseTo(40 / 300 - 0.1, 12);
  await expect(setPlan(context, act, { ...PLAN, participants: "900" })).rejects.toMatchObject({
    code: "plan-carried-out",
  });
});

test("does not give a new life the frozen look of an old one", async () => {
  const context = await started();
  await setPlan(context, act, PLAN);
  await record(context, NAME, [...crowd(0, 200, 20), ...crowd(1, 200, 40)]);
  const old = await stored(context);
  const { store } = context;
  const read = store.tallies.read.bind(store.tallies);
  Object.assign(store.tallies, {
    read: async (experiment: typeof old) => {
      const tallies = await read(experiment);
      await store.lives.remove(experiment, 0, undefined);
      await createExperiment(context, NAME);
      return tallies;
    },
  });
  await context.analyst.read(old);
  expect((await stored(context)).noticed.finalLook).toBeNull();
});

test("keeps a sample ratio alarm when later traffic would silence it", async () => {
  const context = await started(crowd(0, 150, 15));
  const { health, experiment } = await context.analyst.read(await stored(context));
  expect(health.word).toBe("sample-ratio-mismatch");
  expect(experiment.noticed.sampleRatioMismatchAtMs).toBe(context.clock.nowMs());
  context.pass(60_000);
  await record(context, NAME, crowd(1, 150, 15));
  const later = await context.analyst.read(await stored(context));
  expect(later.report.sampleRatio).toMatchObject({ alarm: false, latched: true });
  expect(later.report.verdict.kind).toBe("sample-ratio-mismatch");
  expect(later.experiment.noticed.sampleRatioMismatchAtMs).toBe(context.clock.nowMs() - 60_000);
});

test("tunes the always-valid test by a plan only when it comes before the first participant", async () => {
  const early = await started();
  expect((await stored(early)).planning.tuningSize).toBe(10_000);
  expect((await setPlan(early, act, PLAN)).planning.tuningSize).toBe(400);

  const late = await started([{ client: "first", index: 0 }]);
  expect((await setPlan(late, act, PLAN)).planning).toMatchObject({ tuningSize: 10_000, plannedAtParticipants: 1 });
});

test("makes no planned look for a plan that came when a tenth of the data was there", async () => {
  const context = await started([...crowd(0, 21, 2), ...crowd(1, 20, 2)]);
  await setPlan(context, act, PLAN);
  await record(context, NAME, [...crowd(0, 200, 20, "2025-03-02"), ...crowd(1, 200, 40, "2025-03-02")]);
  const { report, health, experiment } = await context.analyst.read(await stored(context));
  expect(report.levels).toEqual({ alpha: 0.05, continuous: 0.05, final: 0, harm: 0 });
  expect(report.plan).toMatchObject({ horizonReached: true, freezeNow: false });
  expect(health.planLate).toBe(true);
  expect(experiment.noticed.finalLook).toBeNull();
});

test("explores KPIs beyond the plan up to a limit, and one more when it is asked for", async () => {
  const names = Array.from({ length: 14 }, (_, number) => `kpi-${number}`);
  const context = await started([{ client: "busy", index: 0, converts: names }, ...crowd(1, 5, 1)]);
  const kpi = parseKpiName("kpi-13");
  const usual = await context.analyst.read(await stored(context));
  expect(usual.kpis).toHaveLength(10);
  const asked = await context.analyst.read(await stored(context), { kpi });
  expect(asked.kpis[asked.shown]?.name).toBe(kpi);
});

test("tells of people with two ids how many have seen two alternatives, and what would be said without them", async () => {
  const context = await started([...crowd(0, 200, 20), ...crowd(1, 200, 20)]);
  const { store } = context;
  const link = (one: string, other: string) =>
    linkIds(context, { experiment: NAME, client: one as ClientId, previous: other as ClientId });
  expect((await context.analyst.read(await stored({ store }))).health.conflicts).toBeNull();
  for (let number = 0; number < 12; number += 1) {
    await record(context, NAME, [
      { client: `phone-${number}`, index: 0, day: "2025-02-26" },
      { client: `desk-${number}`, index: 1, day: "2025-02-27" },
    ]);
    await link(`phone-${number}`, `desk-${number}`);
  }
  const { health, report } = await context.analyst.read(await stored({ store }));
  expect(report.arms.map(({ participants }) => participants)).toEqual([212, 200]);
  expect(health.conflicts).toMatchObject({
    participants: 12,
    share: 12 / 412,
    pairs: [{ first: "red", later: "blue", ids: 12 }],
    alarm: false,
    verdictWithout: { kind: expect.any(String) },
  });
  for (let number = 12; number < 30; number += 1) {
    await record(context, NAME, [
      { client: `phone-${number}`, index: 0, day: "2025-02-26" },
      { client: `desk-${number}`, index: 1, day: "2025-02-27" },
    ]);
    await link(`desk-${number}`, `phone-${number}`);
  }
  const after = await context.analyst.read(await stored({ store }));
  expect(after.health.conflicts).toMatchObject({ participants: 30, alarm: true });
  const check = checksOf(after, undefined, undefined).find(({ kind }) => kind === "conflicts");
  expect(check).toMatchObject({ word: "fail", finding: expect.stringContaining("began in red") });
  // Where shares differ, whoever has seen both is missed more in the smaller alternative.
  expect(after.health.conflicts?.verdictWithout).not.toBeNull();
  await setWeights(context, { name: NAME, actor: "ada" }, ["0.6", "0.4"]);
  expect((await context.analyst.read(await stored({ store }))).health.conflicts?.verdictWithout).toBeNull();
});
