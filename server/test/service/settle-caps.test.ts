/** Caps that are a percentile: when it is taken, of what, and by whom. */
import { describe, expect, it, vi } from "vitest";
import { type Assignment, assigned, EXCLUDED } from "../../src/domain/assignment.ts";
import { kpiOf } from "../../src/domain/kpi.ts";
import { parseExperimentName, parseKpiName } from "../../src/domain/names.ts";
import type { Day } from "../../src/domain/period.ts";
import { DAY_MS } from "../../src/lib/time.ts";
import { describeKpi } from "../../src/service/administer/acts/kpi-settings.ts";
import { setArchived } from "../../src/service/administer/acts/state.ts";
import { compact } from "../../src/service/administer/compact.ts";
import { capReport } from "../../src/service/analysis/cap-report.ts";
import type { ServiceContext } from "../../src/service/context.ts";
import { convert } from "../../src/service/convert.ts";
import { participate } from "../../src/service/participate.ts";
import { settleCaps } from "../../src/service/settle-caps.ts";
import { client } from "../store/fixtures.ts";
import * as make from "../support/make.ts";
import { storedExperiment } from "../support/store.ts";

const ACT = { name: "service", actor: "ann" };

async function served() {
  const context = make.context();
  await participate(context, make.request());
  const stored = () => storedExperiment(context.store, "service");
  return { context, stored };
}

/** Clients whose totals are 1, 2, and so on. */
async function spend(context: ServiceContext, clients: number): Promise<void> {
  for (let value = 1; value <= clients; value += 1) {
    await participate(context, make.request({ client: `c${value}` }));
    await convert(context, make.conversion({ client: `c${value}`, kpi: "revenue", value }));
  }
}

it("takes the 99th percentile of all alternatives together, once", async () => {
  const { context, stored } = await served();
  await spend(context, 200);
  await describeKpi(context, ACT, "revenue", { cap: "p99" });
  // 198 of 200 totals are at most 198.
  const p99 = { amount: 198, p99: true, late: true };
  expect((await stored()).kpis[1]).toMatchObject({ cap: p99 });
  await convert(context, make.conversion({ client: "c7", kpi: "revenue", value: 1e6 }));
  await describeKpi(context, ACT, "revenue", { cap: "p99" });
  await settleCaps(context, "me");
  expect((await stored()).kpis[1]).toMatchObject({ cap: p99 });
});

describe("a percentile", () => {
  it("is not moved by what a file says of clients that were left out", async () => {
    const context = make.context();
    const { life: _, version: __, ...known } = await make.created(context.store, make.draft());
    const staged = await context.store.transfer.stage({ ...known, name: parseExperimentName("brought") }, make.NOW_MS);
    const record = (number: number, assignment: Assignment) => ({
      ...{ client: client(number), assignment, epoch: 0, day: make.DAY },
      conversions: [{ kpi: 0, day: make.DAY, events: 1, total: number + 1 }],
    });
    const brought = Array.from({ length: 300 }, (_, number) => record(number, number < 100 ? assigned(0) : EXCLUDED));
    await context.store.transfer.loadRecords(staged, brought);
    await context.store.transfer.loadTallies(staged, await context.store.tallies.recount(staged), []);
    await context.store.transfer.publish(staged, make.NOW_MS, false);
    await describeKpi(context, { name: "brought", actor: "ann" }, "", { cap: "p99" });
    expect((await storedExperiment(context.store, "brought")).kpis[0]?.cap).toMatchObject({ amount: 99, p99: true });
  });

  /** Each of 200 clients converts three times, with values that come to its number. */
  async function crowded() {
    const { context, stored } = await served();
    for (let number = 1; number <= 200; number += 1) {
      await participate(context, make.request({ client: `c${number}` }));
      for (const value of [number - 2, 1, 1]) {
        await convert(context, make.conversion({ client: `c${number}`, kpi: "revenue", value }));
      }
    }
    return { context, cap: async () => (await stored()).kpis[1]?.cap };
  }

  it("is of what its KPI counts from then on, where that changes with it", async () => {
    const { context, cap } = await crowded();
    await describeKpi(context, ACT, "revenue", { counts: "events" });
    // Taken back: what it counts is found by itself again.
    await describeKpi(context, ACT, "revenue", { counts: "", cap: "p99" });
    expect(await cap()).toEqual({ amount: 198, p99: true, late: true });
    await describeKpi(context, ACT, "revenue", { counts: "events", cap: "p99" });
    expect(await cap()).toEqual({ amount: 3, p99: true, late: true });
  });

  it("is taken anew, and is late, where only what the KPI counts changes", async () => {
    const { context, cap } = await crowded();
    await describeKpi(context, ACT, "revenue", { cap: "p99" });
    await describeKpi(context, ACT, "revenue", { counts: "events" });
    expect(await cap()).toEqual({ amount: 3, p99: true, late: true });
  });

  it.each(["a person", "the server"])(
    "that %s took is left out if what the KPI counts changed meanwhile",
    async (who) => {
      const { context, cap } = await crowded();
      const { transfer } = context.store;
      const settle = () =>
        who === "a person"
          ? describeKpi(context, ACT, "revenue", { cap: "p99" })
          : settleCaps(make.context({ store: context.store, clock: make.clock(() => make.NOW_MS + 7 * DAY_MS) }), "me");
      if (who === "the server") {
        vi.spyOn(transfer, "exportConverted").mockImplementationOnce(async function* () {});
        await describeKpi(context, ACT, "revenue", { cap: "p99" });
        expect(await cap()).toEqual({ p99: true, late: true });
      }
      const read = transfer.exportConverted;
      vi.spyOn(transfer, "exportConverted").mockImplementationOnce(async function* (...args) {
        yield* read(...args);
        // Somebody is faster than the look at the last client.
        vi.spyOn(transfer, "exportConverted").mockImplementationOnce(async function* () {});
        await describeKpi(context, ACT, "revenue", { counts: "events" });
      });
      await settle();
      expect(await cap()).toEqual({ p99: true, late: true });
    },
  );
});

it("waits with the percentile for a whole week with a hundred totals, and is then not late", async () => {
  const { context, stored } = await served();
  await describeKpi(context, ACT, "revenue", { cap: "p99" });
  await spend(context, 100);
  const at = (days: number) =>
    make.context({ store: context.store, clock: make.clock(() => make.NOW_MS + days * DAY_MS) });
  await settleCaps(at(6), "me");
  expect((await stored()).kpis[1]).toMatchObject({ cap: { p99: true } });
  expect(
    capReport(
      await stored(),
      await context.analyst.counts(await stored()),
      kpiOf(await stored(), parseKpiName("revenue")),
    ),
  ).toEqual({
    ...{ amount: null, p99: true, late: false, above: 0, participants: 101 },
    rawMeans: expect.any(Array),
  });
  await settleCaps(at(7), "me");
  expect((await stored()).kpis[1]).toMatchObject({ cap: { amount: 99, p99: true } });
  expect((await stored()).kpis[1]?.cap).not.toHaveProperty("late");
  const [entry] = await context.store.activity.read({ limit: 1 });
  expect(entry).toMatchObject({
    actor: "server",
    action: "describe-kpi",
    after: expect.stringContaining('"amount":99'),
  });
});

it("is taken by one process for all, and of no experiment whose records were freed", async () => {
  const { context, stored } = await served();
  await describeKpi(context, ACT, "revenue", { cap: "p99" });
  await spend(context, 100);
  const { store } = context;
  const later = make.context({ store, clock: make.clock(() => make.NOW_MS + 7 * DAY_MS) });
  await store.leases.claim("caps", "another process", DAY_MS);
  await settleCaps(later, "me");
  expect((await stored()).kpis[1]?.cap).not.toHaveProperty("amount");
  await store.leases.claim("caps", "another process", 0);
  await setArchived(context, ACT, true);
  await compact(context, ACT);
  expect(await settleCaps(later, "me")).toEqual([]);
  expect(await store.leases.claim("caps", "another process", DAY_MS)).toBe(true);
});

it("takes no week of which one client with a wrong clock tells", async () => {
  const { context, stored } = await served();
  await describeKpi(context, ACT, "revenue", { cap: "p99" });
  await participate(context, make.request({ client: "wrong-clock", day: 0 as Day }));
  await spend(context, 100);
  await settleCaps(context, "me");
  expect((await stored()).kpis[1]).toMatchObject({ cap: { p99: true } });
  expect((await stored()).kpis[1]?.cap).not.toHaveProperty("amount");
});

it("is not taken where 99 of 100 totals come to nothing", async () => {
  const { context, stored } = await served();
  for (let number = 0; number < 100; number += 1) {
    await participate(context, make.request({ client: `c${number}` }));
    await convert(context, make.conversion({ client: `c${number}`, kpi: "refund", value: number === 0 ? 9 : 0 }));
  }
  await describeKpi(context, ACT, "refund", { cap: "p99" });
  expect((await stored()).kpis[1]?.cap).toEqual({ p99: true, late: true });
});

it("looks no records through where the cap stays as it is, or nobody has reached the KPI", async () => {
  const { context } = await served();
  const looks = vi.spyOn(context.store.transfer, "exportConverted");
  await describeKpi(context, ACT, "revenue", { label: "Revenue" });
  await describeKpi(context, ACT, "revenue", { cap: "p99" });
  await convert(context, make.conversion({ kpi: "revenue", value: 3 }));
  await describeKpi(context, ACT, "revenue", { label: "Orders" });
  expect(looks).not.toHaveBeenCalled();
});
