/** What `/openapi.json` of the dashboard promises to programs, asked of a dashboard with tokens. */
import type { TObject } from "typebox";
import { Check } from "typebox/value";
import { expect, test } from "vitest";
import { hashToken, makeToken } from "../../../src/ops/token.ts";
import { ALL_ACTS } from "../../../src/service/administer/acts/undo.ts";
import { DECLARATION_BODY } from "../../../src/service/administer/declaration-fields.ts";
import { TYPED_FIELD } from "../../../src/web/http/form.ts";
import * as make from "../../support/make.ts";
import { createExperiment, openApp } from "../support.ts";

const TOKEN = makeToken(Buffer.alloc(32, 3));
const context = make.context();
const app = openApp(context, {
  access: { mode: { kind: "password", users: [] }, tokens: [{ name: "job", role: "viewer", hash: hashToken(TOKEN) }] },
});
const authorization = `Bearer ${TOKEN}`;

interface Operation {
  readonly security?: readonly object[];
  readonly "x-role"?: string;
  readonly requestBody: { readonly content: { readonly "application/json": { readonly schema: TObject } } };
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, object>> }>>;
}

async function described() {
  const { paths, components } = (await app.inject("/openapi.json")).json();
  return { paths: Object.entries<Readonly<Record<string, Operation>>>(paths), components };
}

const filled = (path: string) => path.replace("{name}", "button").replace("{alternative}", "blue");

test("everything that is read is there, of that type, and for that role", async () => {
  await createExperiment(context, "button");
  const { paths } = await described();
  const readings = paths.flatMap(([path, { get }]) => (get === undefined ? [] : [[path, get] as const]));
  expect(readings.length).toBeGreaterThan(8);
  for (const [path, { security, responses, "x-role": role }] of readings) {
    const url = filled(path);
    const answer = await app.inject({ url, headers: { authorization } });
    const [type = ""] = Object.keys(responses["200"]?.content ?? {});
    if (role === "admin") expect(answer.statusCode, path).toBe(403);
    else
      expect([answer.statusCode, answer.headers["content-type"]], path).toEqual([200, expect.stringContaining(type)]);
    expect((await app.inject(url)).statusCode, path).toBe(security === undefined ? 401 : 200);
  }
});

test("everything that is posted is there, and refused to a viewer as the description says", async () => {
  const { paths, components } = await described();
  const postings = paths.filter(([, { post }]) => post !== undefined);
  expect(postings.length).toBeGreaterThan(25);
  for (const [path, { post }] of postings) {
    const headers = { authorization, accept: "application/json" };
    const answer = await app.inject({ method: "POST", url: filled(path), headers, payload: {} });
    expect(answer.statusCode, path).toBe(403);
    expect(Check(components.schemas.Refusal, answer.json()), path).toBe(true);
    expect(answer.json().detail, path).toContain(post?.["x-role"]);
  }
});

/** Bodies that an experiment with the alternatives red and blue takes one after the other, by path. */
const SENT: Readonly<Record<string, readonly object[]>> = {
  pause: [{ paused: true }, { paused: false }, {}],
  intake: [{ intake: "closed" }, { intake: "open" }],
  archive: [{ archived: true }, { archived: false }],
  "winner/": [{ alternative_name: "blue", reason: "it sells" }],
  "winner/reset/": [{}],
  description: [{ description: "**Bold**" }, { description: "" }],
  about: [{ owner: "ada", tags: ["a", "b"], hypothesis: "More", ticket: "https://example.com/1" }, { tags: [""] }],
  notes: [{ text: "Sale", day: "2025-03-01" }, { text: "Today" }],
  "notes/remove": [{ text: "Sale", day: "2025-03-01" }],
  managed: [{ managed_by: "repo" }, { managed_by: "people" }],
  kpis: [{ kpi: "order" }, { kpi: "visit" }],
  "kpis/describe": [
    { kpi: "order", label: "Order (€)", counts: "value", better: "higher" },
    { kpi: "order", better: "" },
  ],
  "kpis/drop": [{ kpi: "visit" }],
  plan: [
    {
      ...{ kpi: ["", "order"], role: ["primary", "guardrail"], better: ["higher", ""], decides_on: ["", "mean"] },
      ...{ margin: ["", 2], margin_unit: ["", "absolute"], numbers: "percent", roll_back: "each" },
      ...{ baseline_rate: 5, minimum_uplift: 20, power: 90, participants: 5000 },
    },
    { kpi: ["order"], decides_on: ["mean"], baseline_mean: 4.5, baseline_deviation: 9, minimum_uplift: "10%" },
    { clear: true },
  ],
  schedule: [
    { starts_at: "2999-01-01T09:00", close_intake: "2999-02-01T09:00", measure_for_days: 7, on_harm: "pause" },
    { close_intake: "at", close_intake_at: "2999-02-01T09:00", ends_at: "2999-03-01T09:00" },
    { clear: true },
  ],
  mute: [{ muted: true }, { muted: false }],
  // The entry of the act before.
  undo: [{}],
  layer: [{ layer: "checkout", slice: [0, 0.5] }, { layer: "checkout", slice_percent: [0, 25] }, { layer: "" }],
  weights: [{ weights: [3, 1] }],
  traffic: [{ traffic_fraction: 0.5 }, { traffic_percent: 25 }],
  "traffic/release": [{}],
  policy: [{ policy: "thompson", goal: "learn" }, { policy: "uniform" }],
  alternatives: [{ alternative: "green" }],
  "alternatives/<alternative>/retire": [{}],
  segments: [{ segments: ["plan=free|pro", "device"] }],
  "reset/": [{ confirm_name: "button" }],
  "delete/": [{ confirm_name: "button" }],
  "restore/": [{ incarnation: 1 }, {}],
};

const DECLARED = {
  ...{ name: "wide", alternatives: ["a", "b"], weights: [1, 2], traffic_fraction: 0.5 },
  ...{ layer: "checkout", slice: [0.5, 1], kpis: ["revenue:value"], segments: ["plan=free|pro"] },
};

test("every field that is documented is taken by its act, as it is documented", async () => {
  const open = make.context();
  await createExperiment(open, "button");
  const web = openApp(open);
  const { paths } = await described();
  const schemaOf = (url: string) =>
    Object.fromEntries(paths)[url]?.["post"]?.requestBody.content["application/json"].schema;
  expect(Object.keys(SENT).sort()).toEqual(ALL_ACTS.map(({ path }) => path).sort());
  let entry: object = {};
  const send = async (url: string, payload: object) => {
    const schema = schemaOf(url.replace("green", "{alternative}").replace("button", "{name}"));
    expect(schema && Check(schema, payload), `${url} ${JSON.stringify(payload)}`).toBe(true);
    const answer = await web.inject({ method: "POST", url, payload, headers: { accept: "application/json" } });
    expect([url, answer.statusCode, answer.json().detail]).toEqual([url, 200, undefined]);
    entry = answer.json().entry ?? entry;
  };
  for (const [path, bodies] of Object.entries(SENT)) {
    const url = `/experiments/button/${path.replace("<alternative>", "green")}`;
    for (const body of bodies) await send(url, path === "undo" ? entry : body);
    const act = ALL_ACTS.find((one) => one.path === path);
    const sent = new Set(bodies.flatMap((body) => Object.keys(path === "undo" ? entry : body)));
    expect([path, [...sent].sort()]).toEqual([path, Object.keys(act?.body ?? {}).sort()]);
  }
  await send("/experiments", DECLARED);
  expect(Object.keys(DECLARED).sort()).toEqual(Object.keys(DECLARATION_BODY).sort());
});

test("every field that is documented is read by its act, and no other", async () => {
  for (const act of ALL_ACTS) {
    const bodies = act.path === "undo" ? [{ at_ms: 1, action: "pause" }] : (SENT[act.path] ?? []);
    const asked = new Set<string | symbol>(act.typed === undefined ? [] : [TYPED_FIELD]);
    for (const sent of bodies) {
      const context = make.context();
      await createExperiment(context, "button");
      const params = { alternative: "blue" };
      // One that is refused has been read, too.
      await act.run(context, { name: "button", actor: "ada" }, { body: watched(sent, asked), params }).catch(() => {});
    }
    expect([act.path, [...asked].sort()]).toEqual([act.path, Object.keys(act.body).sort()]);
  }
});

/** Notes in `asked` what a reader looks up, whether it is there or not. */
function watched(body: object, asked: Set<string | symbol>): object {
  return new Proxy(body, {
    getOwnPropertyDescriptor: (fields, name) => {
      asked.add(name);
      return Reflect.getOwnPropertyDescriptor(fields, name);
    },
  });
}
