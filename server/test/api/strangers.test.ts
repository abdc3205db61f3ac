/** A stranger with every argument that the API takes, on an open server, against an experiment that was declared. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ARGUMENTS } from "../../src/api/arguments.ts";
import { NAMED_ROUTES, ROUTES } from "../../src/api/paths.ts";
import { callerReader, requestCharge } from "../../src/cli/wiring-callers.ts";
import { setPlan } from "../../src/service/administer/acts/set-plan.ts";
import { declare } from "../../src/service/administer/declare.ts";
import { experimentJson } from "../../src/service/report/report-json.ts";
import { type Api, query, startApi } from "../support/api.ts";
import { configOf } from "../support/config.ts";
import * as make from "../support/make.ts";
import { storedExperiment } from "../support/store.ts";
import { crowd, record } from "../web/support.ts";

const ACT = { name: "checkout", actor: "ann" };
const ASKED = { kpi: undefined, period: undefined, baseline: undefined, from: undefined, to: undefined };

/** What a stranger tries for each argument: a new row of the table needs its own here. */
const TRIES: Readonly<Record<keyof typeof ARGUMENTS | "segment.device" | "segment.x", readonly string[]>> = {
  experiment: ["checkout", "invented", "checkout "],
  client_id: ["stranger", "0-2025-02-24-1"],
  previous_id: ["0-2025-02-24-1", "stranger"],
  alternatives: ["a", "b", "c"],
  force: ["b", "a", "nobody"],
  record_force: ["true"],
  prefetch: ["true"],
  traffic_fraction: ["0.0000001", "0.5"],
  traffic_dist: ["1"],
  weights: ["1,0", "0,1"],
  covariate: ["3"],
  kpi: ["signup", "spam", "__proto__"],
  value: ["1", "-1"],
  id: ["x"],
  explain: ["true"],
  user_agent: ["Googlebot", "Firefox"],
  ip_address: ["127.0.0.1", "10.0.0.7"],
  datetime: ["1970-01-01", "2149-06-06", "2025-02-27", "2025-02-28", "2025-03-02", "2025-03-03"],
  callback: ["f"],
  "segment.device": ["phone", "nobody"],
  "segment.x": ["y"],
};

const VERBS = ["participate", "convert", "link"] as const;

let api: Api;
const config = configOf({ open: "true", requests_per_second: "1000000" });
const context = make.context({ findsValues: !config.open });
beforeAll(async () => {
  api = await startApi({
    store: context.store,
    ...requestCharge(config, () => make.NOW_MS),
    callerOf: callerReader(config),
  });
});
afterAll(() => api.close());

/** Every way to say a call: each argument with each try on top of a sound call, and of one that sends much. */
function calls(): { readonly verb: (typeof VERBS)[number]; readonly args: Record<string, string | string[]> }[] {
  const sound = {
    participate: { experiment: "checkout", alternatives: ["a", "b"], client_id: "stranger" },
    convert: { experiment: "checkout", client_id: "stranger" },
    // The id of somebody who takes part, and one of a person who took part as another.
    link: { client_id: "0-2025-02-24-1", previous_id: "1-2025-02-24-1" },
  };
  return Object.entries(TRIES).flatMap(([name, tries]) =>
    tries.flatMap((text) =>
      VERBS.flatMap((verb) => {
        const args = { ...sound[verb], [name]: text };
        const everything = {
          ...sound[verb],
          force: "b",
          record_force: "true",
          weights: "1,0",
          traffic_fraction: "0.1",
        };
        return [
          { verb, args },
          { verb, args: { ...everything, [name]: text } },
        ];
      }),
    ),
  );
}

describe("a stranger on an open server", () => {
  it("leaves a declared experiment and its verdict as they were, whatever arguments it sends", async () => {
    await declare(context, ACT, {
      alternatives: ["a", "b"],
      weights: undefined,
      trafficFraction: undefined,
      kpis: ["signup"],
    });
    for (const day of ["20", "21", "22", "23", "24", "25", "26", "27", "28"].map((date) => `2025-02-${date}`)) {
      await record(context, "checkout", [...crowd(0, 100, 10, day), ...crowd(1, 100, 40, day)]);
    }
    const state = async () => {
      const experiment = await storedExperiment(context.store, "checkout");
      const report: object = (await experimentJson(context, "checkout", ASKED)).report;
      const { verdict } = report as { readonly verdict?: { readonly kind: string } };
      return { experiment, verdict: verdict?.kind, log: await context.store.activity.read({ limit: 99 }) };
    };
    // The first look settles the KPI that decides.
    await state();
    const before = await state();
    expect(before.verdict).toBe("ship");
    const all = calls();
    expect(all.length).toBeGreaterThan(100);
    for (const { verb, args } of all) {
      for (const reply of [
        await api.get(`/${verb}?${query(args)}`),
        await api.post(`/${verb}`, args),
        await api.post(`/${verb}`, query(args)),
        await api.post("/batch", { calls: [{ [verb]: args }] }),
      ]) {
        expect([args, reply.status < 500]).toEqual([args, true]);
      }
    }
    // With all that a context can hold, under the names of arguments, too.
    const tries = Object.fromEntries(Object.entries(TRIES).map(([name, [first]]) => [name, first]));
    const visitor = { ...tries, targetingKey: "stranger", sixpackRecord: true };
    const event = { context: visitor, trackingEventName: "spam", trackingEventDetails: { value: 1, id: "x" } };
    const paths = [...Object.keys(ROUTES), ...Object.keys(NAMED_ROUTES).map((path) => `${path}checkout`)];
    for (const path of paths) {
      const replies = [await api.get(`${path}?${query(tries)}`), await api.post(path, { ...tries, ...event })];
      for (const { status } of replies) expect([path, status < 500]).toEqual([path, true]);
    }
    expect(await state()).toEqual(before);
    expect((await context.store.definitions.list()).map(({ name }) => name)).toEqual(["checkout"]);
    const days = (await context.store.tallies.read(before.experiment)).flatMap(({ subset }) =>
      "day" in subset ? [subset.day] : [],
    );
    // Yesterday and tomorrow are anybody's: a visitor's clock, and a call that came late.
    expect(Math.max(...days) - make.DAY).toBe(1);
    expect(make.DAY - Math.min(...days)).toBe(9);
    expect(api.defects).toEqual([]);
  });

  it("hears nothing of why, and nothing of what was recorded of a client", async () => {
    const call = query({ experiment: "checkout", alternatives: ["a", "b"], client_id: "stranger", explain: "true" });
    const reply = await api.get(`/participate?${call}`);
    expect([reply.status, reply.json]).toMatchObject([403, { code: "reserved-argument" }]);
    expect(reply.text).not.toContain("explanation");
  });

  it("can't have a young experiment decided by values in place of rates", async () => {
    const young = { name: "young", actor: "ann" };
    const declaration = { alternatives: ["a", "b"], weights: undefined, trafficFraction: undefined };
    await declare(context, young, { ...declaration, kpis: ["signup", "revenue:value"] });
    const before = (await storedExperiment(context.store, "young")).kpis;
    const visit = { experiment: "young", alternatives: ["a", "b"], client_id: "stranger" };
    expect((await api.get(`/participate?${query(visit)}`)).status).toBe(200);
    for (const kpi of [{}, { kpi: "signup" }, { kpi: "revenue" }]) {
      const sent = { experiment: "young", client_id: "stranger", value: "5", ...kpi };
      expect((await api.get(`/convert?${query(sent)}`)).status).toBe(200);
    }
    await experimentJson(context, "young", ASKED);
    await context.analyst.watchSplits();
    expect((await storedExperiment(context.store, "young")).kpis).toEqual(before);
  });

  it("may reach a KPI of the plan, which is declared by it", async () => {
    await setPlan(context, ACT, { primary: { kpi: "planned" } });
    const args = { experiment: "checkout", client_id: "stranger", kpi: "planned" };
    expect((await api.get(`/convert?${query(args)}`)).status).toBe(200);
    expect(await context.store.activity.read({ limit: 1 })).toMatchObject([
      { actor: "api", action: "add-kpi", after: "planned" },
    ]);
  });
});
