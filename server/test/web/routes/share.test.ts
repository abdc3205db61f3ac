import { describe, expect, test } from "vitest";
import { currentEpoch } from "../../../src/domain/experiment.ts";
import * as make from "../../support/make.ts";
import { Browser, tokenIn } from "../access/people.ts";
import { createExperiment, openApp } from "../support.ts";

async function dashboard() {
  const context = make.context();
  await createExperiment(context, "button", ["red", "blue", "green"]);
  const app = openApp(context, { csrfDisabled: false });
  const [experiment] = await context.store.definitions.list();
  if (experiment === undefined) throw new Error("Expected an experiment");
  const stored = async () => (await context.store.definitions.read(experiment.name)) ?? experiment;
  const scripts = openApp(context);
  const send = (path: string, payload: object) =>
    scripts.inject({
      method: "POST",
      url: `/experiments/button/${path}`,
      headers: { accept: "application/json" },
      payload,
    });
  return { app, browser: new Browser(app), stored, send };
}

describe("the actions of sharing out", () => {
  test.each([
    ["weights", { weights: [1, 3, 0] }],
    ["weights", { weights: ["1", "3", "0"] }],
    ["weights", { weights: "1, 3, 0" }],
  ])("%s takes one number per alternative in any spelling: %j", async (path, payload) => {
    const { send, stored } = await dashboard();
    const answer = await send(path, payload);
    expect(answer.json()).toMatchObject({
      status: "ok",
      definition: { policy: "weighted", weights: [0.25, 0.75, 0], epoch: 1 },
    });
    expect(currentEpoch(await stored()).reason).toBe("weights: red 25%, blue 75%, green 0%");
  });

  test.each([
    [{ traffic_fraction: 0.3 }, 0.3],
    [{ traffic_fraction: "0.3" }, 0.3],
    [{ traffic_percent: 30 }, 0.3],
    [{ traffic_percent: "2.5 %" }, 0.025],
  ])("traffic takes a fraction or percent: %j", async (payload, fraction) => {
    const { send, stored } = await dashboard();
    expect((await send("traffic", payload)).statusCode).toBe(200);
    expect(currentEpoch(await stored()).trafficFraction).toBe(fraction);
  });

  test("layer takes a slice by the form of the page, and says in its words what is taken and what is free", async () => {
    const { app, browser, send } = await dashboard();
    const other = { name: "basket", alternatives: "a,b", layer: "checkout", slice: "0.5,0.75" };
    const declared = await app.inject({
      method: "POST",
      url: "/experiments",
      headers: { accept: "application/json", "content-type": "application/json" },
      payload: JSON.stringify(other),
    });
    expect(declared.json()).toMatchObject({ status: "ok" });
    const path = "/experiments/button/layer";
    await browser.post(path, { layer: "checkout", slice_percent: "0,33.3" });
    expect((await browser.get("/experiments/button/share")).body).toContain('value="33.3"');
    expect((await browser.get("/experiments/button/")).body).toContain("of the slice checkout 0–33.3%");
    const taken = await browser.post(path, { layer: "checkout", slice_percent: "40,60" });
    expect(taken.body).toContain("It is taken: checkout 40–60%, of which basket has 50–75% until it is archived.");
    expect(taken.body).toContain("Free: 0–50%, 75–100%");
    const wrong = await browser.post(path, { layer: "checkout", slice_percent: "60,40" });
    expect(wrong.body).toContain("A slice goes from one percentage to another");
    expect((await send("layer", { layer: "checkout", slice: [0, 0.5] })).json()).toMatchObject({
      definition: { layer: { name: "checkout", slice: [0, 0.5] } },
    });
  });

  test("policy turns a bandit on with its goal, and off again", async () => {
    const { send } = await dashboard();
    expect((await send("policy", { policy: "thompson" })).json()).toMatchObject({
      definition: { policy: "thompson", goal: "earn", weights: null },
    });
    expect((await send("policy", { policy: "thompson", goal: "learn" })).json()).toMatchObject({
      definition: { goal: "learn", epoch: 2 },
    });
    expect((await send("policy", { policy: "uniform" })).json()).toMatchObject({
      definition: { policy: "uniform", goal: null, epoch: 3 },
    });
  });

  test("alternatives are added and retired, and both can be seen in the definition", async () => {
    const { send } = await dashboard();
    await send("alternatives", { alternative: "grey" });
    expect((await send("alternatives/blue/retire", {})).json()).toMatchObject({
      definition: {
        alternatives: [
          { name: "red", added_in_epoch: 0, retired_in_epoch: null },
          { name: "blue", added_in_epoch: 0, retired_in_epoch: 2 },
          { name: "green", added_in_epoch: 0, retired_in_epoch: null },
          { name: "grey", added_in_epoch: 1, retired_in_epoch: null },
        ],
      },
    });
  });

  test.each([
    ["weights", {}, "invalid-form"],
    ["weights", { weights: [1, 2] }, "invalid-weights"],
    ["weights", { weights: [1, -2, 1] }, "invalid-weights"],
    ["weights", { weights: [0, 0, 0] }, "invalid-weights"],
    ["weights", { weights: ["NaN", 1, 1] }, "invalid-weights"],
    ["weights", { weights: [{}, 1, 1] }, "invalid-form"],
    ["traffic", {}, "invalid-form"],
    ["traffic", { traffic_fraction: 0 }, "invalid-traffic-fraction"],
    ["traffic", { traffic_fraction: "1.01" }, "invalid-traffic-fraction"],
    ["traffic", { traffic_percent: "101" }, "invalid-traffic-fraction"],
    ["traffic", { traffic_percent: "%" }, "invalid-traffic-fraction"],
    ["policy", {}, "invalid-form"],
    ["policy", { policy: "weighted" }, "invalid-form"],
    ["policy", { policy: "thompson", goal: "win" }, "invalid-form"],
    ["alternatives", {}, "invalid-form"],
    ["alternatives", { alternative: "-x" }, "invalid-alternative-name"],
    ["alternatives", { alternative: "blue" }, "duplicate-alternatives"],
    ["alternatives/red/retire", {}, "control-retired"],
    ["alternatives/grey/retire", {}, "unknown-alternative"],
  ])("%s with %j is refused as %s, and changes nothing", async (path, payload, code) => {
    const { send, stored } = await dashboard();
    const before = await stored();
    const answer = await send(path, payload);
    expect([answer.statusCode, answer.json()]).toMatchObject([400, { status: "failed", code }]);
    expect(answer.json()).toHaveProperty("detail");
    expect(await stored()).toEqual(before);
  });

  test("an alternative is not retired twice, nor the last but one", async () => {
    const { send } = await dashboard();
    await send("alternatives/blue/retire", {});
    expect((await send("alternatives/blue/retire", {})).json()).toMatchObject({ code: "alternative-retired" });
    expect((await send("alternatives/green/retire", {})).json()).toMatchObject({ code: "too-few-alternatives" });
  });
});

describe("the page of sharing out", () => {
  test("says whom a change is for, and holds a form for each action with what is in force", async () => {
    const { browser, send } = await dashboard();
    await send("weights", { weights: [1, 3, 0] });
    const { statusCode, body } = await browser.get("/experiments/button/share");
    expect(statusCode).toBe(200);
    expect(body).toContain("A change is for new visitors");
    for (const path of ["weights", "traffic", "policy", "alternatives"]) {
      expect(body).toContain(`action="/experiments/button/${path}"`);
    }
    expect(body).toContain('href="/experiments/button/alternatives/blue/retire"');
    expect(body).not.toContain("alternatives/red/retire");
    expect(body).toMatch(/name="weights"[^>]*value="25"/);
    expect(body).toMatch(/name="traffic_percent"[^>]*value="100"/);
    expect(tokenIn(body)).toBeDefined();
    expect((await browser.get("/experiments/nobody/share")).statusCode).toBe(404);
  });

  test("tells a refusal beside the forms, and what is done after the redirect", async () => {
    const { browser } = await dashboard();
    const refused = await browser.post("/experiments/button/traffic", { traffic_percent: "0" });
    expect(refused.statusCode).toBe(400);
    expect(refused.body).toContain("The traffic has to be above 0% and at most 100%");
    expect(refused.body).toContain('action="/experiments/button/traffic"');
    const done = await browser.post("/experiments/button/traffic", { traffic_percent: "50" });
    expect(done.headers.location).toBe("/experiments/button/");
    expect((await browser.get("/experiments/button/")).body).toContain("button, for new visitors: traffic 100% → 50%.");
  });

  test("says who decides the traffic, here and on the page of the experiment, and lets it be given back", async () => {
    const { browser, stored } = await dashboard();
    const pages = ["/experiments/button/share", "/experiments/button/"];
    const release = 'action="/experiments/button/traffic/release"';
    for (const page of pages) {
      const { body } = await browser.get(page);
      expect([body.includes("until you set it"), body.includes(release)]).toEqual([true, false]);
    }
    await browser.post("/experiments/button/traffic", { traffic_percent: "50" });
    expect((await browser.get("/experiments/button/")).body).toContain("Calls don't change it.");
    for (const page of pages) expect((await browser.get(page)).body).toContain(release);
    await browser.post("/experiments/button/traffic/release");
    const { body } = await browser.get("/experiments/button/");
    expect(body).toContain("Calls may change the traffic of button again.");
    expect(body).toContain("let calls change the traffic again");
    expect(await stored()).not.toHaveProperty("trafficHeld");
    const [, undo = ""] = /name="at_ms" value="(\d+)"/.exec(body) ?? [];
    await browser.post("/experiments/button/undo", { at_ms: undo, action: "release-traffic" });
    expect(await stored()).toMatchObject({ trafficHeld: true });
  });

  test("that comes too late shows all weights again", async () => {
    const { browser } = await dashboard();
    const late = await browser.post("/experiments/button/weights", { weights: "1,3,0", _csrf_token: "old" });
    expect(late.statusCode).toBe(403);
    expect(late.body).toContain('value="1,3,0"');
  });
});
