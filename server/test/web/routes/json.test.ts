import { describe, expect, test } from "vitest";
import { PAGE_SIZE } from "../../../src/service/report/listing.ts";
import * as make from "../../support/make.ts";
import { createExperiment, crowd, openApp, record } from "../support.ts";

async function dashboard() {
  const context = make.context();
  await createExperiment(context, "button", ["red", "blue"]);
  await record(context, "button", [
    ...crowd(0, 2, 1, "2024-12-29"),
    ...crowd(1, 3, 2, "2024-12-30"),
    { client: "out", index: null },
    { client: "buyer", index: 0, day: "2025-01-02", converts: ["sales"], value: 12.5 },
    { client: "reader", index: 0, day: "2025-01-02", converts: ["Reads"] },
  ]);
  return { context, app: openApp(context) };
}

describe("the JSON of an experiment", () => {
  test("adds its own fields beside those of 2.7", async () => {
    const { app } = await dashboard();
    expect((await app.inject("/experiments/button.json?kpi=sales")).json()).toMatchObject({
      kpi: "sales",
      kpis: ["Reads", "sales"],
      excluded_clients: 1,
      total_participants: 7,
      total_conversions: 1,
      alternatives: [{ events: 1, value_sum: 12.5 }, { events: 0 }],
      definition: { state: "active", policy: "uniform", traffic_fraction: 1, weights: null },
    });
  });

  test("under a KPI answers as 2.7 did, with the truth beside it", async () => {
    const { app, context } = await dashboard();
    await createExperiment(context, "old", ["a", "b"], { description: "kept" });
    await record(context, "old", [{ client: "c", index: 0, converts: ["sales"] }]);
    await app.inject({ method: "POST", url: "/experiments/old/pause" });
    await app.inject({ method: "POST", url: "/experiments/old/winner", payload: { alternative_name: "b" } });
    expect((await app.inject("/experiments/old.json?kpi=sales")).json()).toMatchObject({
      description: null,
      is_paused: false,
      has_winner: false,
      winner: "",
      created_at: null,
      definition: { description: "kept", state: "paused", winner: "b", created_at: "2025-03-01T12:00:00.000Z" },
    });
  });

  test("has ISO weeks, where 2.7 had an error", async () => {
    const { app } = await dashboard();
    const body = (await app.inject("/experiments/button.json?period=week")).json();
    expect(body.period).toBe("week");
    expect(body.alternatives[0].data).toEqual([
      { date: "2024-W52", participants: 2, conversions: 1 },
      { date: "2025-W01", participants: 2, conversions: 0 },
    ]);
  });

  test("has the description as HTML beside its Markdown, in the list too; nothing where there is none", async () => {
    const { app } = await dashboard();
    const read = async () => (await app.inject("/experiments/button.json")).json();
    expect(await read()).not.toHaveProperty("pretty_description");
    await app.inject({ method: "POST", url: "/experiments/button/description", payload: { description: "*why*" } });
    // As Sixpack 2.7 rendered it, with Markdown 2.3.1.
    expect(await read()).toMatchObject({ description: "*why*", pretty_description: "<p><em>why</em></p>" });
    const { experiments } = (await app.inject("/experiments.json")).json();
    expect(experiments).toContainEqual(expect.objectContaining({ pretty_description: "<p><em>why</em></p>" }));
    expect((await app.inject("/experiments/button.json?kpi=sales")).json()).not.toHaveProperty("pretty_description");
  });

  test("puts no HTML, picture or script of a description into the HTML it gives", async () => {
    const { app } = await dashboard();
    const hostile =
      "<script>x</script> <b onclick=x>b</b> ![p](http://x/p.png) [j](javascript:x) [l](http://a.example)";
    await app.inject({ method: "POST", url: "/experiments/button/description", payload: { description: hostile } });
    const { pretty_description: html } = (await app.inject("/experiments/button.json")).json();
    expect(html.match(/<[^>]*>/g)).toEqual([
      "<p>",
      '<a href="http://x/p.png">',
      "</a>",
      '<a href="http://a.example">',
      "</a>",
      "</p>",
    ]);
  });

  test("gives created_at as 2.7 wrote it", async () => {
    const { app } = await dashboard();
    expect((await app.inject("/experiments/button.json")).json().created_at).toBe("2025-03-01 12:00");
  });

  test("has an ETag that changes with the counts and spares the body while they stay", async () => {
    const { app, context } = await dashboard();
    const url = "/experiments/button.json";
    const first = await app.inject(url);
    const etag = String(first.headers.etag);
    for (const header of [etag, `W/${etag}`, `"x", ${etag}`, "*"]) {
      const answer = await app.inject({ url, headers: { "if-none-match": header } });
      expect([header, answer.statusCode, answer.body]).toEqual([header, 304, ""]);
    }
    await record(context, "button", [{ client: "one more", index: 1 }]);
    const changed = await app.inject({ url, headers: { "if-none-match": etag } });
    expect(changed.statusCode).toBe(200);
    expect(changed.headers.etag).not.toBe(etag);
  });

  test.each([
    ["/experiments/nobody.json", 404, "experiment-not-found"],
    ["/experiments/__proto__.json", 404, "experiment-not-found"],
    ["/experiments/button.json?kpi=nothing", 404, "unknown-kpi"],
    ["/experiments/button.json?kpi=__proto__", 404, "unknown-kpi"],
    ["/experiments/button.json?period=hour", 400, "invalid-period"],
    ["/experiments.json?period=constructor", 400, "invalid-period"],
    ["/experiments.json?sort=luck", 400, "invalid-form"],
    ["/experiments.json?status=gone", 400, "invalid-form"],
    ["/experiments.json?page=0", 400, "invalid-form"],
  ])("%s is refused with %i %s", async (url, status, code) => {
    const { app } = await dashboard();
    const answer = await app.inject(url);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ status: "failed", code });
  });
});

describe("the list", () => {
  async function many() {
    const context = make.context();
    for (let number = 0; number < PAGE_SIZE + 10; number += 1) {
      const name = `e-${String(number).padStart(3, "0")}`;
      await createExperiment(context, name, ["a", "b"], { createdAtMs: make.NOW_MS - number * 60_000 });
    }
    await record(context, "e-007", crowd(0, 9, 0, "2025-02-01"));
    await record(context, "e-011", crowd(0, 2, 0, "2025-02-09"));
    const app = openApp(context);
    const act = (name: string, action: string) => app.inject({ method: "POST", url: `/experiments/${name}/${action}` });
    await act("e-001", "pause");
    await act("e-002", "archive");
    await act("e-003", "pause");
    await act("e-003", "archive");
    await app.inject({ method: "POST", url: "/experiments/e-005/description", payload: { description: "Über uns" } });
    const names = async (query: string): Promise<string[]> => {
      const body: { experiments: { name: string }[] } = (await app.inject(`/experiments.json${query}`)).json();
      return body.experiments.map(({ name }) => name);
    };
    return { app, names };
  }

  test("without arguments holds every active experiment, as in 2.7", async () => {
    const { names } = await many();
    const all = await names("");
    expect(all).toHaveLength(PAGE_SIZE + 7);
    expect(all).not.toContain("e-001");
    expect(all).toEqual([...all].sort());
  });

  test("selects by status and text, sorts, and turns pages", async () => {
    const { names } = await many();
    expect(await names("?status=paused")).toEqual(["e-001"]);
    expect(await names("?status=archived")).toEqual(["e-002", "e-003"]);
    expect(await names("?status=all&page=2")).toHaveLength(10);
    expect(await names("?status=all&page=9")).toEqual([]);
    expect(await names("?q=%C3%BCBER")).toEqual(["e-005"]);
    expect((await names("?sort=participants"))[0]).toBe("e-007");
    expect((await names("?sort=activity")).slice(0, 2)).toEqual(["e-011", "e-007"]);
    expect((await names("?sort=newest"))[0]).toBe("e-000");
  });

  test("counts each status, whatever is shown", async () => {
    const { app } = await many();
    expect((await app.inject("/experiments.json?q=e-007")).json()).toMatchObject({
      selected: 1,
      pages: 1,
      counts: { active: PAGE_SIZE + 7, paused: 1, archived: 2, all: PAGE_SIZE + 10 },
    });
  });

  test("is a page at the paths of 2.7", async () => {
    const { app } = await many();
    expect((await app.inject("/")).body).toContain('href="/experiments/e-000/">e-000</a>');
    expect((await app.inject("/paused")).body).toContain("e-001");
    expect((await app.inject("/archived")).body).toContain("e-002");
    expect((await app.inject("/all?page=2")).body).toContain("e-059");
  });
});

describe("pages", () => {
  test("of an experiment are found with and without the slash at the end", async () => {
    const { app } = await dashboard();
    expect((await app.inject("/experiments/button")).headers.location).toBe("/experiments/button/");
    const page = await app.inject("/experiments/button/?kpi=sales");
    expect(page.statusCode).toBe(200);
    expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
  });

  test("let nothing in or out but what is their own", async () => {
    const { app } = await dashboard();
    for (const url of ["/", "/experiments/button/", "/nowhere"]) {
      const { headers } = await app.inject({ url, headers: { accept: "text/html" } });
      expect(headers["content-security-policy"]).toBe(
        "default-src 'none';script-src 'self';style-src 'self';img-src 'self';connect-src 'self';" +
          "form-action 'self';base-uri 'none';frame-ancestors 'none'",
      );
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(headers["cache-control"]).toBe("no-store");
    }
  });

  test.each([
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "{{7*7}}",
    "</textarea>",
  ])("show a description of %j as text", async (payload) => {
    const { app } = await dashboard();
    await app.inject({ method: "POST", url: "/experiments/button/description", payload: { description: payload } });
    const { body } = await app.inject("/experiments/button/");
    const escaped = payload.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
    expect(body).toContain(escaped);
    expect(body).not.toMatch(
      /<script(?! type="module" src="\/assets\/)|<img|href="javascript|<\/textarea><\/textarea>/,
    );
  });
});
