import fc from "fast-check";
import { expect, test } from "vitest";
import { createExperiment, openApp, testContext } from "./support.ts";

const segment = fc.oneof(
  fc.constantFrom("", "experiments", "button", "button.json", "winner", "reset", "pause", "export", "..", "%00", "%zz"),
  fc.string({ unit: "binary", maxLength: 20 }).map((text) => encodeURIComponent(text)),
);
const request = fc.record({
  method: fc.constantFrom("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS"),
  path: fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join("/")}`),
  query: fc.dictionary(
    fc.constantFrom("kpi", "period", "page", "sort", "q", "status", "__proto__", "kpi[]"),
    fc.string({ unit: "binary", maxLength: 10 }),
  ),
  type: fc.constantFrom("application/json", "application/x-www-form-urlencoded", "text/plain", "multipart/form-data"),
  payload: fc.oneof(fc.string({ maxLength: 50 }), fc.json({ maxDepth: 2 })),
  accept: fc.constantFrom("text/html", "application/json", "*/*"),
});

// 2,000 requests: about 1 s. Seeds of failures are printed by fast-check.
test("whatever is sent, the dashboard answers with a refusal or an answer, never with a defect", async () => {
  const context = testContext();
  const app = openApp(context, { debug: true });
  await createExperiment(context, "button");
  await fc.assert(
    fc.asyncProperty(request, async ({ method, path, query, type, payload, accept }) => {
      const answer = await app.inject({
        method: method as "GET",
        url: `${path}?${new URLSearchParams(query)}`,
        headers: { "content-type": type, accept },
        ...(method === "GET" || method === "HEAD" ? {} : { payload }),
      });
      expect(answer.statusCode, answer.body).toBeLessThan(500);
    }),
    { numRuns: 2_000 },
  );
});
