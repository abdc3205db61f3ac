/** `POST /batch`: many calls in one, each with the answer it would have had alone. */
import { describe, expect, it } from "vitest";
import { BATCH_CALLS_MAX } from "../../src/api/limits.ts";
import { SixpackError } from "../../src/domain/errors.ts";
import { ModelStore } from "../store/model/model-store.ts";
import { query, sharedApi, startApi } from "../support/api.ts";
import { failingStore, talliesOf } from "../support/store.ts";

const api = sharedApi();

function participate(experiment: string, client_id: string) {
  return { experiment, alternatives: ["red", "green"], client_id };
}

async function answersOf(calls: readonly object[]): Promise<readonly Record<string, unknown>[]> {
  const { status, json } = await api.post("/batch", { calls });
  expect(status).toBe(200);
  return (json as { answers: Record<string, unknown>[] }).answers;
}

describe("a batch", () => {
  it("answers each call in order, with the body and status it would have had alone", async () => {
    const calls = [
      { participate: participate("batch-a", "1") },
      { participate: participate("batch-b", "1") },
      { convert: { experiment: "batch-a", client_id: "1", value: 3 } },
      { convert: { experiment: "batch-a", client_id: "stranger" } },
      { participate: { client_id: "1" } },
    ];
    const answers = await answersOf(calls);
    const alone = await startApi();
    for (const [index, call] of calls.entries()) {
      const [[route = "", args = {}] = []] = Object.entries(call);
      const { status, json } = await alone.post(`/${route}`, args);
      expect(answers[index]).toEqual({ http_status: status, ...(json as object) });
    }
    await alone.close();
    expect(answers.map((answer) => answer["http_status"])).toEqual([200, 200, 200, 400, 400]);
  });

  it("lets a conversion see the participation before it, and not the one after it", async () => {
    const call = { experiment: "batch-order", client_id: "1" };
    const answers = await answersOf([
      { convert: call },
      { participate: participate("batch-order", "1") },
      { convert: call },
    ]);
    expect(answers.map((answer) => answer["http_status"])).toEqual([400, 200, 200]);
  });

  it("counts one client once, however often it stands in it", async () => {
    const calls = Array.from({ length: BATCH_CALLS_MAX }, () => ({ participate: participate("batch-once", "1") }));
    const answers = await answersOf(calls);
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await talliesOf(api.store, "batch-once")).toMatchObject([{ clients: 1 }]);
  });

  it("of no calls has no answers, and may be wrapped for JSONP", async () => {
    expect(await api.post("/batch?callback=cb", { calls: [] })).toMatchObject({
      status: 200,
      text: 'cb({"status":"ok","answers":[]})',
    });
  });

  it.each([
    ["", "no body"],
    ["{", "no JSON"],
    ["[]", "no object"],
    ["null", "no object"],
    ["{}", "no calls"],
    ['{"calls":{}}', "calls that are no list"],
    ['{"calls":[null]}', "a call that is no object"],
    ['{"calls":[{}]}', "a call of nothing"],
    ['{"calls":[{"delete":{}}]}', "a call of something else"],
    ['{"calls":[{"__proto__":{}}]}', "a call of a prototype"],
    [`{"calls":[${"[".repeat(20_000)}${"]".repeat(20_000)}]}`, "a call of lists within lists"],
    ['{"calls":[{"convert":[]}]}', "arguments that are no object"],
    ['{"calls":[{"convert":{},"participate":{}}]}', "two calls in one"],
    ['{"calls":[{"convert":{"client_id":{}}}]}', "an argument that is no plain value"],
  ])("is refused whole for %.60s: %s", async (body) => {
    expect(await api.post("/batch", body)).toMatchObject({
      status: 400,
      json: { status: "failed", code: "invalid-body" },
    });
  });

  it("is refused whole for one call too many", async () => {
    const calls = Array.from({ length: BATCH_CALLS_MAX + 1 }, () => ({ convert: {} }));
    expect(await api.post("/batch", { calls })).toMatchObject({ status: 400, json: { code: "invalid-body" } });
  });

  it("says 503 of each call when the store is gone", async () => {
    const down = await startApi({ store: failingStore().store });
    const { status, json } = await down.post("/batch", { calls: [{ participate: participate("down", "1") }] });
    expect(status).toBe(200);
    expect(json).toMatchObject({ answers: [{ http_status: 503, status: "failed", code: "store-unavailable" }] });
    expect(down.defects).toEqual([]);
    await down.close();
    // With the detail of a single call, where the server is told to debug.
    const talkative = await startApi({ store: failingStore().store, debug: true });
    const alone = await talkative.post("/participate", participate("down", "1"));
    expect(alone.json).toMatchObject({ detail: expect.any(String) });
    expect((await talkative.post("/batch", { calls: [{ participate: participate("down", "1") }] })).json).toEqual({
      status: "ok",
      answers: [{ http_status: 503, ...(alone.json as object) }],
    });
    await talkative.close();
  });

  it.each([new Error("a secret of the machine room"), new SixpackError("internal", "a secret of the machine room")])(
    "reports a defect that one of its calls meets, answers that call by 500 without its cause, and goes on: %s",
    async (defect) => {
      const store = new ModelStore();
      const { participate: record } = store.records;
      store.records.participate = async (one) => {
        if (one.experiment.name === "broken") throw defect;
        return record(one);
      };
      const own = await startApi({ store });
      const calls = ["broken", "sound"].map((name) => ({ participate: participate(name, "1") }));
      const { json, text } = await own.post("/batch", { calls });
      expect(json).toMatchObject({ answers: [{ http_status: 500, code: "internal" }, { http_status: 200 }] });
      expect(text).not.toContain("secret");
      expect(own.defects).toEqual([defect]);
      await own.close();
    },
  );
});

describe("a conversion without an experiment", () => {
  it("counts in every experiment that the client takes part in", async () => {
    for (const experiment of ["goal-a", "goal-b"]) await api.post("/participate", participate(experiment, "goal"));
    await api.post("/participate", participate("goal-c", "somebody-else"));
    const { status, json } = await api.get(`/convert?${query({ client_id: "goal", kpi: "bought", value: 2 })}`);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      status: "ok",
      client_id: "goal",
      conversion: { kpi: "bought", value: 2 },
      experiments: expect.arrayContaining([
        { name: "goal-a", alternative: { name: expect.stringMatching(/red|green/) } },
        { name: "goal-b", alternative: { name: expect.stringMatching(/red|green/) } },
      ]),
    });
    expect((json as { experiments: unknown[] }).experiments).toHaveLength(2);
  });

  it("is refused without a KPI, without a client, and for a client that takes part nowhere", async () => {
    expect(await api.get("/convert?client_id=goal")).toMatchObject({
      status: 400,
      json: { code: "missing-arguments" },
    });
    expect(await api.get("/convert?kpi=bought")).toMatchObject({ status: 400, json: { code: "missing-arguments" } });
    expect(await api.get("/convert?client_id=nobody&kpi=bought")).toMatchObject({
      status: 400,
      json: { code: "not-participating" },
    });
  });

  it("of a robot is answered as with an experiment, and counted nowhere", async () => {
    const reply = await api.get("/convert?client_id=goal&kpi=robots&user_agent=Googlebot");
    expect(reply).toMatchObject({ status: 200, text: '{"status":"ok","excluded":"true"}' });
  });
});
