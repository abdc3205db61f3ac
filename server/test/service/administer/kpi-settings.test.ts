import { expect, it } from "vitest";
import { kpiOf } from "../../../src/domain/kpi.ts";
import { parseKpiName } from "../../../src/domain/names.ts";
import { reset } from "../../../src/service/administer/acts/ending.ts";
import { describeKpi } from "../../../src/service/administer/acts/kpi-settings.ts";
import { undo } from "../../../src/service/administer/acts/undo.ts";
import { convert } from "../../../src/service/convert.ts";
import { participate } from "../../../src/service/participate.ts";
import { definitionFault, definitionOfToday } from "../../../src/store/stored-schema.ts";
import * as make from "../../support/make.ts";
import { laterCodeOf } from "../../support/refusal.ts";
import { storedExperiment } from "../../support/store.ts";

const ACT = { name: "service", actor: "ann" };
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
