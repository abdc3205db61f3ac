/** The deliberate differences from Sixpack 2.7, each by what it does now; docs/http-api.md lists them with what 2.7 did. */
import { describe, expect, it } from "vitest";
import { EPOCHS_BY_REQUESTS_MAX } from "../../src/domain/epochs.ts";
import { withWinner } from "../../src/domain/experiment.ts";
import { namedKpis } from "../../src/domain/experiment-kpis.ts";
import { query, sharedApi, startApi } from "../support/api.ts";
import * as make from "../support/make.ts";
import { change, storedExperiment, talliesOf } from "../support/store.ts";

const api = sharedApi();

function participate(experiment: string, further: Parameters<typeof query>[0] = {}) {
  return api.get(`/participate?${query({ experiment, alternatives: ["red", "green"], client_id: "1", ...further })}`);
}

describe("unlike Sixpack 2.7, the server", () => {
  it("leaves the stored traffic fraction alone when a call doesn't name one", async () => {
    await participate("fraction", { traffic_fraction: "0.5" });
    await participate("fraction", { client_id: "2" });
    expect(await api.get("/experiments/fraction")).toMatchObject({ json: { traffic_fraction: 0.5 } });
  });

  it("opens an epoch when a call changes the traffic fraction, up to a limit", async () => {
    // Two versions of a page that name different fractions, in turn.
    for (let call = 0; call < EPOCHS_BY_REQUESTS_MAX + 20; call += 1) {
      const reply = await participate("flapping", { traffic_fraction: call % 2 === 0 ? "0.5" : "0.6" });
      expect(reply.status).toBe(200);
    }
    const { epochs } = await storedExperiment(api.store, "flapping");
    expect(epochs).toHaveLength(EPOCHS_BY_REQUESTS_MAX);
    expect(epochs[1]).toMatchObject({ trafficFraction: 0.6, reason: "traffic 50% → 60%" });
  });

  it("never changes the traffic fraction for a robot", async () => {
    await participate("robot-fraction");
    await participate("robot-fraction", { traffic_fraction: "0.5", user_agent: "Googlebot/2.1" });
    expect(await api.get("/experiments/robot-fraction")).toMatchObject({ json: { traffic_fraction: 1 } });
  });

  it("answers a robot as first visitor by the control, and creates nothing", async () => {
    const reply = await participate("robot-first", { user_agent: "Googlebot/2.1" });
    expect(reply).toMatchObject({
      status: 200,
      text: '{"status":"ok","alternative":{"name":"red"},"experiment":{"name":"robot-first"},"client_id":"1","reason":"no-experiment"}',
    });
    expect(await api.get("/experiments/robot-first")).toMatchObject({ status: 404 });
  });

  it("tells a robot the winner, and doesn't look at the alternatives it names", async () => {
    await participate("robot-winner");
    await change(api.store, "robot-winner", (experiment) => withWinner(experiment, "green"));
    const reply = await participate("robot-winner", { user_agent: "Googlebot/2.1", alternatives: ["old", "older"] });
    expect(reply).toMatchObject({ status: 200, json: { alternative: { name: "green" } } });
  });

  it("tells a robot the control or the winner whatever alternatives it names, none and one too, as 2.7 did", async () => {
    await participate("robot-bare");
    for (const alternatives of [[], ["red"], ["old"]]) {
      const call = { alternatives, user_agent: "Googlebot/2.1" };
      expect(await participate("robot-bare", call)).toMatchObject({ json: { alternative: { name: "red" } } });
      const person = await participate("robot-bare", { ...call, user_agent: "Firefox" });
      expect(person).toMatchObject({ status: 400, json: { code: "too-few-alternatives" } });
    }
    await change(api.store, "robot-bare", (experiment) => withWinner(experiment, "green"));
    const reply = await participate("robot-bare", { alternatives: [], user_agent: "Googlebot/2.1" });
    expect(reply).toMatchObject({ json: { alternative: { name: "green" } } });
  });

  it("never gives a client a second alternative by record_force", async () => {
    const { json } = await participate("second");
    for (const force of ["red", "green"]) {
      const forced = await participate("second", { force, record_force: "true" });
      expect(forced).toMatchObject({ json: { alternative: { name: force } } });
    }
    expect((await participate("second")).json).toEqual(json);
    expect(await talliesOf(api.store, "second")).toMatchObject([{ clients: 1 }]);
  });

  it("allocates nothing for /convert and prefetch of unknown clients", async () => {
    await participate("unknown-clients");
    const before = await talliesOf(api.store, "unknown-clients");
    await api.get("/convert?experiment=unknown-clients&client_id=2&kpi=sales");
    await participate("unknown-clients", { client_id: "2", prefetch: "yes" });
    expect(await talliesOf(api.store, "unknown-clients")).toEqual(before);
    expect(namedKpis(await storedExperiment(api.store, "unknown-clients"))).toEqual([]);
  });

  it.each([
    ["/experiments/nobody-made-this", 404, "experiment-not-found", "experiment not found"],
    ["/experiments/a%00b", 404, "experiment-not-found", "experiment not found"],
    ["/experiments/__proto__", 404, "experiment-not-found", "experiment not found"],
    [
      "/participate?experiment=a&alternatives=b&alternatives=c&client_id=1&traffic_fraction=x",
      400,
      "invalid-traffic-fraction",
      "invalid traffic fraction range",
    ],
    [
      "/participate?experiment=a&alternatives=b&alternatives=c&client_id=1&traffic_dist=x",
      400,
      "invalid-traffic-fraction",
      "invalid traffic fraction range",
    ],
    [
      "/participate?experiment=a&alternatives=b&alternatives=c&client_id=1&datetime=x",
      400,
      "invalid-datetime",
      "invalid datetime",
    ],
    ["/convert?experiment=a&client_id=1&datetime=x", 400, "invalid-datetime", "invalid datetime"],
    ["/convert?experiment=a&client_id=1&value=x", 400, "invalid-value", "invalid value"],
    [
      "/participate?experiment=a&alternatives=b&alternatives=b&client_id=1",
      400,
      "duplicate-alternatives",
      "alternatives must differ from each other",
    ],
  ])("has a message where 2.7 failed: %s", async (path, status, code, message) => {
    expect(await api.get(path)).toMatchObject({ status, json: { status: "failed", code, message } });
  });

  it("counts today in its time zone: the clock it is given says which day it is", async () => {
    await participate("zone");
    // The clock of the tests stands at 2025-03-01, 12:00 UTC.
    expect(await talliesOf(api.store, "zone")).toMatchObject([{ subset: { day: make.DAY } }]);
    expect(await api.get("/experiments/zone")).toMatchObject({ json: { created_at: "2025-03-01 12:00" } });
  });
});

describe("with traffic fractions of requests switched off", () => {
  it("a call can name one for a new experiment and not change a stored one", async () => {
    const strict = await startApi({ callerOf: () => make.stranger("traffic") });
    const call = { experiment: "strict", alternatives: ["a", "b"], client_id: "1" };
    for (const traffic_fraction of ["0.5", "0.7"])
      await strict.get(`/participate?${query({ ...call, traffic_fraction })}`);
    expect(await strict.get("/experiments/strict")).toMatchObject({ json: { traffic_fraction: 0.5 } });
    await strict.close();
  });
});

describe("a server that is switched off", () => {
  it("answers everybody with the control and records nothing", async () => {
    const off = await startApi({ settings: { enabled: false } });
    const call = { experiment: "off", alternatives: ["red", "green"] };
    for (let client_id = 0; client_id < 20; client_id += 1) {
      const reply = await off.get(`/participate?${query({ ...call, client_id })}`);
      expect(reply).toMatchObject({ status: 200, json: { alternative: { name: "red" } } });
    }
    expect(await off.get("/convert?experiment=off&client_id=1")).toMatchObject({
      status: 200,
      json: { alternative: { name: "red" } },
    });
    expect(await talliesOf(off.store, "off")).toEqual([]);
    await off.close();
  });
});
