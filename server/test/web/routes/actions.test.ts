import { describe, expect, test } from "vitest";
import { dimensionText } from "../../../src/domain/segments.ts";
import { ALL_ACTS } from "../../../src/service/administer/acts/undo.ts";
import { RESTORABLE_MS } from "../../../src/store/store.ts";
import * as make from "../../support/make.ts";
import { storedExperiment } from "../../support/store.ts";
import { createExperiment, crowd, openApp, record } from "../support.ts";

async function dashboard() {
  const context = make.context();
  await createExperiment(context, "button", ["red", "blue"]);
  await record(context, "button", [...crowd(0, 4, 1), ...crowd(1, 6, 3)]);
  const app = openApp(context);
  const post = (path: string, form: Record<string, string> = {}, headers: Record<string, string> = {}) =>
    app.inject({
      method: "POST",
      url: `/experiments/button/${path}`,
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      payload: new URLSearchParams(form).toString(),
    });
  const json = async () => (await app.inject("/experiments/button.json")).json();
  return { context, app, post, json };
}

const JSON_PLEASE = { accept: "application/json" };

describe("actions", () => {
  test.each([
    ["pause", {}, "/experiments/button/"],
    ["archive", {}, "/experiments/button/"],
    ["winner/", { alternative_name: "blue" }, "/experiments/button/"],
    ["winner/reset/", {}, "/experiments/button/"],
    ["description", { description: "x" }, "/experiments/button/"],
    ["reset/", {}, "/experiments/button/"],
    ["delete/", {}, "/"],
  ])("%s redirects as 2.7 did, with or without a slash at the end", async (path, form, location) => {
    for (const spelling of [path, path.endsWith("/") ? path.slice(0, -1) : `${path}/`]) {
      const { post } = await dashboard();
      const answer = await post(spelling, form);
      expect(answer.statusCode).toBe(302);
      expect(answer.headers.location).toBe(location);
    }
  });

  const actsWithFields = ALL_ACTS.filter(({ body }) => Object.keys(body).length > 0);
  test.each(actsWithFields.map(({ path, body }) => [path, Object.keys(body)[0]]))(
    "%s refuses %s with a letter too many",
    async (path, field) => {
      const { context, post, json } = await dashboard();
      const before = await json();
      const answer = await post(path.replace("<alternative>", "blue"), { [`${field}x`]: "false" }, JSON_PLEASE);
      expect(answer.json()).toMatchObject({
        code: "invalid-form",
        detail: expect.stringMatching(`got "${field}x" \\(did you mean \`${field}\`\\?\\)$`),
      });
      expect(await json()).toEqual(before);
      expect(await context.store.activity.read({ limit: 10 })).toEqual([]);
    },
  );

  test("a field that is nobody's is passed over, as 2.7 does", async () => {
    const { post, json } = await dashboard();
    expect((await post("pause", { paused: "true", alternative_name: "red" }, JSON_PLEASE)).statusCode).toBe(200);
    expect((await json()).is_paused).toBe(true);
  });

  test("a mistyped field is told with the one that was meant, and a body without fields is refused", async () => {
    const { app, post } = await dashboard();
    expect((await post("schedule", { start_at: "2030-01-01" }, JSON_PLEASE)).json().detail).toBe(
      "Expected fields of `starts_at`, `ends_at`, `close_intake`, `close_intake_at`, `measure_for_days`, `on_harm`, `clear`, " +
        'got "start_at" (did you mean `starts_at`?)',
    );
    const list = { method: "POST" as const, url: "/experiments/button/pause", headers: JSON_PLEASE, payload: ["true"] };
    expect((await app.inject(list)).json().detail).toBe('Expected fields by name, got ["true"]');
    // JSON is read that is nested deeper than it can be written.
    const payload = "[".repeat(20_000) + "]".repeat(20_000);
    const deep = await app.inject({ ...list, payload, headers: { "content-type": "application/json" } });
    expect(deep.statusCode).toBe(400);
    expect((await post("layer", { slice_percent: "10" }, JSON_PLEASE)).json().detail).toBe(
      "Expected `layer` with the slice, got none",
    );
  });

  test("segments are added by the form of the page, kept in their order, and refused with what was expected", async () => {
    const { app, context, post } = await dashboard();
    const page = async () => (await app.inject({ url: "/experiments/button/", headers: { accept: "text/html" } })).body;
    expect(await page()).toContain('action="/experiments/button/segments"');
    expect((await post("segments", { segments: "device, plan=free|pro" })).statusCode).toBe(302);
    expect((await post("segments", { segments: "plan=team plan=free" }, JSON_PLEASE)).statusCode).toBe(400);
    const stored = async () => (await storedExperiment(context.store, "button")).dimensions;
    expect((await stored())?.map(dimensionText)).toEqual(["device", "plan=free|pro"]);
    await post("segments", { segments: "plan=team" });
    await post("segments", { segments: "plan=team" });
    expect((await stored())?.map(dimensionText)).toEqual(["device", "plan=free|pro|team"]);
    expect(await page()).toContain("Told apart by device, plan=free|pro|team");
    const log = await context.store.activity.read({ limit: 10 });
    expect(log.filter(({ action }) => action === "add-segments").map(({ before, after }) => [before, after])).toEqual([
      ["device, plan=free|pro", "device, plan=free|pro|team"],
      [null, "device, plan=free|pro"],
    ]);
    const refused = await post("segments", { segments: "plan" }, JSON_PLEASE);
    expect(refused.json()).toMatchObject({
      code: "invalid-segments",
      detail: 'Expected values, as in plan=free|pro, got "plan"',
    });
  });

  test("archive again what is archived leave it so, as 2.7 did; only a script that says so takes it back", async () => {
    const { post, json } = await dashboard();
    for (let call = 0; call < 3; call += 1) {
      expect((await post("archive")).statusCode).toBe(302);
      expect(await json()).toMatchObject({ is_archived: true });
    }
    expect((await (await post("archive", {}, JSON_PLEASE)).json()).entry).toBeNull();
    await post("archive", { archived: "false" });
    expect(await json()).toMatchObject({ is_archived: false });
  });

  test("change what the JSON says", async () => {
    const { post, json } = await dashboard();
    await post("pause");
    await post("archive");
    await post("winner/", { alternative_name: "blue" });
    await post("description", { description: "ünï ✓ **bold**" });
    expect(await json()).toMatchObject({
      is_paused: true,
      is_archived: true,
      has_winner: true,
      winner: "blue",
      description: "ünï ✓ **bold**",
      alternatives: [{ is_winner: false }, { is_winner: true }],
    });
    await post("winner/reset/");
    await post("pause");
    await post("description", { description: "" });
    expect(await json()).toMatchObject({ is_paused: false, winner: "", description: null });
    expect((await json()).alternatives[1].is_winner).toBeNull();
  });

  test("keep the KPI of the page they came from", async () => {
    const { post, context } = await dashboard();
    await record(context, "button", [{ client: "k", index: 0, converts: ["sales"] }]);
    expect((await post("description?kpi=sales", { description: "x" })).headers.location).toBe(
      "/experiments/button/?kpi=sales",
    );
  });

  test("say what they want instead of toggling, for forms that stood on a screen for long", async () => {
    const { app, post, json } = await dashboard();
    await post("pause", { paused: "true" });
    await post("pause", { paused: "true" });
    expect(await json()).toMatchObject({ is_paused: true });
    expect((await post("pause", { paused: "maybe" })).statusCode).toBe(400);
    const sent = async (act: string, payload: object) =>
      (await app.inject({ method: "POST", url: `/experiments/button/${act}`, headers: JSON_PLEASE, payload })).json();
    expect((await sent("pause", { paused: true })).entry).toBeNull();
    expect((await sent("archive", { archived: false })).entry).toBeNull();
    const { entry } = await sent("pause", { paused: false });
    expect((await sent("undo", entry)).definition).toMatchObject({ paused: true });
  });

  test("take a JSON body and answer with JSON to programs that ask for it", async () => {
    const { app } = await dashboard();
    const answer = await app.inject({
      method: "POST",
      url: "/experiments/button/winner/",
      headers: JSON_PLEASE,
      payload: { alternative_name: "red" },
    });
    expect(answer.json()).toMatchObject({
      status: "ok",
      name: "button",
      text: "Everybody gets red now.",
      definition: { winner: "red", state: "active" },
      entry: { at_ms: make.NOW_MS, action: "set-winner" },
    });
    const gone = await app.inject({ method: "POST", url: "/experiments/button/delete/", headers: JSON_PLEASE });
    const entry = { at_ms: make.NOW_MS, action: "delete" };
    expect(gone.json()).toEqual({
      status: "ok",
      name: "button",
      text: expect.stringMatching(/^Deleted button/),
      definition: null,
      entry,
    });
  });

  test("are in the activity log", async () => {
    const { post, context } = await dashboard();
    await post("pause");
    expect(await context.store.activity.read({ limit: 5 })).toMatchObject([
      { action: "pause", experiment: "button", actor: "anyone", before: "running", after: "paused" },
    ]);
  });

  test("bring a deleted experiment back within 7 days", async () => {
    const { post, json, context } = await dashboard();
    await post("delete/");
    expect(await json()).toMatchObject({ status: "failed", code: "experiment-not-found" });
    expect((await post("restore/")).headers.location).toBe("/experiments/button/");
    expect(await json()).toMatchObject({ total_participants: 10, total_conversions: 4 });
    await post("delete/");
    context.pass(RESTORABLE_MS);
    expect((await post("restore/")).statusCode).toBe(404);
  });

  test("on an experiment that isn't there give 404 and make nothing", async () => {
    const { app, context } = await dashboard();
    const good: Readonly<Record<string, string>> = {
      ...{
        alternative_name: "a",
        description: "b",
        at_ms: "1",
        action: "pause",
        weights: "1,2",
        traffic_fraction: "0.5",
      },
      ...{ policy: "thompson", alternative: "c", kpi: "d", intake: "closed", managed_by: "repo", text: "n" },
      ...{ day: "2025-03-01" },
    };
    for (const { path, body } of [...ALL_ACTS, { path: "export", body: {} }]) {
      const url = `/experiments/nobody/${path}`;
      const payload = Object.fromEntries(Object.entries(good).filter(([field]) => Object.hasOwn(body, field)));
      const answer = await app.inject({ method: "POST", url, payload });
      expect([url, answer.statusCode]).toEqual([url, 404]);
      expect(answer.json()).toMatchObject({ status: "failed" });
    }
    expect(await context.store.definitions.list()).toHaveLength(1);
  });

  test.each([
    ["winner/", {}, "invalid-form"],
    ["winner/", { alternative_name: "green" }, "unknown-alternative"],
    ["winner/", { alternative_name: "__proto__" }, "unknown-alternative"],
    ["description", {}, "invalid-form"],
    ["description", { description: "x".repeat(10_001) }, "invalid-description"],
    ["restore/", { incarnation: "-1" }, "invalid-form"],
  ])("%s with %o is refused with 400 and changes nothing", async (path, form, code) => {
    const { post, json } = await dashboard();
    const before = await json();
    const answer = await post(path, form);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ status: "failed", code });
    expect(await json()).toEqual(before);
  });
});

describe("export", () => {
  test("gives the rows of 2.7's CSV", async () => {
    const { post } = await dashboard();
    await post("description", { description: 'say "hi", twice' });
    const answer = await post("export");
    expect(answer.headers["content-type"]).toBe("text/csv; charset=utf-8");
    expect(answer.headers["content-disposition"]).toBe('attachment; filename="sixpack_export_button.csv"');
    expect(answer.body.split("\r\n")).toEqual([
      "Alternative Details",
      "date,alternative,participants,conversions",
      "2025-03-01,red,4,1",
      "2025-03-01,blue,6,3",
      "",
      '"""button"" Summary"',
      "total participants,total_conversions,has_winner,description",
      '10,4,False,"say ""hi"", twice"',
      "",
      "Alternative Summary",
      "name,participant_count,completed_count",
      "red,4,1",
      "blue,6,3",
      "",
    ]);
  });

  test("takes a KPI", async () => {
    const { post, context } = await dashboard();
    await record(context, "button", [{ client: "k", index: 0, day: "2025-03-02", converts: ["sales"] }]);
    const { body } = await post("export?kpi=sales");
    expect(body).toContain("2025-03-02,red,1,1\r\n");
    expect((await post("export?kpi=nothing")).statusCode).toBe(404);
  });

  test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", '=HYPERLINK("x")', "=a,b"])(
    "writes a description of %j so that no spreadsheet runs it",
    async (formula) => {
      const { post } = await dashboard();
      await post("description", { description: formula });
      const quoted = `'${formula.replaceAll('"', '""')}`;
      expect((await post("export")).body).toMatch(new RegExp(`10,4,False,"?${escapeRegExp(quoted)}"?\r\n`));
    },
  );
});

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

test("a form asks before it overrides what a repository says, with all that was filled in; a program is not asked", async () => {
  const context = make.context();
  await createExperiment(context, "button", ["red", "blue"]);
  const app = openApp(context);
  const post = (payload: string, accept: string) =>
    app.inject({
      method: "POST",
      url: "/experiments/button/plan",
      headers: { accept, "content-type": "application/x-www-form-urlencoded" },
      payload,
    });
  await app.inject({ method: "POST", url: "/experiments/button/managed", payload: { managed_by: "repo" } });
  const form = "kpi=a&kpi=b&role=primary&role=secondary";
  const asked = await post(form, "text/html");
  expect([asked.statusCode, asked.body]).toEqual([409, expect.stringContaining("Save plan all the same")]);
  const hidden = [...asked.body.matchAll(/<input type="hidden" name="(kpi|role|override_repo)" value="(\w+)"/g)];
  const again = hidden.map(([, name, value]) => `${name}=${value}`).join("&");
  expect(again).toBe(`${form}&override_repo=true`);
  expect((await context.store.definitions.read("button"))?.planning.plan).toBeNull();
  expect((await post(again, "text/html")).statusCode).toBe(302);
  expect((await context.store.definitions.read("button"))?.planning.plan).toMatchObject({ secondary: [{ kpi: "b" }] });
  expect((await post("clear=true", "application/json")).statusCode).toBe(200);
  expect((await app.inject("/experiments/button/")).body).toContain("managed by repo");
});
