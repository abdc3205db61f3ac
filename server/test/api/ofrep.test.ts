/** OpenFeature's remote evaluation protocol: experiments as flags, for the stock provider of any language. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withTrafficFraction } from "../../src/domain/epochs.ts";
import { withArchived, withPaused, withWinner } from "../../src/domain/experiment.ts";
import { ANYBODY, type Caller } from "../../src/domain/scope.ts";
import { PARTICIPATION } from "../../src/domain/tally.ts";
import { named } from "../store/fixtures.ts";
import { ModelStore } from "../store/model/model-store.ts";
import { type Api, query, startApi } from "../support/api.ts";
import * as make from "../support/make.ts";
import { StalingStore } from "../support/staling-store.ts";
import { change, failingStore, participantsOf, storedExperiment, talliesOf } from "../support/store.ts";

const ALL = "/ofrep/v1/evaluate/flags";

let api: Api;
beforeEach(async () => {
  api = await startApi();
  await somebodyMakes("button", ["red", "green"]);
  await somebodyMakes("dark-mode", ["off", "on"]);
});

afterEach(async () => {
  expect(api.defects).toEqual([]);
  await api.close();
});

/** Makes an experiment by somebody else's first call. */
async function somebodyMakes(experiment: string, alternatives: readonly string[]): Promise<void> {
  await api.get(`/participate?${query({ experiment, alternatives, client_id: "somebody-else" })}`);
}

function evaluate(path: string, context: object = {}, init: RequestInit = {}) {
  return api.post(path, { context: { targetingKey: "1", ...context } }, init);
}

const participants = (experiment: string) => participantsOf(api.store, experiment);

describe("the evaluation of one flag", () => {
  it("takes part, and gives the alternative that /participate gives", async () => {
    const call = query({ experiment: "button", alternatives: ["red", "green"], client_id: "1", prefetch: "true" });
    const { json } = await api.get(`/participate?${call}`);
    const { alternative } = json as { alternative: { name: string } };
    expect(await evaluate(`${ALL}/button`)).toMatchObject({
      status: 200,
      json: { key: "button", reason: "SPLIT", variant: alternative.name, value: alternative.name, metadata: {} },
    });
    expect(await participants("button")).toBe(2);
  });

  it("is boolean where the alternatives are on and off, or true and false", async () => {
    const { json } = await evaluate(`${ALL}/dark-mode`);
    const { variant, value } = json as { variant: string; value: unknown };
    expect(value).toBe(variant === "on");
  });

  it("takes part in nothing where the context says so", async () => {
    const asked = await evaluate(`${ALL}/button`, { sixpackRecord: false });
    expect(asked).toMatchObject({ status: 200, json: { reason: "SPLIT" } });
    expect(await participants("button")).toBe(1);
    expect((await evaluate(`${ALL}/button`)).json).toEqual(asked.json);
  });

  it("says why everybody sees the same", async () => {
    await change(api.store, "button", (experiment) => withPaused(experiment, true));
    expect(await evaluate(`${ALL}/button`)).toMatchObject({ json: { reason: "DISABLED", variant: "red" } });
    await change(api.store, "button", (experiment) => withWinner(experiment, "green"));
    expect(await evaluate(`${ALL}/button`)).toMatchObject({ json: { reason: "STATIC", variant: "green" } });
    await change(api.store, "dark-mode", (experiment) => withTrafficFraction(experiment, 1e-9, 0));
    expect(await evaluate(`${ALL}/dark-mode`)).toMatchObject({ json: { reason: "DEFAULT", value: false } });
  });

  it("counts no robot and no ignored address", async () => {
    for (const context of [{ userAgent: "Googlebot/2.1" }, { ipAddress: "10.0.0.7" }]) {
      expect(await evaluate(`${ALL}/button`, context)).toMatchObject({ json: { reason: "DEFAULT", variant: "red" } });
    }
    expect(await participants("button")).toBe(1);
  });

  it.each(["nobody-made-this", "__proto__", "constructor", "%00"])(
    "is FLAG_NOT_FOUND for %s, and makes nothing",
    async (name) => {
      expect(await evaluate(`${ALL}/${name}`)).toMatchObject({ status: 404, json: { errorCode: "FLAG_NOT_FOUND" } });
      expect(await api.store.definitions.list()).toHaveLength(2);
    },
  );
});

describe("the evaluation of all flags", () => {
  it("tells every experiment that is not archived, by name, and takes part in none", async () => {
    await somebodyMakes("archived", ["a", "b"]);
    await change(api.store, "archived", (experiment) => withArchived(experiment, true));
    const { status, json } = await evaluate(ALL);
    expect(status).toBe(200);
    expect(json).toMatchObject({ flags: [{ key: "button" }, { key: "dark-mode" }] });
    expect((await evaluate(ALL, { sixpackRecord: true })).json).toEqual(json);
    expect([await participants("button"), await participants("dark-mode")]).toEqual([1, 1]);
  });

  it("tells what the evaluation of each flag then takes part with", async () => {
    const { json } = await evaluate(ALL);
    for (const flag of (json as { flags: readonly { key: string }[] }).flags) {
      expect((await evaluate(`${ALL}/${flag.key}`)).json).toEqual(flag);
    }
    expect(await participants("button")).toBe(2);
  });

  it("has an ETag that changes with what was answered, and 304 for whoever has it", async () => {
    const first = await evaluate(ALL);
    const etag = first.headers.get("ETag") ?? "";
    const headers = { "Content-Type": "application/json", "If-None-Match": etag };
    const same = await evaluate(ALL, {}, { headers });
    expect(same).toMatchObject({ status: 304, text: "" });
    // It would be the length of what the caller has, which is not 0.
    expect(same.headers.has("Content-Length")).toBe(false);
    // A proxy that compresses answers makes the tag a weak one, and a cache may name several.
    for (const tag of [`W/${etag}`, `"other", W/${etag}`, "*"]) {
      const weak = { ...headers, "If-None-Match": tag };
      expect([tag, (await evaluate(ALL, {}, { headers: weak })).status]).toEqual([tag, 304]);
    }
    await change(api.store, "button", (experiment) => withWinner(experiment, "green"));
    await change(api.store, "dark-mode", (experiment) => withWinner(experiment, "on"));
    const later = await evaluate(ALL, {}, { headers });
    expect(later.status).toBe(200);
    expect(later.headers.get("ETag")).not.toBe(etag);
  });
});

describe("an experiment that is deleted while it is evaluated", () => {
  const away = async (store: ModelStore) => {
    if ((await store.definitions.read(named("button"))) === undefined) return;
    await store.lives.remove(await storedExperiment(store, "button"), 0, undefined);
  };

  /** Gone as soon as the server has seen it, by the list or by its name. */
  class DeletingStore extends ModelStore {
    constructor() {
      super();
      const { list } = this.definitions;
      this.definitions.list = async () => {
        const listed = await list();
        await away(this);
        return listed;
      };
    }
  }

  async function evaluated(store: ModelStore, path: string, caller: Caller, context: object) {
    for (const name of ["button", "dark-mode"]) await make.created(store, make.draft({ name }));
    const deleting = await startApi({ store, callerOf: () => caller });
    const reply = await deleting.post(path, { context: { targetingKey: "1", ...context } });
    await deleting.close();
    const left = ["button", "dark-mode"].filter((name) => store.peek.experiment(name) !== undefined);
    expect(left).toEqual(["dark-mode"]);
    return reply;
  }

  describe.each([false, true])("with declared_only %s", (declaredOnly) => {
    const caller = declaredOnly ? make.stranger("experiments") : ANYBODY;

    it("is not found, and not made anew", async () => {
      const store = new StalingStore((_, inner) => away(inner));
      expect(await evaluated(store, `${ALL}/button`, caller, {})).toMatchObject({
        status: 404,
        json: { key: "button", errorCode: "FLAG_NOT_FOUND" },
      });
    });

    it("is left out of all flags, and not made anew", async () => {
      const reply = await evaluated(new DeletingStore(), ALL, caller, {});
      expect(reply).toMatchObject({ status: 200, json: { flags: [{ key: "dark-mode" }] } });
    });
  });
});

describe("an evaluation is refused", () => {
  it.each([
    ["", "PARSE_ERROR"],
    ["{", "PARSE_ERROR"],
    ["[]", "INVALID_CONTEXT"],
    ["null", "INVALID_CONTEXT"],
    ["{}", "INVALID_CONTEXT"],
    ['{"context":1}', "INVALID_CONTEXT"],
    ['{"context":{}}', "TARGETING_KEY_MISSING"],
    ['{"context":[]}', "TARGETING_KEY_MISSING"],
    ['{"context":{"targetingKey":""}}', "TARGETING_KEY_MISSING"],
    ['{"context":{"targetingKey":7}}', "TARGETING_KEY_MISSING"],
    ['{"__proto__":{"context":{"targetingKey":"1"}}}', "INVALID_CONTEXT"],
    ['{"context":{"targetingKey":"a\\u0000b"}}', "INVALID_CONTEXT"],
    ['{"context":{"targetingKey":"a\\ud800"}}', "INVALID_CONTEXT"],
    [`{"context":{"targetingKey":"${"x".repeat(1_025)}"}}`, "INVALID_CONTEXT"],
  ])("with 400 in the words of the protocol for the body %s", async (body, errorCode) => {
    for (const path of [ALL, `${ALL}/button`]) {
      const { status, json } = await api.post(path, body);
      expect({ status, json }).toMatchObject({ status: 400, json: { errorCode, errorDetails: expect.any(String) } });
    }
  });

  it("with 413 for a body that is too large, and 503 when the store is gone", async () => {
    expect(await evaluate(ALL, { more: "x".repeat(70_000) })).toMatchObject({ status: 413 });
    const down = await startApi({ store: failingStore().store });
    for (const path of [ALL, `${ALL}/button`]) {
      const reply = await down.post(path, { context: { targetingKey: "1" } });
      expect(reply).toMatchObject({ status: 503, json: { code: "store-unavailable" } });
    }
    await down.close();
  });
});

describe("a tracking event", () => {
  const track = (body: object) => api.post("/ofrep/v1/track", body);
  const conversions = async (experiment: string) =>
    (await talliesOf(api.store, experiment)).filter(({ metric }) => metric !== PARTICIPATION);

  it("converts in every experiment that the client takes part in, with its value, once by its id", async () => {
    await evaluate(`${ALL}/button`);
    const event = {
      context: { targetingKey: "1" },
      trackingEventName: "purchase",
      trackingEventDetails: { value: 19.5, id: "order-1", colour: "passed over" },
    };
    const answer = await track(event);
    expect(answer).toMatchObject({
      status: 200,
      json: { conversion: { value: 19.5, kpi: "purchase" }, client_id: "1", experiments: [{ name: "button" }] },
    });
    await track(event);
    expect(await conversions("button")).toEqual([expect.objectContaining({ clients: 1, events: 1, sum: 19.5 })]);
    expect(await conversions("dark-mode")).toEqual([]);
  });

  it("of somebody who takes part in nothing counts nowhere, and is no mistake", async () => {
    const answer = await track({ context: { targetingKey: "stranger" }, trackingEventName: "purchase" });
    expect(answer).toMatchObject({ status: 200, json: { status: "ok", experiments: [] } });
    expect(await conversions("button")).toEqual([]);
  });

  it.each([
    [{}, "INVALID_CONTEXT"],
    [{ context: {} }, "TARGETING_KEY_MISSING"],
    [{ context: { targetingKey: "1" } }, "PARSE_ERROR"],
    [{ context: { targetingKey: "1" }, trackingEventName: 7 }, "PARSE_ERROR"],
    [{ context: { targetingKey: "1" }, trackingEventName: "a", trackingEventDetails: { value: "9" } }, "PARSE_ERROR"],
  ])("that says %j is refused in the words of the protocol", async (body, errorCode) => {
    expect(await track(body)).toMatchObject({ status: 400, json: { errorCode } });
  });

  it("with a name or value that no KPI has is refused as by /convert", async () => {
    await evaluate(`${ALL}/button`);
    const context = { targetingKey: "1" };
    for (const [event, code] of [
      [{ trackingEventName: "no\nname" }, "invalid-kpi-name"],
      [{ trackingEventName: "a", trackingEventDetails: { value: 1e300 } }, "invalid-value"],
    ] as const) {
      expect(await track({ context, ...event })).toMatchObject({ status: 400, json: { code } });
    }
  });
});
