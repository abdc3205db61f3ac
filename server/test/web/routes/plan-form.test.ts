import { expect, test } from "vitest";
import { planField } from "../../../src/service/administer/plan-fields.ts";
import * as make from "../../support/make.ts";
import { Browser } from "../access/people.ts";
import { createExperiment, crowd, openApp, record } from "../support.ts";

test("takes repeated fields as rows, one KPI each", () => {
  expect(
    planField({ kpi: ["order", "", "refund"], role: ["primary", "secondary", "guardrail"], better: ["", "", "lower"] }),
  ).toMatchObject({
    primary: { kpi: "order" },
    secondary: [{ kpi: "" }],
    guardrails: [{ kpi: "refund", better: "lower" }],
  });
});

test("leaves out rows without a role, and reads those of a form that was shown again", () => {
  const rows = { kpi: ["", "order", "refund", ""], role: ["none", "primary", "guardrail", "none"] };
  const joined = { kpi: ",order,refund,", role: "none,primary,guardrail,none" };
  for (const form of [rows, joined]) {
    expect(planField(form)).toMatchObject({
      primary: { kpi: "order" },
      secondary: [],
      guardrails: [{ kpi: "refund" }],
    });
  }
});

test("takes single fields and numbers of a JSON body, and null for left out", () => {
  expect(planField({ kpi: "order", baseline_rate: 0.05, minimum_uplift: "10%", power: null })).toMatchObject({
    primary: { kpi: "order" },
    baseline_rate: "0.05",
    minimum_uplift: "10%",
    power: undefined,
  });
  expect(planField({ roll_back: "each" })).toMatchObject({ roll_back: "each" });
  expect(planField({})).toMatchObject({ primary: undefined, secondary: [] });
  expect(planField(null)).toMatchObject({ guardrails: [] });
  expect(planField({ clear: "true", kpi: "order" })).toBeNull();
});

test("names what it expected of a role, and one primary KPI", () => {
  expect(() => planField({ kpi: "a", role: "main" })).toThrow("invalid form");
  expect(() => planField({ kpi: ["a", "b"], role: ["primary", "primary"] })).toThrow("invalid form");
});

test("is saved by POST /experiments/<name>/plan, and answered when it can't be", async () => {
  const context = make.context();
  await createExperiment(context, "button");
  const app = openApp(context);
  const post = (payload: object) =>
    app.inject({
      method: "POST",
      url: "/experiments/button/plan",
      headers: { accept: "application/json" },
      payload,
    });
  expect((await post({ baseline_rate: 0.05, minimum_uplift: "20%" })).statusCode).toBe(200);
  const refused = await post({ baseline_rate: 5, minimum_uplift: "20%" });
  expect(refused.statusCode).toBe(400);
  expect(refused.json()).toMatchObject({ code: "invalid-plan" });
  const json = (await app.inject({ url: "/experiments/button.json" })).json();
  expect(json.report.planning.plan.size).toMatchObject({ participants: 17_125, baseline_rate: 0.05 });
});

test("a form that is refused is shown again as it was filled in, with what is wrong", async () => {
  const context = make.context();
  await createExperiment(context, "button");
  const browser = new Browser(openApp(context, { csrfDisabled: false }));
  const form = {
    baseline_rate: "500%",
    minimum_uplift: "<b>12%",
    power: "90%",
    kpi: ",order,",
    role: "secondary,primary,none",
    better: "higher,lower,higher",
    decides_on: "rate,mean,rate",
    margin: ",7%,",
  };
  const refused = await browser.post("/experiments/button/plan", form);
  expect(refused.statusCode).toBe(400);
  expect(/role="alert">\s*(.*?)</.exec(refused.body)?.[1]).toBe(
    "This needs the mean per visitor and the standard deviation for a KPI that decides on its mean, not the rate now.",
  );
  for (const value of ["500%", "&lt;b>12%", "90%", "7%"]) expect(refused.body).toContain(`value="${value}"`);
  const [defaultRow = "", orderRow = "", blankRow = "", ...more] = refused.body.split("<tr>").slice(2);
  expect(defaultRow).toMatch(/value="secondary" selected/);
  expect(orderRow).toMatch(/name="kpi"[^>]*value="order"/);
  expect(orderRow).toMatch(/value="primary" selected[\s\S]*value="lower" selected[\s\S]*value="mean" selected/);
  expect(blankRow).toMatch(/value="none" selected/);
  expect(more).toEqual([]);
  expect((await context.store.definitions.list())[0]?.planning.plan).toBeNull();
  const mended = await browser.post("/experiments/button/plan", {
    ...form,
    baseline_rate: "",
    baseline_mean: "4.2",
    baseline_deviation: "31",
    minimum_uplift: "12%",
  });
  expect(mended.statusCode).toBe(302);
});

test("tells whoever looks for too little how many visitors that takes, and not of a field that is not there", async () => {
  const context = make.context();
  await createExperiment(context, "button");
  const browser = new Browser(openApp(context, { csrfDisabled: false }));
  const form = { baseline_rate: "1", minimum_uplift: "0.1", numbers: "percent" };
  const refused = await browser.post("/experiments/button/plan", form);
  expect(/role="alert">\s*(.*?)</.exec(refused.body)?.[1]).toMatch(
    /^The smallest uplift that matters has to be one that 1,000,000,000 visitors can find, not &quot;0\.1%&quot;, which takes \d,\d{3},\d{3},\d{3}\.$/,
  );
});

test("says what a plan would take, and sets none", async () => {
  const context = make.context();
  await createExperiment(context, "button");
  const browser = new Browser(openApp(context, { csrfDisabled: false }));
  const form = { kpi: "", role: "primary", baseline_rate: "5", minimum_uplift: "20", numbers: "percent" };
  const answerTo = async (more: object) =>
    /class="plan-answer[^>]*>(.*?)<\/div>/s
      .exec((await browser.post("/experiments/button/plan/answer", { ...form, ...more })).body)?.[1]
      ?.replaceAll(/<[^>]*>/g, "");
  // As many as the plan that was saved above.
  expect(await answerTo({})).toBe(
    "17,125 visitors in all, to find such a change 80% of the time. No recent traffic to tell the days left.",
  );
  expect(await answerTo({ power: "90" })).toMatch(/^2\d,\d{3} visitors in all, to find such a change 90% of the time/);
  expect(await answerTo({ baseline_rate: "500" })).toBe(
    "The rate now has to be between 0% and 100%, not &quot;500%&quot;.",
  );
  expect(await answerTo({ baseline_rate: "", minimum_uplift: "" })).toBe("");
  expect((await context.store.definitions.list())[0]?.planning.plan).toBeNull();
});

test("has a page of its own, with the plan in force", async () => {
  const context = make.context();
  await createExperiment(context, "button");
  const browser = new Browser(openApp(context, { csrfDisabled: false }));
  expect((await browser.get("/experiments/button/plan")).body).toContain("Set plan");
  await browser.post("/experiments/button/plan", { baseline_rate: "5%", minimum_uplift: "12%", power: "90%" });
  const { statusCode, body } = await browser.get("/experiments/button/plan");
  expect(statusCode).toBe(200);
  for (const value of ["5", "12", "90"]) expect(body).toContain(`value="${value}"`);
  expect(body).toContain("Change plan");
  expect((await browser.get("/experiments/nothing/plan")).statusCode).toBe(404);
});

test("is asked for without a figure where the visitors could show a doubling at best", async () => {
  const context = make.context();
  await createExperiment(context, "button");
  await record(context, "button", [...crowd(0, 150, 5), ...crowd(1, 150, 5)]);
  const { body } = await openApp(context).inject({ url: "/experiments/button/", headers: { accept: "text/html" } });
  expect(body).toContain("Without a plan, the visitors so far are too few to find even a doubling.");
});
