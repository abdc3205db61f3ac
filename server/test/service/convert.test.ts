import { describe, expect, it, vi } from "vitest";
import { assigned, EXCLUDED } from "../../src/domain/assignment.ts";
import { clientKey, digestOf } from "../../src/domain/digest.ts";
import { reasonOf, SixpackError } from "../../src/domain/errors.ts";
import { withPaused } from "../../src/domain/experiment.ts";
import { withKpi } from "../../src/domain/experiment-kpis.ts";
import { parseClientId, parseKpiName } from "../../src/domain/names.ts";
import type { Day } from "../../src/domain/period.ts";
import { onDay } from "../../src/domain/subset.ts";
import { PARTICIPATION } from "../../src/domain/tally.ts";
import { addKpi } from "../../src/service/administer/acts/counted-kpis.ts";
import { CHANGE_TRIES_MAX } from "../../src/service/change.ts";
import type { ServiceContext } from "../../src/service/context.ts";
import { convert } from "../../src/service/convert.ts";
import { participate } from "../../src/service/participate.ts";
import type { Store } from "../../src/store/store.ts";
import { ModelStore } from "../store/model/model-store.ts";
import * as make from "../support/make.ts";
import { laterCodeOf } from "../support/refusal.ts";
import { StalingStore } from "../support/staling-store.ts";
import { change, storedExperiment, talliesOf } from "../support/store.ts";

const CLIENT = parseClientId("1");

async function contextWithParticipant(store: Store = new ModelStore()): Promise<ServiceContext> {
  const context = make.context({ store });
  const forced = { force: "green", recordForce: true };
  await participate(context, make.request({ alternatives: ["red", "green"], client: CLIENT, ...forced }));
  return context;
}

function ask(context: ServiceContext, wanted?: Parameters<typeof make.conversion>[0]) {
  return convert(context, make.conversion(wanted));
}

async function conversions(context: ServiceContext) {
  return (await talliesOf(context.store, "service")).filter(({ metric }) => metric !== PARTICIPATION);
}

describe("a conversion", () => {
  it("counts for the client's alternative, today where no day is given, with value 0 where none is sent", async () => {
    const context = await contextWithParticipant();
    expect(await ask(context)).toMatchObject({
      kind: "converted",
      alternative: "green",
      experiment: { name: "service" },
    });
    expect(await ask(context, { day: 20_000 as Day, value: 5 })).toMatchObject({ kind: "converted" });
    const assignment = assigned(1);
    expect(await conversions(context)).toEqual([
      { epoch: 0, assignment, metric: 0, subset: onDay(make.DAY), clients: 1, events: 1, sum: 0, squares: 0 },
      { epoch: 0, assignment, metric: 0, subset: onDay(20_000 as Day), clients: 0, events: 1, sum: 5, squares: 25 },
    ]);
  });

  it("counts although the activity log takes no entry of its KPI, and who runs the server hears what that lacks", async () => {
    const unlogged: unknown[] = [];
    const context = make.context({ onUnlogged: (error) => unlogged.push(error) });
    vi.spyOn(context.store.activity, "append").mockRejectedValue(new SixpackError("store-unavailable"));
    await participate(context, make.request({ force: "green", recordForce: true, trafficFraction: 0.5 }));
    await participate(context, make.request({ client: "2", trafficFraction: 0.6 }));
    expect(await ask(context, { kpi: "sales" })).toMatchObject({ kind: "converted", alternative: "green" });
    expect(unlogged.map(reasonOf)).toEqual(
      ["make", "set-traffic", "add-kpi"].map((action) => expect.stringContaining(`"action":"${action}"`)),
    );
  });

  it("counts for a KPI that another process has just declared, where calls make none", async () => {
    const context = await contextWithParticipant();
    const before = await storedExperiment(context.store, "service");
    await addKpi(context, { name: "service", actor: "ann" }, "sales");
    vi.spyOn(context.store.peek, "experiment").mockReturnValueOnce(before);
    expect(await ask(context, { kpi: "sales", caller: make.stranger("kpis") })).toMatchObject({ kind: "converted" });
    expect(await conversions(context)).toMatchObject([{ metric: 1, clients: 1 }]);
  });

  it("makes no KPI for a client who was left out", async () => {
    const context = await contextWithParticipant();
    const experiment = await storedExperiment(context.store, "service");
    const client = clientKey(digestOf(experiment.name, parseClientId("out")));
    await context.store.records.participate({ experiment, client, proposal: EXCLUDED, day: make.DAY });
    expect(await laterCodeOf(() => ask(context, { client: "out", kpi: "sales" }))).toBe("not-participating");
    expect((await storedExperiment(context.store, "service")).kpis).toHaveLength(1);
  });

  it("makes a KPI by its first conversion, once, however many come at once", async () => {
    const context = await contextWithParticipant();
    await Promise.all(Array.from({ length: 50 }, () => ask(context, { kpi: "sales" })));
    expect(await storedExperiment(context.store, "service")).toMatchObject({
      kpis: [{ name: null }, { name: "sales" }],
      version: 2,
    });
    expect(await conversions(context)).toMatchObject([{ metric: 1, clients: 1, events: 50 }]);
  });

  it("reaches a KPI that is stored under a name that would be refused today", async () => {
    const context = await contextWithParticipant();
    await change(context.store, "service", (experiment) =>
      withKpi(experiment, "Old KPI!" as ReturnType<typeof parseKpiName>),
    );
    expect(await ask(context, { kpi: "Old KPI!" })).toMatchObject({ kind: "converted" });
    expect(await laterCodeOf(() => ask(context, { kpi: "New KPI!" }))).toBe("invalid-kpi-name");
  });

  it("of a robot or an ignored address is filtered before anything is looked up", async () => {
    const context = make.context();
    expect(await ask(context, { userAgent: "Googlebot/2.1" })).toEqual({ kind: "filtered" });
    expect(await ask(context, { address: "10.0.0.7" })).toEqual({ kind: "filtered" });
  });

  it("on a server that is switched off is answered by the control and not counted", async () => {
    const context = await contextWithParticipant();
    const off: ServiceContext = { ...context, settings: { ...context.settings, enabled: false } };
    expect(await ask(off, { kpi: "sales" })).toMatchObject({ kind: "converted", alternative: "red" });
    expect(await conversions(context)).toEqual([]);
    expect(await laterCodeOf(() => ask(off, { experiment: "unknown" }))).toBe("unknown-experiment");
  });

  it("of a stranger is refused, and makes no KPI", async () => {
    const context = await contextWithParticipant();
    for (const kpi of [null, "sales"]) {
      expect(await laterCodeOf(() => ask(context, { client: parseClientId("stranger"), kpi }))).toBe(
        "not-participating",
      );
    }
    expect(await storedExperiment(context.store, "service")).toMatchObject({ kpis: [{ name: null }], version: 1 });
  });
});

describe("a definition that changes between decision and record", () => {
  it("is read again and decided on again: a pause that came in between holds", async () => {
    const store = new StalingStore(async (tries, inner) => {
      // The first record is the make.request.
      if (tries === 1) await change(inner, "service", (experiment) => withPaused(experiment, true));
    });
    const context = await contextWithParticipant(store);
    expect(await laterCodeOf(() => ask(context))).toBe("experiment-paused");
    expect(await conversions(context)).toEqual([]);
  });

  it("is unknown where it was deleted in between", async () => {
    const store = new StalingStore(async (tries, inner) => {
      if (tries === 1) await inner.lives.remove(await storedExperiment(inner, "service"), 0, undefined);
    });
    const context = await contextWithParticipant(store);
    expect(await laterCodeOf(() => ask(context))).toBe("unknown-experiment");
  });

  it("is given up as busy when it never rests", async () => {
    const store = new StalingStore(async (tries, inner) => {
      if (tries > 0)
        await change(inner, "service", (experiment) => ({ ...experiment, description: `change ${tries}` }));
    });
    const context = await contextWithParticipant(store);
    expect(await laterCodeOf(() => ask(context))).toBe("experiment-busy");
    // One try more than the participation's.
    expect(store.tries).toBe(CHANGE_TRIES_MAX + 1);
    expect(await conversions(context)).toEqual([]);
  });

  it("counts in the end when it changed only for a while", async () => {
    const store = new StalingStore(async (tries, inner) => {
      if (tries > 0 && tries < 5)
        await change(inner, "service", (experiment) => withKpi(experiment, parseKpiName(`kpi-${tries}`)));
    });
    const context = await contextWithParticipant(store);
    expect(await ask(context)).toMatchObject({
      kind: "converted",
      experiment: { kpis: [null, "kpi-1", "kpi-2", "kpi-3", "kpi-4"].map((name) => ({ name })) },
    });
    expect(await conversions(context)).toMatchObject([{ metric: 0, clients: 1, events: 1 }]);
  });
});
