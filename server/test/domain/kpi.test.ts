import { expect, test } from "vitest";
import { kpiWords } from "../../src/domain/kpi.ts";
import { parseKpiName } from "../../src/domain/names.ts";

test("a sentence calls a KPI by the label that people gave it, unless that is its name with other capitals", () => {
  const signup = parseKpiName("signup");
  expect(kpiWords({ name: signup, label: "New customers" })).toBe("New customers");
  expect(kpiWords({ name: signup, label: "Signup" })).toBe("signup");
  expect(kpiWords({ name: null, label: "Bounces" })).toBe("Bounces");
  expect(kpiWords({ name: null, label: "Default KPI" })).toBe("the default KPI");
});
