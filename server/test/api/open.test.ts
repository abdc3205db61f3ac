/** A server that anybody reaches: what may be made, how often one may ask, and the path it is mounted under. */
import { describe, expect, it } from "vitest";
import { callerReader, requestCharge } from "../../src/cli/wiring-callers.ts";
import { Quota } from "../../src/ops/quota.ts";
import { query, startApi } from "../support/api.ts";
import { configOf } from "../support/config.ts";
import { NOW_MS } from "../support/context.ts";

const nowMs = () => NOW_MS;

function participate(experiment: string, further: Readonly<Record<string, string>> = {}): string {
  return `/participate?${query({ experiment, alternatives: ["a", "b"], client_id: "1", ...further })}`;
}

describe("a server of declared experiments only", () => {
  it("refuses an unknown one by 403, with its name, and makes nothing", async () => {
    const api = await startApi({ settings: { declaredOnly: true } });
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
    expect(await api.store.listExperiments()).toEqual([]);
    await api.close();
  });

  it("serves one that exists like any other", async () => {
    const open = await startApi();
    await open.get(participate("known"));
    const api = await startApi({ store: open.store, settings: { declaredOnly: true } });
    expect((await api.get(participate("known", { client_id: "2" }))).status).toBe(200);
    await open.close();
    await api.close();
  });
});

describe("a quota of new experiments", () => {
  it("is the address's own, of the connection or as a proxy saw it, never the visitor's", async () => {
    const newExperiments = new Quota({ max: 2, windowMs: 3_600_000, nowMs });
    const callerOf = callerReader(configOf({ proxy_fix: "true", new_experiments_per_hour: "2" }));
    const api = await startApi({ settings: { newExperiments }, ...(callerOf === undefined ? {} : { callerOf }) });
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
    const charge = requestCharge(settings, nowMs);
    const api = await startApi({ charge, ...(callerOf === undefined ? {} : { callerOf }) });
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
    const api = await startApi({ charge: requestCharge(settings, nowMs) });
    const call = { participate: { experiment: "quota", alternatives: ["a", "b"], client_id: "1" } };
    expect((await api.post("/batch", { calls: [call, call] })).status).toBe(200);
    expect((await api.post("/batch", { calls: [call, call] })).status).toBe(429);
    await api.close();
  });

  it("costs nothing where none is set", () => {
    expect(callerReader(configOf({}))).toBeUndefined();
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
