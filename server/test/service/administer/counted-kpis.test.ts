import { describe, expect, it } from "vitest";
import { droppedKpis, withKpi } from "../../../src/domain/experiment-kpis.ts";
import { kpisOf } from "../../../src/domain/kpi.ts";
import { KPI_NUMBERS_MAX, KPIS_MAX, parseKpiName } from "../../../src/domain/names.ts";
import { addKpi, dropKpi } from "../../../src/service/administer/acts/counted-kpis.ts";
import { setPlan } from "../../../src/service/administer/acts/set-plan.ts";
import { undo } from "../../../src/service/administer/acts/undo.ts";
import type { ServiceContext } from "../../../src/service/context.ts";
import { convert } from "../../../src/service/convert.ts";
import { participate } from "../../../src/service/participate.ts";
import * as make from "../../support/make.ts";
import { laterCodeOf } from "../../support/refusal.ts";
import { change, storedExperiment, talliesOf } from "../../support/store.ts";

const ACT = { name: "service", actor: "ann" };
async function contextWithKpis(...kpis: readonly string[]): Promise<ServiceContext> {
  const context = make.context();
  await participate(context, make.request());
  for (const kpi of kpis) await convert(context, make.conversion({ kpi, value: 2 }));
  return context;
}

const names = async (context: ServiceContext) =>
  kpisOf(await storedExperiment(context.store, "service")).map(({ name, number }) => [name, number]);

describe("a KPI that a person drops", () => {
  it("is neither shown nor counted, whoever sends it, and the others keep their numbers", async () => {
    const context = await contextWithKpis("spam", "sales");
    await dropKpi(context, ACT, "spam");
    expect(await names(context)).toEqual([
      [null, 0],
      ["sales", 2],
    ]);
    const tallies = await talliesOf(context.store, "service");
    expect(await laterCodeOf(() => convert(context, make.conversion({ kpi: "spam", value: 2 })))).toBe(
      "undeclared-kpi",
    );
    expect((await convert(context, make.conversion({ kpi: "sales", value: 2 }))).kind).toBe("converted");
    const spam = (metric: number) => tallies.filter((tally) => tally.metric === metric);
    expect(spam(1)).toMatchObject([{ clients: 1, events: 1 }]);
  });

  it("comes back with what it counted, by undo, by being added, and by a plan that names it", async () => {
    for (const back of [
      async (context: ServiceContext) => {
        const [entry] = await context.store.activity.read({ limit: 1 });
        await undo(context, ACT, entry ?? { atMs: 0, action: "" });
      },
      (context: ServiceContext) => addKpi(context, ACT, "spam"),
      (context: ServiceContext) => setPlan(context, ACT, { primary: { kpi: "spam" } }),
    ]) {
      const context = await contextWithKpis("spam");
      await dropKpi(context, ACT, "spam");
      await back(context);
      expect(droppedKpis(await storedExperiment(context.store, "service"))).toEqual([]);
      expect((await convert(context, make.conversion({ kpi: "spam", value: 2 }))).kind).toBe("converted");
    }
  });

  it("is refused where there is none, or the plan names it", async () => {
    const context = await contextWithKpis("sales");
    expect(await laterCodeOf(() => dropKpi(context, ACT, "nothing"))).toBe("unknown-kpi");
    await setPlan(context, ACT, { primary: { kpi: "sales" } });
    expect(await laterCodeOf(() => dropKpi(context, ACT, "sales"))).toBe("kpi-planned");
  });

  it("makes room for another one, but not for ever", async () => {
    const context = await contextWithKpis();
    for (let number = 0; number < KPI_NUMBERS_MAX; number += 1) {
      await change(context.store, "service", (stored) => withKpi(stored, parseKpiName(`k${number}`)));
      if (number >= KPIS_MAX - 1) await dropKpi(context, ACT, `k${number}`);
    }
    expect(await laterCodeOf(() => addKpi(context, ACT, "another"))).toBe("too-many-kpis");
    await addKpi(context, ACT, `k${KPI_NUMBERS_MAX - 1}`);
    expect(await laterCodeOf(() => addKpi(context, ACT, `k${KPI_NUMBERS_MAX - 2}`))).toBe("too-many-kpis");
  });
});
