import { expect, test } from "vitest";
import { planField } from "../../src/web/plan-form.ts";
import { createExperiment, openApp, testContext } from "./support.ts";

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

test("takes single fields and numbers of a JSON body, and nothing for what is no text", () => {
  expect(planField({ kpi: "order", baseline_rate: 0.05, minimum_uplift: "10%", power: { a: 1 } })).toMatchObject({
    primary: { kpi: "order" },
    baseline_rate: "0.05",
    minimum_uplift: "10%",
    power: "",
  });
  expect(planField({})).toMatchObject({ primary: undefined, secondary: [] });
  expect(planField(null)).toMatchObject({ guardrails: [] });
  expect(planField({ clear: "true", kpi: "order" })).toBeNull();
});

test("names what it expected of a role, and one primary KPI", () => {
  expect(() => planField({ kpi: "a", role: "main" })).toThrow("invalid form");
  expect(() => planField({ kpi: ["a", "b"], role: ["primary", "primary"] })).toThrow("invalid form");
});

test("is saved by POST /experiments/<name>/plan, and answered when it can't be", async () => {
  const context = testContext();
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
  expect(json.report.planning.plan.size).toMatchObject({ participants: 17_427, baseline_rate: 0.05 });
});
