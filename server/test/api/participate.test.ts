/** `/participate` over HTTP: what an answer holds, and every message it is refused with. */
import { describe, expect, it } from "vitest";
import { query, sharedApi } from "../support/api.ts";
import { participantsOf, storedExperiment } from "../support/store.ts";

const api = sharedApi();

const ALTERNATIVES = ["red", "green", "blue"];

function participate(experiment: string, further: Parameters<typeof query>[0] = {}) {
  return api.get(`/participate?${query({ experiment, alternatives: ALTERNATIVES, client_id: "1", ...further })}`);
}

const participants = (experiment: string) => participantsOf(api.store, experiment);

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
