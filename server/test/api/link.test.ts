/** `/link` and `previous_id`: two ids of one person, over HTTP. */
import { describe, expect, it } from "vitest";
import { callerReader } from "../../src/cli/wiring-callers.ts";
import { tallyDifferences } from "../../src/domain/tally-differences.ts";
import { type Api, query, sharedApi, startApi } from "../support/api.ts";
import { configOf } from "../support/config.ts";
import * as make from "../support/make.ts";
import { storedExperiment } from "../support/store.ts";

const api = sharedApi();

async function alternativeOf(experiment: string, client_id: string, further: Parameters<typeof query>[0] = {}) {
  const asked = query({ experiment, alternatives: ["red", "green"], client_id, ...further });
  const { json } = await api.get(`/participate?${asked}`);
  return (json as { alternative: { name: string } }).alternative.name;
}

/** Ids that get red and green by themselves. */
async function idsOf(experiment: string): Promise<{ readonly red: string; readonly green: string }> {
  const found: Record<string, string> = {};
  for (let number = 0; Object.keys(found).length < 2; number += 1) {
    const id = `visitor-${number}`;
    found[await alternativeOf(experiment, id, { prefetch: "true" })] ??= id;
  }
  return { red: found["red"] ?? "", green: found["green"] ?? "" };
}

async function participants(experiment: string): Promise<number> {
  const stored = await storedExperiment(api.store, experiment);
  const tallies = await api.store.tallies.read(stored);
  expect(tallyDifferences(tallies, await api.store.tallies.recount(stored))).toEqual([]);
  return tallies
    .filter(({ metric, subset }) => metric === -1 && subset.kind === "day")
    .reduce((sum, { clients }) => sum + clients, 0);
}

describe("a visitor who logs in", () => {
  it("is nobody else's id where the previous one is left out", async () => {
    for (const id of ["ann", "bob"]) await alternativeOf("left-out", id, { previous_id: "" });
    expect(await participants("left-out")).toBe(2);
  });

  it("keeps the alternative of the cookie under the account, and counts once", async () => {
    const { red } = await idsOf("login");
    await alternativeOf("login", red);
    expect(await api.post("/link", { client_id: "account", previous_id: red })).toMatchObject({
      status: 200,
      json: {
        status: "ok",
        client_id: "account",
        previous_id: red,
        experiments: [{ name: "login", alternative: { name: "red" }, conflict: false }],
      },
    });
    expect(await alternativeOf("login", "account")).toBe("red");
    expect(await participants("login")).toBe(1);
  });

  it("is answered by the id that asked, also where a call says it on the way", async () => {
    const { green } = await idsOf("on-the-way");
    await alternativeOf("on-the-way", green);
    const asked = query({
      experiment: "on-the-way",
      alternatives: ["red", "green"],
      client_id: "me",
      previous_id: green,
    });
    expect(await api.get(`/participate?${asked}`)).toMatchObject({
      json: { client_id: "me", alternative: { name: "green" }, reason: "assigned" },
    });
    const other = query({ experiment: "on-the-way", client_id: "phone", previous_id: "me" });
    expect(await api.get(`/convert?${other}`)).toMatchObject({ status: 200, json: { client_id: "phone" } });
    expect(await participants("on-the-way")).toBe(1);
  });

  it("who was known by neither id is one participant by both", async () => {
    const first = await alternativeOf("neither", "account-9", { previous_id: "cookie-9" });
    expect(await alternativeOf("neither", "cookie-9")).toBe(first);
    expect(await participants("neither")).toBe(1);
  });

  it("on a second device, where another alternative was seen, is a conflict, in whichever order it is said", async () => {
    const { red, green } = await idsOf("devices");
    for (const id of [red, green]) await alternativeOf("devices", id);
    const answers = [];
    for (const [client_id, previous_id] of [
      [red, green],
      [green, red],
    ]) {
      const { json } = await api.post("/link", query({ experiment: "devices", client_id, previous_id }));
      answers.push((json as { experiments: unknown }).experiments);
    }
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]).toMatchObject([{ name: "devices", conflict: true }]);
    expect(await alternativeOf("devices", red)).toBe(await alternativeOf("devices", green));
    expect(await participants("devices")).toBe(1);
  });

  it("is no business of a look ahead, a robot, or an experiment that knows nobody", async () => {
    await alternativeOf("nobody", "somebody");
    await alternativeOf("nobody", "a", { previous_id: "somebody", prefetch: "true" });
    await alternativeOf("nobody", "a", { previous_id: "somebody", user_agent: "Googlebot" });
    const robot = query({ experiment: "nobody", client_id: "b", previous_id: "somebody", user_agent: "Googlebot" });
    expect(await api.get(`/convert?${robot}`)).toMatchObject({ json: { excluded: "true" } });
    const asked = query({ experiment: "nobody", client_id: "b" });
    expect(await api.get(`/convert?${asked}`)).toMatchObject({ json: { code: "not-participating" } });
    expect(await api.post("/link", { client_id: "x", previous_id: "y", experiment: "nobody" })).toMatchObject({
      json: { experiments: [] },
    });
    expect(await participants("nobody")).toBe(1);
  });
});

describe("a link", () => {
  it("needs both ids, and an experiment that exists where one is named", async () => {
    expect(await api.post("/link", { client_id: "x" })).toMatchObject({
      status: 400,
      json: { code: "missing-arguments", detail: "Expected client_id and previous_id, got no previous_id" },
    });
    expect(await api.post("/link", { client_id: "x", previous_id: "a\0b" })).toMatchObject({
      status: 400,
      json: { code: "invalid-client-id" },
    });
    const unknown = { client_id: "x", previous_id: "y", experiment: "not there" };
    expect(await api.post("/link", unknown)).toMatchObject({ json: { code: "unknown-experiment" } });
  });

  it("is said by one's own back ends alone, on a server that strangers reach", async () => {
    const open: Api = await startApi({ callerOf: callerReader(configOf({ open: "true" })) });
    try {
      const { alternatives } = await make.created(open.store, make.draft({ name: "open" }));
      const asked = { experiment: "open", alternatives: alternatives.map(({ name }) => name) };
      await open.get(`/participate?${query({ ...asked, client_id: "victim" })}`);
      expect(await open.post("/link", { client_id: "x", previous_id: "victim" })).toMatchObject({
        status: 403,
        json: { code: "reserved-argument", detail: "Expected a key of `api_keys` that has the scope link" },
      });
      const claim = { client_id: "x", previous_id: "victim" };
      await open.get(`/participate?${query({ ...asked, ...claim })}`);
      await open.get(`/convert?${query({ experiment: "open", ...claim })}`);
      const tallies = await open.store.tallies.read(await storedExperiment(open.store, "open"));
      const joined = tallies.filter(({ metric, subset }) => metric === -1 && subset.kind === "day");
      expect(joined.reduce((sum, { clients }) => sum + clients, 0)).toBe(2);
    } finally {
      await open.close();
    }
  });
});
