/** `/participate` over HTTP: what each optional argument does. */
import { describe, expect, it } from "vitest";
import { SEGMENTS_MAX } from "../../src/api/limits.ts";
import { clientKey, digestOf } from "../../src/domain/digest.ts";
import type { ClientId } from "../../src/domain/names.ts";
import { parseDimensions } from "../../src/domain/segments.ts";
import { query, sharedApi } from "../support/api.ts";
import * as make from "../support/make.ts";
import { change, participantsOf, storedExperiment, talliesOf } from "../support/store.ts";

const api = sharedApi();

const ALTERNATIVES = ["red", "green", "blue"];

function participate(experiment: string, further: Parameters<typeof query>[0] = {}) {
  return api.get(`/participate?${query({ experiment, alternatives: ALTERNATIVES, client_id: "1", ...further })}`);
}

const participants = (experiment: string) => participantsOf(api.store, experiment);

describe("the argument", () => {
  it("force answers that alternative and records nothing", async () => {
    const reply = await participate("forced", { force: "blue" });
    expect(reply).toMatchObject({ status: 200, json: { alternative: { name: "blue" } } });
    expect(await participants("forced")).toBe(0);
  });

  it("force of an alternative that doesn't exist is as if it were not there", async () => {
    const unforced = await participate("force-unknown");
    expect((await participate("force-unknown", { force: "pink" })).json).toEqual(unforced.json);
    expect(await participants("force-unknown")).toBe(1);
  });

  it("record_force records the forced alternative for a client that has none", async () => {
    for (const [index, record_force] of ["true", "Yes", "y"].entries()) {
      await participate("record-forced", { client_id: `c${index}`, force: "blue", record_force });
      const later = await participate("record-forced", { client_id: `c${index}` });
      expect(later).toMatchObject({ json: { alternative: { name: "blue" } } });
    }
    expect(await participants("record-forced")).toBe(3);
    await participate("record-forced", { client_id: "no", force: "blue", record_force: "false" });
    expect(await participants("record-forced")).toBe(3);
  });

  it("prefetch answers what the client will get, and records nothing", async () => {
    const prefetched = await participate("prefetched", { prefetch: "true" });
    expect(await participants("prefetched")).toBe(0);
    const assigned = { ...Object(prefetched.json), reason: "assigned" };
    expect(prefetched.json).toEqual({ ...assigned, reason: "prefetched" });
    expect((await participate("prefetched")).json).toEqual(assigned);
    expect((await participate("prefetched", { prefetch: "true" })).json).toEqual(assigned);
    expect(await participants("prefetched")).toBe(1);
  });

  it("traffic_fraction keeps the clients outside away from the count, and shows them the control", async () => {
    for (let client = 0; client < 200; client += 1) {
      await participate("traffic", { client_id: String(client), traffic_fraction: "0.5" });
    }
    const tallies = await talliesOf(api.store, "traffic");
    const excluded = tallies
      .filter(({ assignment }) => assignment.kind === "excluded")
      .reduce((sum, { clients }) => sum + clients, 0);
    // Binomial(200, 0.5): mean 100, standard deviation 7.1; five of them are 35.
    expect(Math.abs(excluded - 100)).toBeLessThan(35);
    expect(await participants("traffic")).toBe(200);
    expect(await api.get("/experiments/traffic")).toMatchObject({
      json: { traffic_fraction: 0.5, excluded_clients: excluded, total_participants: 200 - excluded },
    });
  });

  it("traffic_dist is the same in whole percent, and traffic_fraction counts before it", async () => {
    await participate("percent", { traffic_dist: "25" });
    expect(await api.get("/experiments/percent")).toMatchObject({ json: { traffic_fraction: 0.25 } });
    await participate("percent", { traffic_dist: "25", traffic_fraction: "0.75" });
    expect(await api.get("/experiments/percent")).toMatchObject({ json: { traffic_fraction: 0.75 } });
  });

  it("weights share out a new experiment's clients, as one list or as one argument each", async () => {
    for (const [name, weights] of [
      ["weights-many", ["0", "0", "7"]],
      ["weights-one", ["0,0,7"]],
    ] as const) {
      const reply = await participate(name, { weights });
      expect(reply).toMatchObject({ status: 200, json: { alternative: { name: "blue" } } });
      expect((await storedExperiment(api.store, name)).epochs).toMatchObject([
        { policy: { kind: "weighted" }, weights: [0, 0, 1] },
      ]);
    }
  });

  it("weights of an experiment that exists change nothing", async () => {
    await participate("weights-late");
    await participate("weights-late", { client_id: "2", weights: ["0", "0", "1"] });
    expect((await storedExperiment(api.store, "weights-late")).epochs).toMatchObject([{ weights: null }]);
  });

  it("user_agent of a robot and ip_address of an ignored address are answered by the control and not counted", async () => {
    await participate("filtered", {
      client_id: "human",
      user_agent: "Mozilla/5.0 Firefox/130.0",
      ip_address: "10.0.0.8",
    });
    for (const further of [{ user_agent: "Googlebot/2.1" }, { ip_address: "10.0.0.7" }]) {
      const reply = await participate("filtered", { client_id: "robot", ...further });
      expect(reply).toMatchObject({ status: 200, json: { alternative: { name: "red" } } });
    }
    expect(await participants("filtered")).toBe(1);
  });

  it("segments are kept as they first came, by every way in", async () => {
    const name = "segmented";
    await participate(name, { client_id: "before" });
    const dimensions = parseDimensions(["plan=free|pro", "device"]);
    await change(api.store, name, (stored) => ({ ...stored, dimensions }));
    const phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) Mobile/15E148 Safari/604.1";
    const call = (client_id: string, further: Readonly<Record<string, unknown>>) => {
      return { experiment: name, alternatives: ALTERNATIVES, client_id, ...further };
    };
    await participate(name, { client_id: "query", "segment.plan": "pro", "segment.colour": "red" });
    await participate(name, { client_id: "query", "segment.plan": "free" });
    // Those of a call beyond the limit are ignored, and of one named twice the first counts.
    const others = Array.from({ length: SEGMENTS_MAX }, (_, index) => [`segment.x${index}`, "y"]);
    const many = new URLSearchParams([...others, ["segment.plan", "pro"]]);
    await api.post("/participate", `${query(call("many", {}))}&${many}`);
    await api.post("/participate", `${query(call("twice", {}))}&segment.plan=free&segment.plan=pro`);
    await api.post("/participate", call("json", { "segment.plan": "free", user_agent: phone }));
    await api.post("/participate", query(call("form", { "segment.plan": "gold" })));
    await api.post("/batch", { calls: [{ participate: call("batch", { "segment.device": "tablet" }) }] });
    const context = { targetingKey: "flag", segment: { plan: "pro" }, "segment.device": "desktop" };
    await api.post(`/ofrep/v1/evaluate/flags/${name}`, { context });
    const experiment = await storedExperiment(api.store, name);
    const segments = async (id: string) => {
      const key = clientKey(digestOf(experiment.name, id as ClientId));
      return (await api.store.records.find(experiment, key))?.segments;
    };
    const ids = ["before", "query", "json", "form", "batch", "flag", "many", "twice"];
    expect(await Promise.all(ids.map(segments))).toEqual([
      ...[undefined, [2, 0], [1, 1], [255, 0], [0, 2], [2, 3]],
      ...[
        [0, 0],
        [1, 0],
      ],
    ]);
    const tallies = await api.store.tallies.read(experiment);
    expect(tallies.filter(({ subset }) => subset.kind === "segment").reduce((sum, one) => sum + one.clients, 0)).toBe(
      14,
    );
  });

  it("a covariate is kept as the first participation sends it, and one that comes later is not taken", async () => {
    const name = "known-before";
    const call = (client_id: string, further: object) => {
      return { experiment: name, alternatives: ALTERNATIVES, client_id, ...further };
    };
    await participate(name, { client_id: "query", covariate: "0.1" });
    await participate(name, { client_id: "query", covariate: "7" });
    await api.post("/participate", call("json", { covariate: -3 }));
    await api.post("/participate", query(call("form", { covariate: "1e12" })));
    await api.post("/batch", { calls: [{ participate: call("batch", { covariate: 0 }) }] });
    await participate(name, { client_id: "late" });
    expect(await participate(name, { client_id: "late", covariate: "5" })).toMatchObject({ status: 200 });
    await participate(name, { client_id: "empty", covariate: "" });
    const experiment = await storedExperiment(api.store, name);
    const ids = ["query", "json", "form", "batch", "late", "empty"];
    const kept = ids.map(async (id) => {
      const key = clientKey(digestOf(experiment.name, id as ClientId));
      return (await api.store.records.find(experiment, key))?.covariate;
    });
    // In single precision, as .1 and 1e12 can't be written in it.
    expect(await Promise.all(kept)).toEqual([0.10000000149011612, -3, 999999995904, 0, undefined, undefined]);
    for (const covariate of ["many", "1e13", "NaN"]) {
      const answer = await participate(name, { client_id: "refused", covariate });
      expect(answer).toMatchObject({ status: 400, json: { code: "invalid-covariate" } });
    }
  });

  it("datetime is the day that counts, as written and in any of its spellings", async () => {
    const spellings = ["2024-12-29", "2024-12-29T23:30:00-08:00", "2024-12-29 00:00", "2024-12-29T10:00:00.123456Z"];
    for (const [index, datetime] of spellings.entries()) {
      expect(await participate("dated", { client_id: String(index), datetime })).toMatchObject({ status: 200 });
    }
    const days = (await talliesOf(api.store, "dated")).map(({ subset }) => "day" in subset && subset.day);
    // 2024-12-29 is day 20,086 since 1970: 54 years, 14 leap days more, and 363 days of 2024 before it. An empty
    // datetime is none: today, 2025-03-01.
    expect(new Set(days)).toEqual(new Set([Date.UTC(2024, 11, 29) / 86_400_000]));
    await participate("dated", { client_id: "today", datetime: "" });
    expect((await talliesOf(api.store, "dated")).map(({ subset }) => "day" in subset && subset.day)).toContain(
      make.DAY,
    );
  });
});
