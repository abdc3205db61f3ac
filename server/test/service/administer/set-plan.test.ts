import { describe, expect, test, vi } from "vitest";
import { withWeights } from "../../../src/domain/epochs.ts";
import { parseExperimentName } from "../../../src/domain/names.ts";
import type { RawPlan } from "../../../src/domain/parse-plan.ts";
import { reset } from "../../../src/service/administer/acts/ending.ts";
import { setPlan } from "../../../src/service/administer/acts/set-plan.ts";
import * as make from "../../support/make.ts";
import { createExperiment, record } from "../../web/support.ts";

const act = { name: "button", actor: "ann" };
const RAW: RawPlan = { baseline_rate: "5%", minimum_uplift: "0.2", power: "80 %" };

async function planning(alternatives?: readonly string[]): Promise<make.TestContext> {
  const context = make.context();
  await createExperiment(context, "button", alternatives);
  return context;
}

describe("a plan", () => {
  test("gets its size from rate, uplift and power, at the level of the planned look", async () => {
    const { planning: made } = await setPlan(await planning(), act, RAW);
    // The pooled formula at alpha .04 with quantiles of Python's statistics.NormalDist: 2 · 8713.08.
    expect(made.plan?.size).toEqual({ participants: 17_125, baselineRate: 0.05, minimumUplift: 0.2, power: 0.8 });
    expect(made).toMatchObject({ plannedAtParticipants: 0, tuningSize: 17_125 });
    expect(made.plan?.primary).toEqual({ kpi: null, better: "higher", decidesOn: "rate" });
  });

  test("that stands already is told so without a count of the participants", async () => {
    const context = await planning();
    const { version } = await setPlan(context, act, RAW);
    const read = () => Promise.reject(new Error("Expected no count"));
    const store = { ...context.store, tallies: { ...context.store.tallies, read } };
    expect(await setPlan({ ...context, store }, act, RAW)).toMatchObject({ version });
    await expect(setPlan({ ...context, store }, act, { ...RAW, minimum_uplift: "0.3" })).rejects.toThrow("no count");
    await expect(setPlan({ ...context, store }, act, { ...RAW, power: "2" })).rejects.toThrow();
  });

  test("is refused for what a reset made while its data were counted", async () => {
    const context = await planning();
    const { tallies } = context.store;
    const { read } = tallies;
    vi.spyOn(tallies, "read").mockImplementationOnce(async (experiment) => {
      const counted = await read(experiment);
      await reset(context, act);
      return counted;
    });
    await expect(setPlan(context, act, RAW)).rejects.toMatchObject({ code: "edit-conflict" });
    expect((await context.store.definitions.read("button"))?.planning.plan).toBeNull();
  });

  test("tunes the always-valid test for the control and the smallest alternative", async () => {
    const context = await planning(["red", "blue", "green"]);
    const stored = await context.store.definitions.read(parseExperimentName("button"));
    if (stored === undefined) throw new Error("Expected the experiment to exist");
    await context.store.definitions.change(withWeights(stored, [0.5, 0.3, 0.2], make.NOW_MS));
    const { planning: made } = await setPlan(context, act, { ...RAW, participants: "10000" });
    expect(made.tuningSize).toBe(7_000);
  });

  test("names KPIs that nobody reached yet, each in one role", async () => {
    const { planning: made } = await setPlan(await planning(), act, {
      primary: { kpi: "order", better: "higher" },
      secondary: [{ kpi: "" }],
      guardrails: [
        { kpi: "refund", better: "lower", margin: "0.5%" },
        { kpi: "delay", decides_on: "mean", margin: "2" },
      ],
    });
    expect(made.plan).toEqual({
      primary: { kpi: "order", better: "higher", decidesOn: "rate" },
      secondary: [{ kpi: null, better: "higher", decidesOn: "rate" }],
      guardrails: [
        { kpi: "refund", better: "lower", decidesOn: "rate", margin: { kind: "relative", value: 0.005 } },
        { kpi: "delay", better: "higher", decidesOn: "mean", margin: { kind: "absolute", value: 2 } },
      ],
      size: null,
    });
    expect(made.tuningSize).toBe(10_000);
  });

  test("bounds rolling back in vain for the experiment, or for each guardrail where that is chosen", async () => {
    const context = await planning();
    const { planning: together } = await setPlan(context, act, { ...RAW, roll_back: "experiment" });
    expect(together.plan?.rollBack).toBeUndefined();
    const { planning: alone } = await setPlan(context, act, { ...RAW, roll_back: "each" });
    expect(alone.plan?.rollBack).toBe("each");
    await expect(setPlan(context, act, { ...RAW, roll_back: "never" })).rejects.toMatchObject({
      code: "invalid-plan",
      detail: expect.stringContaining("roll_back"),
    });
  });

  test("is one entry in the activity log, and none when it changes nothing", async () => {
    const context = await planning();
    await setPlan(context, act, RAW);
    await setPlan(context, act, RAW);
    await setPlan(context, act, null);
    const log = await context.store.activity.read({ limit: 10 });
    expect(log.map(({ action, actor }) => [action, actor])).toEqual([
      ["clear-plan", "ann"],
      ["set-plan", "ann"],
    ]);
  });

  test("is kept over a reset, and then comes before the first participant", async () => {
    const context = await planning();
    await record(context, "button", [{ client: "early", index: 0 }]);
    await setPlan(context, act, RAW);
    const { planning: made, noticed } = await reset(context, act);
    expect(made).toMatchObject({ plannedAtParticipants: 0, tuningSize: 17_125 });
    expect(noticed.finalLook).toBeNull();
    expect(made.plan?.size?.participants).toBe(17_125);
  });

  test("that makes another KPI decide, once people reached one, counts it as chosen among all that they reached", async () => {
    const crowd = (kpis: readonly string[], size: number) =>
      Array.from({ length: size }, (_, at) => ({ client: `${kpis.join()}${at}`, index: at % 2, converts: kpis }));
    const context = await planning();
    await record(context, "button", crowd(["visit", "order"], 19));
    const ordered = { primary: { kpi: "order" } };
    expect((await setPlan(context, act, ordered)).planning.chosenAmong).toBeUndefined();
    await record(context, "button", crowd(["visit"], 1));
    const { planning: changed } = await setPlan(context, act, { primary: { kpi: "visit" } });
    expect(changed.chosenAmong).toBe(2);
    // One that nobody has reached yet was not chosen by its own data, but the others have had their chance.
    await record(context, "button", crowd(["call"], 1));
    expect((await setPlan(context, act, { primary: { kpi: "refund" } })).planning.chosenAmong).toBe(3);
    // It stays so whatever is planned then: what was looked at was looked at.
    expect((await setPlan(context, act, ordered)).planning.chosenAmong).toBe(3);
    expect((await setPlan(context, act, null)).planning.chosenAmong).toBe(3);
    expect((await reset(context, act)).planning.chosenAmong).toBeUndefined();
  });

  test("of the KPI that decided already counts it as chosen by nobody", async () => {
    const context = await planning();
    const crowd = Array.from({ length: 40 }, (_, at) => ({
      client: `${at}`,
      index: at % 2,
      converts: ["visit", "order"],
    }));
    await record(context, "button", crowd);
    expect((await setPlan(context, act, { ...RAW, primary: { kpi: "visit" } })).planning.chosenAmong).toBeUndefined();
    expect((await setPlan(context, act, { primary: { kpi: "visit" } })).planning.chosenAmong).toBeUndefined();
    expect((await setPlan(context, act, null)).planning.chosenAmong).toBeUndefined();
  });

  test.each<[RawPlan, string]>([
    [
      { baseline_rate: "5%" },
      "Expected `baseline_rate` and `minimum_uplift` where a size is planned, got `baseline_rate` alone",
    ],
    [
      { participants: "1400" },
      "Expected `baseline_rate` and `minimum_uplift` where a size is planned, got `participants` alone",
    ],
    [{ ...RAW, baseline_rate: "0" }, 'Expected `baseline_rate` between 0% and 100%, got "0"'],
    [
      { ...RAW, baseline_rate: "five" },
      'Expected `baseline_rate` as a fraction or percentage such as 0.05 or 5%, got "five"',
    ],
    [
      { ...RAW, minimum_uplift: "2000%" },
      "Expected `minimum_uplift` above 0% that leads from 0.05 to a rate between 0 and 1",
    ],
    [{ ...RAW, power: "20%" }, 'Expected `power` from 50% to below 100%, got "20%"'],
    [{ ...RAW, participants: "1.5" }, 'Expected `participants` as a whole number from 2 to 1000000000, got "1.5"'],
    [{ guardrails: [{ kpi: "" }] }, "Expected each KPI in one role, got the default KPI twice"],
    [{ guardrails: [{ kpi: "a", margin: "100%" }] }, 'Expected `margin` above 0 (and below 100%), got "100%"'],
    [{ primary: { better: "more" } }, 'Expected `better of the primary KPI` as one of higher, lower, got "more"'],
    [
      { secondary: Array.from({ length: 20 }, (_, number) => ({ kpi: `k${number}` })) },
      "Expected at most 20 KPIs, got 21",
    ],
  ])("%j is refused with what was expected", async (raw, detail) => {
    await expect(setPlan(await planning(), act, raw)).rejects.toMatchObject({
      code: "invalid-plan",
      detail: expect.stringContaining(detail),
    });
  });
});
