/** A server that anybody reaches: what may be made, how often one may ask, and the path it is mounted under. */
import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { callerReader, requestCharge } from "../../src/cli/wiring-callers.ts";
import { Quota } from "../../src/ops/quota.ts";
import { hashToken, makeToken, TOKEN_BYTES } from "../../src/ops/token.ts";
import { query, startApi } from "../support/api.ts";
import { configOf } from "../support/config.ts";
import * as make from "../support/make.ts";

const nowMs = () => make.NOW_MS;

function participate(experiment: string, further: Readonly<Record<string, string>> = {}): string {
  return `/participate?${query({ experiment, alternatives: ["a", "b"], client_id: "1", ...further })}`;
}

describe("a server of declared experiments only", () => {
  it("refuses an unknown one by 403, with its name, and makes nothing", async () => {
    const api = await startApi({ callerOf: () => make.stranger("experiments") });
    expect(await api.get(participate("typo"))).toMatchObject({
      status: 403,
      json: {
        status: "failed",
        code: "undeclared-experiment",
        message: "this experiment is not declared. please declare it first",
        detail: 'Expected a declared experiment, got "typo"',
      },
    });
    expect((await api.get(participate("typo", { user_agent: "Googlebot" }))).status).toBe(200);
    expect(await api.store.definitions.list()).toEqual([]);
    await api.close();
  });

  it("serves one that exists like any other", async () => {
    const open = await startApi();
    await open.get(participate("known"));
    const api = await startApi({ store: open.store, callerOf: () => make.stranger("experiments") });
    expect((await api.get(participate("known", { client_id: "2" }))).status).toBe(200);
    await open.close();
    await api.close();
  });
});

describe("a quota of new experiments", () => {
  it("is the address's own, of the connection or as a proxy saw it, never the visitor's", async () => {
    const newExperiments = new Quota({ max: 2, windowMs: 3_600_000, nowMs });
    const callerOf = callerReader(configOf({ proxy_fix: "true", new_experiments_per_hour: "2" }));
    const api = await startApi({ settings: { newExperiments }, callerOf });
    const from = (address: string, experiment: string) =>
      api.get(participate(experiment, { ip_address: experiment }), { headers: { "X-Forwarded-For": address } });
    expect((await from("192.0.2.1", "first")).status).toBe(200);
    expect((await from("192.0.2.1", "second")).status).toBe(200);
    const refused = await from("192.0.2.1", "third");
    expect(refused).toMatchObject({ status: 429, json: { code: "too-many-experiments" } });
    expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(0);
    expect((await from("192.0.2.1", "second")).status).toBe(200);
    expect((await from("192.0.2.2", "third")).status).toBe(200);
    await api.close();
  });
});

describe("a quota of requests", () => {
  it("refuses by 429 and says when to come back; operators' paths stay open", async () => {
    const settings = configOf({ requests_per_second: "3" });
    const callerOf = callerReader(settings);
    const api = await startApi({ ...requestCharge(settings, nowMs), callerOf });
    const statuses: number[] = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await api.get(participate("quota"))).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    const batch = await api.post("/batch", { calls: [{ convert: { experiment: "quota", client_id: "1" } }] });
    expect(batch).toMatchObject({ status: 429, json: { code: "too-many-requests" } });
    expect(batch.headers.get("Retry-After")).toBe("1");
    for (const path of ["/healthz", "/readyz", "/_status", "/metrics"]) expect((await api.get(path)).status).toBe(200);
    await api.close();
  });

  it("counts the calls in a batch", async () => {
    const settings = configOf({ requests_per_second: "3" });
    const api = await startApi({ ...requestCharge(settings, nowMs) });
    const call = { participate: { experiment: "quota", alternatives: ["a", "b"], client_id: "1" } };
    expect((await api.post("/batch", { calls: [call, call] })).status).toBe(200);
    expect((await api.post("/batch", { calls: [call, call] })).status).toBe(429);
    await api.close();
  });

  it("costs nothing where none is set", () => {
    const callerOf = callerReader(configOf({}));
    const unread = new Proxy({ headers: {} } as IncomingMessage, {
      get: (target, name) => {
        expect(name).toBe("headers");
        return Reflect.get(target, name);
      },
    });
    expect(callerOf(unread)).toBe(callerOf(unread));
  });
});

describe("a bound on cost", () => {
  const EXPERIMENTS = ["one", "two", "three", "four", "five"];

  let now = make.NOW_MS;

  async function limited(settings: Readonly<Record<string, string>>) {
    const config = configOf({ open: "true", ...settings });
    const api = await startApi({ ...requestCharge(config, () => now), callerOf: callerReader(config) });
    for (const name of EXPERIMENTS) await make.created(api.store, make.draft({ name }));
    return api;
  }

  it.each([
    ["a bulk evaluation", "/ofrep/v1/evaluate/flags", { context: { targetingKey: "1" } }, 200],
    ["a conversion without an experiment", "/convert", { client_id: "1", kpi: "buy" }, 400],
    ["a batch of them", "/batch", { calls: [{ convert: { client_id: "1", kpi: "buy" } }] }, 200],
  ])("counts %s once for each experiment that it asks", async (_, path, body, status) => {
    const api = await limited({ requests_per_second: "2" });
    expect((await api.post(path, body)).status).toBe(status);
    const next = await api.post(path, body);
    // Five experiments at two a second: the debt of three is paid after two.
    expect([next.status, next.headers.get("Retry-After")]).toEqual([429, "2"]);
    await api.close();
  });

  it("counts the linking of two ids as well, where anybody may link", async () => {
    const api = await limited({ requests_per_second: "2", open: "false" });
    const ids = { client_id: "1", previous_id: "2" };
    for (const [path, body, status, waits] of [
      ["/link", ids, 200, "2"],
      ["/convert", { ...ids, kpi: "buy" }, 400, "4"],
    ] as const) {
      expect((await api.post(path, body)).status).toBe(status);
      const next = await api.post(path, body);
      expect([path, next.status, next.headers.get("Retry-After")]).toEqual([path, 429, waits]);
      now += 10_000;
    }
    await api.close();
  });

  it("lets no batch be larger than a second's calls", async () => {
    const api = await limited({ requests_per_second: "5" });
    const call = { convert: { experiment: "one", client_id: "1" } };
    const refused = await api.post("/batch", { calls: Array.from({ length: 6 }, () => call) });
    expect(refused).toMatchObject({ status: 400, json: { detail: "Expected at most 5 calls, got 6" } });
    expect((await api.post("/batch", { calls: [call] })).status).toBe(200);
    await api.close();
  });
});

describe("a key of a back end", () => {
  const key = makeToken(Buffer.alloc(TOKEN_BYTES, 1));
  const asBackEnd = { headers: { Authorization: `Bearer ${key}` } };

  async function opened(scopes: string, settings: Readonly<Record<string, string>> = {}) {
    const config = configOf({ open: "true", api_keys: `shop:${scopes}:${hashToken(key)}`, ...settings });
    return startApi({ ...requestCharge(config, nowMs), callerOf: callerReader(config) });
  }

  it("may do what its scopes say, in its name, and nothing else", async () => {
    const api = await opened("experiments+traffic+datetime");
    expect((await api.get(participate("made"))).status).toBe(403);
    expect((await api.get(participate("made"), asBackEnd)).status).toBe(200);
    await api.get(participate("made", { traffic_fraction: "0.5", client_id: "2" }), asBackEnd);
    await api.get(participate("made", { traffic_fraction: "0.7", client_id: "3" }));
    expect(await api.get("/experiments/made")).toMatchObject({ json: { traffic_fraction: 0.5 } });
    expect((await api.get(participate("made", { datetime: "2020-01-01", client_id: "4" }), asBackEnd)).status).toBe(
      200,
    );
    const convert = `/convert?${query({ experiment: "made", client_id: "1", kpi: "signup" })}`;
    expect(await api.get(convert, asBackEnd)).toMatchObject({ status: 403, json: { code: "undeclared-kpi" } });
    expect(await api.store.activity.read({ limit: 9 })).toMatchObject([
      { actor: "api:shop", action: "set-traffic", before: "1", after: "0.5" },
      { actor: "api:shop", action: "make", after: "a, b" },
    ]);
    await api.close();
  });

  it("is not counted by quotas", async () => {
    const api = await opened("all", { requests_per_second: "1" });
    for (const client_id of ["1", "2", "3"]) {
      expect((await api.get(participate("made", { client_id }), asBackEnd)).status).toBe(200);
    }
    expect([(await api.get("/experiments/made")).status, (await api.get("/experiments/made")).status]).toEqual([
      200, 429,
    ]);
    await api.close();
  });

  it("that is none is refused, and what a proxy sends of its own is passed over", async () => {
    const api = await opened("all");
    const wrong = makeToken(Buffer.alloc(TOKEN_BYTES, 2));
    const refused = await api.get("/experiments/made", { headers: { Authorization: `Bearer ${wrong}` } });
    expect(refused).toMatchObject({ status: 401, json: { code: "invalid-api-key" } });
    for (const Authorization of ["Bearer eyJhbGciOiJIUzI1NiJ9.e30.x", "Basic YTpi", "x"]) {
      expect((await api.get("/experiments/made", { headers: { Authorization } })).status).toBe(404);
    }
    await api.close();
  });

  it("is written in one line or as a list, with scopes that exist", () => {
    expect(configOf({ api_keys: `shop:traffic+force:${hashToken(key)}` }).api_keys).toEqual([
      { name: "shop", scopes: ["traffic", "force"], key_hash: hashToken(key) },
    ]);
    for (const bad of ["shop", `shop::${hashToken(key)}`, `shop:everything:${hashToken(key)}`, "shop:all:plain"]) {
      expect(() => configOf({ api_keys: bad })).toThrow("api_keys");
    }
  });
});

describe("the switch for open servers", () => {
  it("closes what strangers must not have, unless that is contradicted", () => {
    expect(configOf({})).toMatchObject({ declared_only: false, traffic_from_requests: true, requests_per_second: 0 });
    expect(configOf({ open: "true" })).toMatchObject({
      declared_only: true,
      traffic_from_requests: false,
      requests_per_second: 100,
    });
    expect(configOf({ declared_only: "true" })).toMatchObject({ traffic_from_requests: false, requests_per_second: 0 });
    expect(configOf({ declared_only: "true", traffic_from_requests: "true" }).traffic_from_requests).toBe(true);
    expect(() => configOf({ open: "true", declared_only: "false" })).toThrow("declared_only: expected true");
    expect(() => configOf({ open: "true", traffic_from_requests: "true" })).toThrow("traffic_from_requests");
  });
});

describe("a server under a path", () => {
  it("serves every route there and nothing beside it", async () => {
    const api = await startApi({ basePath: "/ab" });
    expect((await api.get(`/ab${participate("mounted")}`)).status).toBe(200);
    expect((await api.get("/ab/experiments/mounted")).json).toMatchObject({ name: "mounted" });
    for (const path of ["/ab", "/ab/", "/ab?x=1"]) expect((await api.get(path)).text).toContain("says hello");
    for (const path of ["/", "/participate", "/abc/", "/healthz"]) expect((await api.get(path)).status).toBe(404);
    await api.close();
  });

  it("is configured by a path without a slash at its end", () => {
    expect(configOf({ base_path: "/ab/test" }).base_path).toBe("/ab/test");
    for (const bad of ["ab", "/ab/", "/a b", "/"]) expect(() => configOf({ base_path: bad })).toThrow("base_path");
  });
});
