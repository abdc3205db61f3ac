/** `/convert` over HTTP: every argument, and every message it is refused with. */
import { describe, expect, it } from "vitest";
import { type Experiment, withArchived, withPaused, withWinner } from "../../src/domain/experiment.ts";
import { namedKpis } from "../../src/domain/experiment-kpis.ts";
import { query, sharedApi } from "../support/api.ts";
import { change, storedExperiment, talliesOf } from "../support/store.ts";

const api = sharedApi();

function participate(experiment: string, client_id = "1") {
  return api.get(`/participate?${query({ experiment, alternatives: ["red", "green"], client_id })}`);
}

function convert(experiment: string, further: Parameters<typeof query>[0] = {}) {
  return api.get(`/convert?${query({ experiment, client_id: "1", ...further })}`);
}

/** Clients, events, sum and squares of one metric, over all cells. */
async function totals(experiment: string, metric: number) {
  const tallies = (await talliesOf(api.store, experiment)).filter((tally) => tally.metric === metric);
  const add = (of: "clients" | "events" | "sum" | "squares") => tallies.reduce((sum, tally) => sum + tally[of], 0);
  return { clients: add("clients"), events: add("events"), sum: add("sum"), squares: add("squares") };
}

function refused(code: string, message: string) {
  return { status: 400, json: { status: "failed", code, message } };
}

describe("a conversion", () => {
  it("is answered with the fields of Sixpack 2.7", async () => {
    const { json } = await participate("fields");
    const alternative = (json as { alternative: { name: string } }).alternative.name;
    expect(await convert("fields")).toMatchObject({
      status: 200,
      text: `{"status":"ok","alternative":{"name":"${alternative}"},"experiment":{"name":"fields"},"conversion":{"value":null,"kpi":null},"client_id":"1"}`,
    });
    expect(await convert("fields", { kpi: "sales", value: "9.5" })).toMatchObject({
      status: 200,
      json: { conversion: { value: 9.5, kpi: "sales" } },
    });
  });

  it("counts a participant once per KPI, and every event with its value", async () => {
    await participate("counted");
    for (const value of ["3", "4", undefined]) await convert("counted", { value });
    await convert("counted", { kpi: "sales", value: "-2" });
    // The participant's total is 7, so the sum over participants of squared totals is 49.
    expect(await totals("counted", 0)).toEqual({ clients: 1, events: 3, sum: 7, squares: 49 });
    expect(await totals("counted", 1)).toEqual({ clients: 1, events: 1, sum: -2, squares: 4 });
    expect(namedKpis(await storedExperiment(api.store, "counted"))).toEqual(["sales"]);
  });

  it("counts once for 50 parallel first conversions of one client", async () => {
    await participate("parallel");
    const replies = await Promise.all(Array.from({ length: 50 }, () => convert("parallel", { kpi: "new" })));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await totals("parallel", 1)).toMatchObject({ clients: 1, events: 50 });
  });

  it("counts an id once per client and KPI, however often it is sent, and answers it every time", async () => {
    for (const client_id of ["1", "2"]) await participate("ids", client_id);
    const retry = () => convert("ids", { id: "order-1", value: 5 });
    const replies = await Promise.all(Array.from({ length: 20 }, retry));
    expect(new Set(replies.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(await totals("ids", 0)).toEqual({ clients: 1, events: 1, sum: 5, squares: 25 });
    await convert("ids", { id: "order-2", value: 5 });
    await convert("ids", { id: "order-1", value: 5, client_id: "2" });
    await convert("ids", { id: "order-1", value: 5, kpi: "sales" });
    // Two orders of the first client, 10² and one of the second, 5².
    expect(await totals("ids", 0)).toEqual({ clients: 2, events: 3, sum: 15, squares: 125 });
    expect(await totals("ids", 1)).toMatchObject({ clients: 1, events: 1 });
  });

  it("with an empty value and id counts as one without: a template had nothing to fill in", async () => {
    await participate("empty");
    for (let call = 0; call < 2; call += 1) {
      expect(await convert("empty", { value: "", id: "" })).toMatchObject({
        status: 200,
        json: { conversion: { value: null, kpi: null } },
      });
    }
    expect(await totals("empty", 0)).toEqual({ clients: 1, events: 2, sum: 0, squares: 0 });
  });

  it("makes a hundred new KPIs at once", async () => {
    await participate("kpis");
    const kpis = Array.from({ length: 100 }, (_, index) => `kpi-${index}`);
    const replies = await Promise.all(kpis.map((kpi) => convert("kpis", { kpi })));
    expect(replies.filter(({ status }) => status !== 200)).toEqual([]);
    expect(new Set(namedKpis(await storedExperiment(api.store, "kpis")))).toEqual(new Set(kpis));
    // KPIS_MAX is 100.
    expect(await convert("kpis", { kpi: "one-more" })).toMatchObject(refused("too-many-kpis", "too many kpis"));
    expect(await convert("kpis", { kpi: "kpi-7" })).toMatchObject({ status: 200 });
  });

  it("counts on the day of datetime", async () => {
    await participate("dated");
    await convert("dated", { datetime: "2024-12-31T23:59:59-11:00" });
    const tallies = (await talliesOf(api.store, "dated")).filter(({ metric }) => metric === 0);
    expect(tallies.map(({ subset }) => subset)).toContainEqual({
      kind: "day",
      day: Date.UTC(2024, 11, 31) / 86_400_000,
    });
  });

  it("of a robot or an ignored address is answered and not counted", async () => {
    await participate("filtered");
    for (const further of [{ user_agent: "Googlebot/2.1" }, { ip_address: "10.0.0.7" }, { user_agent: "" }]) {
      const reply = await convert("filtered", further);
      expect(reply).toMatchObject({ status: 200, text: '{"status":"ok","excluded":"true"}' });
    }
    expect(await totals("filtered", 0)).toMatchObject({ clients: 0, events: 0 });
  });

  it.each(["constructor", "toString", "__proto__"])("knows no KPI that nobody made: %s", async (kpi) => {
    await participate("prototype");
    const reply = await convert("prototype", { kpi });
    expect(reply.status).toBe(kpi === "__proto__" ? 400 : 200);
    expect(namedKpis(await storedExperiment(api.store, "prototype")).includes(kpi as never)).toBe(kpi !== "__proto__");
  });

  it("goes on counting when the experiment has a winner", async () => {
    await participate("won");
    await change(api.store, "won", (experiment) => withWinner(experiment, "red"));
    expect(await convert("won")).toMatchObject({ status: 200 });
    expect(await totals("won", 0)).toMatchObject({ clients: 1 });
  });
});

describe("a conversion is refused", () => {
  it.each([
    ["no experiment", { experiment: undefined }],
    ["no client id", { client_id: undefined }],
    ["an empty client id", { client_id: "" }],
  ])("with %s", async (_what, further) => {
    expect(await convert("refused", further)).toMatchObject(refused("missing-arguments", "missing arguments"));
  });

  it.each(["nobody-made-this", "", "__proto__", "constructor", "a\0b", "🎲"])(
    "for the unknown experiment %j",
    async (name) => {
      expect(await convert(name)).toMatchObject(refused("unknown-experiment", "experiment does not exist"));
    },
  );

  it("from a client that doesn't participate, and allocates nothing", async () => {
    await participate("strangers");
    const expected = refused("not-participating", "this client was not participating");
    for (const kpi of [undefined, "sales", "not a name"]) {
      expect(await convert("strangers", { client_id: "stranger", kpi })).toMatchObject(expected);
    }
    expect(namedKpis(await storedExperiment(api.store, "strangers"))).toEqual([]);
    expect(await talliesOf(api.store, "strangers")).toHaveLength(1);
  });

  it("from a client outside the traffic fraction", async () => {
    // Position 0.27… is above 0.000001, as is nearly every client's.
    const call = query({ experiment: "excluded", alternatives: ["a", "b"], client_id: "1", traffic_fraction: "1e-6" });
    await api.get(`/participate?${call}`);
    const expected = refused("not-participating", "this client was not participating");
    expect(await convert("excluded")).toMatchObject(expected);
    expect(await convert("excluded", { kpi: "sales" })).toMatchObject(expected);
  });

  it.each<[string, string, string, (experiment: Experiment) => Experiment]>([
    [
      "archived",
      "experiment-archived",
      "this experiment is archived and can no longer be updated",
      (experiment) => withArchived(experiment, true),
    ],
    [
      "paused",
      "experiment-paused",
      "this experiment is paused and can not receive updates.",
      (experiment) => withPaused(experiment, true),
    ],
  ])("while the experiment is %s", async (name, code, message, next) => {
    await participate(name);
    await change(api.store, name, next);
    expect(await convert(name)).toMatchObject(refused(code, message));
    expect(await totals(name, 0)).toMatchObject({ events: 0 });
  });

  it.each(["", "_x", "a b", "é", "a\0", "x".repeat(256)])("with %j as the name of a new KPI", async (kpi) => {
    await participate("kpi-names");
    expect(await convert("kpi-names", { kpi })).toMatchObject(refused("invalid-kpi-name", "invalid kpi name"));
  });

  it.each(["NaN", "Infinity", "-Infinity", "1e13", "-1e13", " ", "ten", "1,5", "1e999"])(
    "with value=%s",
    async (value) => {
      await participate("values");
      expect(await convert("values", { value })).toMatchObject(refused("invalid-value", "invalid value"));
      expect(await totals("values", 0)).toMatchObject({ events: 0 });
    },
  );

  it.each(["x".repeat(1025), "\0"])("with the client id %j", async (client_id) => {
    expect(await convert("refused", { client_id })).toMatchObject(refused("invalid-client-id", "invalid client id"));
  });

  it("with an id of more than 255 characters", async () => {
    const id = "x".repeat(256);
    expect(await convert("refused", { id })).toMatchObject(refused("invalid-event-id", "invalid id"));
    await participate("longest-id");
    expect(await convert("longest-id", { id: id.slice(1) })).toMatchObject({ status: 200 });
  });

  it("with a datetime that is no date", async () => {
    const expected = refused("invalid-datetime", "invalid datetime");
    expect(await convert("refused", { datetime: "2025-02-29" })).toMatchObject(expected);
  });

  it("and takes the largest values on either side", async () => {
    await participate("largest");
    for (const value of ["1e12", "-1e12", "-0", "0x10"])
      expect(await convert("largest", { value })).toMatchObject({ status: 200 });
    // 1e12 - 1e12 + 0 + 16
    expect(await totals("largest", 0)).toMatchObject({ events: 4, sum: 16 });
  });
});
