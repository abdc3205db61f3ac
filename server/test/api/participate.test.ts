/** `/participate` over HTTP: every argument, and every message it is refused with. */
import { describe, expect, it } from "vitest";
import { SEGMENTS_MAX } from "../../src/api/limits.ts";
import { clientKey, digestOf } from "../../src/domain/digest.ts";
import type { ClientId } from "../../src/domain/names.ts";
import { parseDimensions } from "../../src/domain/segments.ts";
import { PARTICIPATION } from "../../src/domain/tally.ts";
import { query, sharedApi } from "../support/api.ts";
import * as make from "../support/make.ts";
import { change, storedExperiment, talliesOf } from "../support/store.ts";

const api = sharedApi();

const ALTERNATIVES = ["red", "green", "blue"];

function participate(experiment: string, further: Parameters<typeof query>[0] = {}) {
  return api.get(`/participate?${query({ experiment, alternatives: ALTERNATIVES, client_id: "1", ...further })}`);
}

/** Clients that are counted in an experiment, excluded ones included. */
async function participants(experiment: string): Promise<number> {
  const tallies = await talliesOf(api.store, experiment);
  return tallies.filter(({ metric }) => metric === PARTICIPATION).reduce((sum, { clients }) => sum + clients, 0);
}

function refused(status: number, code: string, message: string) {
  return { status, json: { status: "failed", code, message } };
}

describe("an answer", () => {
  it("has the fields of Sixpack 2.7, the alternative of design §4's example, and the reason behind them", async () => {
    const client = "09a7407c-e371-492b-82e3-ef438d960ca3";
    // The digest starts 179d8fd = 24762621, an odd number: of 2 that is index 1.
    const reply = await participate("deterministic-1", { client_id: client, alternatives: ["red", "green"] });
    expect(reply).toMatchObject({
      status: 200,
      text: `{"status":"ok","alternative":{"name":"green"},"experiment":{"name":"deterministic-1"},"client_id":"${client}","reason":"assigned"}`,
    });
  });

  it("is the same for the same client, and counts it once", async () => {
    const first = await participate("again");
    const second = await participate("again");
    expect(second.json).toEqual(first.json);
    expect(await participants("again")).toBe(1);
  });

  it("is one for 50 parallel first requests of one client, and one participation", async () => {
    const replies = await Promise.all(Array.from({ length: 50 }, () => participate("parallel")));
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect(replies.every(({ status }) => status === 200)).toBe(true);
    expect(await participants("parallel")).toBe(1);
  });

  it.each([
    "🎲🧪",
    "a b+c/0",
    "ünïcödé",
    '"quoted"',
    "__proto__",
    "constructor",
    "<script>",
    "\u2028",
    "1".repeat(1024),
  ])("gives back the client id as it came: %s", async (client_id) => {
    expect(await participate("ids", { client_id })).toMatchObject({ status: 200, json: { client_id } });
    const posted = await api.post("/participate", { experiment: "ids", alternatives: ALTERNATIVES, client_id });
    expect(posted).toMatchObject({ status: 200, json: { client_id } });
  });

  it.each(["constructor", "toString", "hasOwnProperty", "valueOf"])(
    "treats a name that every JavaScript object knows as any other: %s",
    async (name) => {
      const call = { alternatives: [name, "other"], client_id: name, force: name };
      expect(await participate(name, call)).toMatchObject({ status: 200, json: { alternative: { name } } });
      expect(await api.get(`/experiments/${name}`)).toMatchObject({ status: 200, json: { name } });
    },
  );
});

describe("a participation is refused", () => {
  it.each([
    ["no experiment", { experiment: undefined }],
    ["no client id", { client_id: undefined }],
    ["an empty client id", { client_id: "" }],
  ])("with %s", async (_what, further) => {
    const expected = refused(400, "missing-arguments", "missing arguments");
    expect(await participate("refused", further)).toMatchObject(expected);
  });

  it.each([[[]], [["red"]]])("with fewer than two alternatives: %j", async (alternatives) => {
    const expected = refused(400, "too-few-alternatives", "experiments require at least two alternatives");
    expect(await participate("refused", { alternatives })).toMatchObject(expected);
  });

  it("with more than 100 alternatives", async () => {
    const alternatives = Array.from({ length: 101 }, (_, index) => `a${index}`);
    const expected = refused(400, "too-many-alternatives", "too many alternatives");
    expect(await participate("refused", { alternatives })).toMatchObject(expected);
    expect(await participate("hundred", { alternatives: alternatives.slice(1) })).toMatchObject({ status: 200 });
  });

  it("with a thousand alternatives, which are too many for a body and too long for a URL", async () => {
    const alternatives = Array.from({ length: 1_000 }, (_, index) => `a${index}`);
    const tooMany = refused(400, "too-many-alternatives", "too many alternatives");
    const call = { experiment: "refused", alternatives, client_id: "1" };
    expect(await api.post("/participate", call)).toMatchObject(tooMany);
    expect(await api.post("/participate", query(call))).toMatchObject(tooMany);
    expect(await participate("refused", { alternatives })).toMatchObject(refused(414, "url-too-long", "url too long"));
  });

  it("with the same alternative twice", async () => {
    const expected = refused(400, "duplicate-alternatives", "alternatives must differ from each other");
    expect(await participate("refused", { alternatives: ["red", "red"] })).toMatchObject(expected);
  });

  it.each(["", ".", "..", "a\0b", "a\n", "x".repeat(256)])("with %j as the name of a new experiment", async (name) => {
    const expected = refused(400, "invalid-experiment-name", "invalid experiment name");
    expect(await participate(name)).toMatchObject(expected);
  });

  it.each(["", "_x", "-x", "a b", "a.b", "é", "🎲", "__proto__", "a\0b", "a\n", "x".repeat(256)])(
    "with %j as the name of a new alternative",
    async (name) => {
      const expected = refused(400, "invalid-alternative-name", "invalid alternative name");
      expect(await participate("refused", { alternatives: ["ok", name] })).toMatchObject(expected);
    },
  );

  it("with other alternatives than the stored ones, while a permutation is fine", async () => {
    const first = await participate("changed");
    const message = "experiment alternatives have changed. please delete in the admin";
    for (const alternatives of [
      ["red", "green"],
      ["red", "green", "pink"],
      ["red", "green", "green"],
    ]) {
      const expected = refused(400, "alternatives-changed", message);
      expect(await participate("changed", { alternatives })).toMatchObject(expected);
    }
    const permuted = await participate("changed", { alternatives: ["blue", "red", "green"] });
    expect(permuted).toMatchObject({ status: 200, json: first.json });
  });

  it.each(["a\0b", "\0", "x".repeat(1025)])("with the client id %j", async (client_id) => {
    const expected = refused(400, "invalid-client-id", "invalid client id");
    expect(await participate("refused", { client_id })).toMatchObject(expected);
  });

  it("never for an optional argument of ours that is empty, which is as good as left out", async () => {
    const reply = await participate("empty", { traffic_dist: "", weights: [""], datetime: "" });
    expect(reply).toMatchObject({ status: 200 });
    expect((await storedExperiment(api.store, "empty")).epochs).toMatchObject([{ trafficFraction: 1, weights: null }]);
  });

  it.each(["0", "-0.1", "1.01", "NaN", "Infinity", "half", "", " "])("with traffic_fraction=%s", async (fraction) => {
    const expected = refused(400, "invalid-traffic-fraction", "invalid traffic fraction range");
    expect(await participate("refused", { traffic_fraction: fraction })).toMatchObject(expected);
  });

  it.each(["0", "101", "-1", "50.5", "1e1", "NaN", " "])("with traffic_dist=%s", async (percent) => {
    const expected = refused(400, "invalid-traffic-fraction", "invalid traffic fraction range");
    expect(await participate("refused", { traffic_dist: percent })).toMatchObject(expected);
  });

  it.each([
    [["1", "2"]],
    [["1", "2", "-3"]],
    [["0", "0", "0"]],
    [["1", "2", "NaN"]],
    [["1", "2", "Infinity"]],
    [["1e309", "1", "1"]],
    [["1", "", "1"]],
    [["1"]],
    [[" "]],
  ])("with weights=%j for three alternatives", async (weights) => {
    const expected = refused(400, "invalid-weights", "invalid weights");
    expect(await participate("refused", { weights })).toMatchObject(expected);
    // A mistake shows on every server, not only on one that never saw the experiment.
    await participate("made");
    expect(await participate("made", { weights })).toMatchObject(expected);
  });

  it.each(["yesterday", "2025-02-30", "2025-13-01", "1969-12-31", "2025-01-01T25:00", "NaN"])(
    "with datetime=%s",
    async (datetime) => {
      const expected = refused(400, "invalid-datetime", "invalid datetime");
      expect(await participate("refused", { datetime })).toMatchObject(expected);
    },
  );

  it("and nothing is written by any of that", async () => {
    expect(await api.get("/experiments/refused")).toMatchObject({ status: 404 });
  });
});

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
