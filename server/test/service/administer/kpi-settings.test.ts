import { expect, it, vi } from "vitest";
import { kpiOf } from "../../../src/domain/kpi.ts";
import { parseKpiName } from "../../../src/domain/names.ts";
import { PARTICIPATION } from "../../../src/domain/tally.ts";
import { DAY_MS } from "../../../src/lib/time.ts";
import { reset } from "../../../src/service/administer/acts/ending.ts";
import { describeKpi } from "../../../src/service/administer/acts/kpi-settings.ts";
import { undo } from "../../../src/service/administer/acts/undo.ts";
import { forgetClient } from "../../../src/service/administer/forget.ts";
import { capReport } from "../../../src/service/analysis/cap-report.ts";
import { convert } from "../../../src/service/convert.ts";
import { participate } from "../../../src/service/participate.ts";
import { exportClientsCsv } from "../../../src/service/report/clients-csv.ts";
import { studentCritical } from "../../../src/stats/distributions.ts";
import { definitionFault, definitionOfToday } from "../../../src/store/stored-schema.ts";
import * as make from "../../support/make.ts";
import { laterCodeOf } from "../../support/refusal.ts";
import { storedExperiment } from "../../support/store.ts";

const ACT = { name: "service", actor: "ann" };
async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const piece of pieces) text += piece;
  return text;
}

const REVENUE = parseKpiName("revenue");

async function served() {
  const context = make.context();
  await participate(context, make.request());
  const stored = () => storedExperiment(context.store, "service");
  const send = (kpi: string | null, value: number | undefined) => convert(context, make.conversion({ kpi, value }));
  return { context, stored, send };
}

it("counts values from the first one on, and stays with what a person says", async () => {
  const { context, stored, send } = await served();
  await send("revenue", 12);
  await send("signup", undefined);
  await context.analyst.read(await stored());
  expect((await stored()).kpis).toEqual([{ name: null }, { name: "revenue", counts: "value" }, { name: "signup" }]);
  await describeKpi(context, ACT, "signup", { counts: "rate" });
  await describeKpi(context, ACT, "revenue", { counts: "rate" });
  await send("signup", 3);
  await context.analyst.watchSplits();
  expect((await stored()).kpis.map(({ counts }) => counts)).toEqual([undefined, "rate", "rate"]);
  expect(kpiOf(await stored(), REVENUE).decidesOn).toBe("rate");
});

it("is described before anybody reached it, with a unit, over a reset, and until that is undone", async () => {
  const { context, stored } = await served();
  await describeKpi(context, ACT, "revenue", { label: "Revenue (€)", counts: "value", better: "lower" });
  const revenue = { label: "Revenue", unit: "€", counts: "value", decidesOn: "mean", better: "lower", number: 1 };
  expect(kpiOf(await stored(), REVENUE)).toMatchObject(revenue);
  await reset(context, ACT);
  expect(kpiOf(await stored(), REVENUE)).toMatchObject(revenue);
  await describeKpi(context, ACT, "revenue", { label: "" });
  expect(kpiOf(await stored(), REVENUE)).toMatchObject({ ...revenue, label: "revenue", unit: null });
  const [entry] = await context.store.activity.read({ limit: 1 });
  await undo(context, ACT, entry ?? { atMs: 0, action: "" });
  expect(kpiOf(await stored(), REVENUE)).toMatchObject(revenue);
});

it("is refused what it can't be", async () => {
  const { context } = await served();
  for (const settings of [
    { counts: "median" },
    { better: "more" },
    { label: "two\nlines" },
    { label: "x".repeat(81) },
    ...["0", "-3", "p95", "1e999", "4 €"].map((cap) => ({ cap })),
    ...["-1", "1.5", "3651", "week"].map((windowDays) => ({ windowDays })),
  ]) {
    expect(await laterCodeOf(() => describeKpi(context, ACT, "revenue", settings))).toBe("invalid-form");
  }
  expect(await laterCodeOf(() => describeKpi(context, ACT, "no name", {}))).toBe("invalid-kpi-name");
});

it("is read from definitions that had names of KPIs only", async () => {
  const { kpis: _, ...rest } = await (await served()).stored();
  const old = { ...rest, kpis: ["revenue", "spam"], droppedKpis: ["spam"] };
  const today = definitionOfToday(old);
  expect(definitionFault(today)).toBeUndefined();
  expect(today).toEqual({ ...rest, kpis: [{ name: null }, { name: "revenue" }, { name: "spam", dropped: true }] });
});

it("keeps a cap and a window over a reset, and says where values had come when the cap was set", async () => {
  const { context, stored, send } = await served();
  const kpi = async () => (await stored()).kpis[1];
  await describeKpi(context, ACT, "revenue", { cap: "400", windowDays: "7" });
  expect(await kpi()).toEqual({ name: "revenue", cap: { amount: 400 }, windowDays: 7 });
  await send("revenue", 12);
  await describeKpi(context, ACT, "revenue", { cap: "400.0", label: "Revenue" });
  expect(await kpi()).toMatchObject({ cap: { amount: 400 } });
  await describeKpi(context, ACT, "revenue", { cap: "10" });
  expect(await kpi()).toMatchObject({ cap: { amount: 10, late: true } });
  await reset(context, ACT);
  expect(await kpi()).toEqual({ name: "revenue", label: "Revenue", cap: { amount: 10 }, windowDays: 7 });
  await describeKpi(context, ACT, "revenue", { cap: "", windowDays: "" });
  expect(await kpi()).toEqual({ name: "revenue", label: "Revenue" });
});

it("calls a cap late where values came before it: of its own KPI, and in its own life", async () => {
  const { context, stored, send } = await served();
  const capOf = async () => (await stored()).kpis[1]?.cap;
  const { tallies } = context.store;
  const read = tallies.read;
  await describeKpi(context, ACT, "revenue", { label: "Revenue" });
  await send("signup", 3);
  await describeKpi(context, ACT, "revenue", { cap: "10" });
  expect(await capOf()).toEqual({ amount: 10 });
  // Somebody else sets it, then values come, and only then it is seen that they have.
  vi.spyOn(tallies, "read").mockImplementationOnce(async (experiment) => {
    await describeKpi(context, ACT, "revenue", { cap: "20" });
    await send("revenue", 12);
    return read(experiment);
  });
  await describeKpi(context, ACT, "revenue", { cap: "20" });
  expect(await capOf()).toEqual({ amount: 20 });
  vi.spyOn(tallies, "read").mockImplementationOnce(async (experiment) => {
    const seen = await read(experiment);
    await reset(context, ACT);
    return seen;
  });
  await describeKpi(context, ACT, "revenue", { cap: "30" });
  expect(await capOf()).toEqual({ amount: 30 });
});

it("calls a cap of the default KPI late, too, where values came before it, and not once those are forgotten", async () => {
  const { context, stored } = await served();
  const capOf = async () => (await stored()).kpis[0]?.cap;
  await convert(context, make.conversion({ value: 9 }));
  await describeKpi(context, ACT, "", { cap: "10" });
  expect(await capOf()).toEqual({ amount: 10, late: true });
  await forgetClient(context, make.conversion().client, "ann");
  await describeKpi(context, ACT, "", { cap: "20" });
  expect(await capOf()).toEqual({ amount: 20 });
});

it("leaves a conversion after its window uncounted, and answers it as any other", async () => {
  const { context, stored, send } = await served();
  await describeKpi(context, ACT, "revenue", { windowDays: "0" });
  const later = make.context({ store: context.store, clock: make.clock(() => make.NOW_MS + DAY_MS) });
  expect(await convert(later, make.conversion({ kpi: "revenue", value: 9 }))).toMatchObject({ kind: "converted" });
  expect((await context.store.tallies.read(await stored())).filter(({ metric }) => metric !== -1)).toEqual([]);
  expect(await send("revenue", 9)).toMatchObject({ kind: "converted" });
});

it("shows capped means, whom the cap reached, and the means as values came", async () => {
  const { context, stored } = await served();
  for (const [client, value] of [
    ["a", 5],
    ["b", 50],
    ["c", 1_000],
  ] as const) {
    await participate(context, make.request({ client, force: "red" }));
    await participate(context, make.request({ client }));
    await convert(context, make.conversion({ client, kpi: "revenue", value }));
  }
  await describeKpi(context, ACT, "revenue", { cap: "100" });
  const counts = await context.analyst.counts(await stored());
  expect(counts.total(1)).toMatchObject({ clients: 3, events: 3, sum: 155, squares: 25 + 2_500 + 10_000 });
  const report = capReport(await stored(), counts, kpiOf(await stored(), REVENUE));
  expect(report).toMatchObject({ amount: 100, p99: false, late: true, above: 1, participants: 4 });
  const raw = (await stored()).alternatives.map((_, index) => counts.total(PARTICIPATION, index).clients);
  expect(report?.rawMeans.reduce((sum: number, mean, index) => sum + (mean ?? 0) * (raw[index] ?? 0), 0)).toBeCloseTo(
    1_055,
    9,
  );
});

it("has capped figures and averages that a recount of the clients' file gives again, to 1e-9", async () => {
  const { context, stored } = await served();
  const { store } = context;
  for (let number = 0; number < 300; number += 1) {
    const client = `c${number}`;
    await participate(context, make.request({ client }));
    // From a few cents to thousands, up to three times each.
    for (let again = 0; again < number % 4; again += 1) {
      await convert(context, make.conversion({ client, kpi: "revenue", value: Math.exp((number % 17) / 2) / 3 - 0.1 }));
    }
  }
  await describeKpi(context, ACT, "revenue", { cap: "p99" });
  const experiment = await stored();
  const [head = "", ...rows] = (await textOf(await exportClientsCsv(store, experiment))).trimEnd().split("\r\n");
  const column = (name: string) => head.split(",").indexOf(name);
  const cells = rows.map((row) => row.split(","));
  const counts = await context.analyst.counts(experiment);
  const report = capReport(experiment, counts, kpiOf(experiment, REVENUE));
  const cap = report?.amount ?? 0;
  expect(cap).toBeGreaterThan(0);
  const total = (row: readonly string[]) => Number(row[column("revenue:total")] || 0);
  const events = (row: readonly string[]) => Number(row[column("revenue:events")] || 0);
  const [outcome] = (await context.analyst.read(experiment)).report.kpis;
  const averages = outcome?.kind === "analysed" ? (outcome.averages ?? []) : [];
  expect(report?.above).toBe(cells.filter((row) => total(row) > cap).length);
  for (const [index, { name }] of experiment.alternatives.entries()) {
    const own = cells.filter((row) => row[column("alternative")] === name);
    const sumOf = (figure: (row: readonly string[]) => number) => own.reduce((sum, row) => sum + figure(row), 0);
    const { sum, squares } = counts.total(1, index);
    const capped = (row: readonly string[]) => Math.min(total(row), cap);
    expect(Math.abs(sum / sumOf(capped) - 1)).toBeLessThan(1e-9);
    expect(Math.abs(squares / sumOf((row) => capped(row) ** 2) - 1)).toBeLessThan(1e-9);
    expect(Math.abs((report?.rawMeans[index] ?? 0) / (sumOf(total) / own.length) - 1)).toBeLessThan(1e-9);
    const average = sumOf(total) / sumOf(events);
    const reached = own.filter((row) => events(row) > 0).length;
    const spread = sumOf((row) => (total(row) - average * events(row)) ** 2) * (reached / (reached - 1));
    const half = (studentCritical(0.05, reached - 1) * Math.sqrt(spread)) / sumOf(events);
    const { average: shown = 0, averageInterval } = averages[index] ?? {};
    expect(Math.abs((shown ?? 0) / average - 1)).toBeLessThan(1e-9);
    expect(Math.abs((averageInterval?.upper ?? 0) / (average + half) - 1)).toBeLessThan(1e-9);
  }
});

it("counts events per participant where a person says so, also those that came before, up to a cap", async () => {
  const { context, stored } = await served();
  for (let number = 0; number < 12; number += 1) {
    await participate(context, make.request({ client: `c${number}` }));
    for (let again = 0; again < number % 4; again += 1) {
      await convert(context, make.conversion({ client: `c${number}`, kpi: "clicks", value: undefined }));
    }
  }
  const figures = async () => {
    const counts = await context.analyst.counts(await stored());
    const { clients, events, sum, squares } = counts.total(1);
    return { clients, events, sum, squares };
  };
  expect(await figures()).toEqual({ clients: 9, events: 18, sum: 0, squares: 0 });
  await describeKpi(context, ACT, "clicks", { counts: "events" });
  expect(kpiOf(await stored(), parseKpiName("clicks")).decidesOn).toBe("mean");
  // Three clients each with 1, 2 and 3.
  expect(await figures()).toEqual({ clients: 9, events: 18, sum: 18, squares: 3 * (1 + 4 + 9) });
  await convert(context, make.conversion({ client: "c3", kpi: "clicks", value: 5 }));
  expect(await figures()).toEqual({ clients: 9, events: 19, sum: 19, squares: 3 * (1 + 4 + 9) - 9 + 16 });
  await describeKpi(context, ACT, "clicks", { cap: "2" });
  expect(await figures()).toEqual({ clients: 9, events: 19, sum: 3 * (1 + 2 + 2), squares: 3 * (1 + 4 + 4) });
  const report = capReport(
    await stored(),
    await context.analyst.counts(await stored()),
    kpiOf(await stored(), parseKpiName("clicks")),
  );
  expect(report).toMatchObject({ amount: 2, above: 3, late: true });
  await describeKpi(context, ACT, "clicks", { counts: "value", cap: "" });
  expect(await figures()).toEqual({ clients: 9, events: 19, sum: 5, squares: 25 });
});

it("gets no other cap where the records are gone", async () => {
  const { context, stored } = await served();
  await describeKpi(context, ACT, "revenue", { cap: "10" });
  const experiment = await stored();
  await context.store.definitions.change({ ...experiment, archived: true, compacted: true });
  expect(await laterCodeOf(() => describeKpi(context, ACT, "revenue", { cap: "20" }))).toBe("invalid-form");
  await describeKpi(context, ACT, "revenue", { label: "Orders" });
  expect((await stored()).kpis[1]).toMatchObject({ label: "Orders", cap: { amount: 10 } });
});
