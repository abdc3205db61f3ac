/** What `/openapi.json` of the dashboard promises to programs, asked of a dashboard with tokens. */
import type { TObject } from "typebox";
import { Check } from "typebox/value";
import { beforeAll, expect, test } from "vitest";
import { webhookId } from "../../../src/domain/webhook.ts";
import { ALL_ACTS } from "../../../src/service/administer/acts/undo.ts";
import { DECLARATION_BODY } from "../../../src/service/administer/declaration-fields.ts";
import { Outbox } from "../../../src/service/alerts/outbox.ts";
import { TYPED_FIELD } from "../../../src/web/http/form.ts";
import { POSTINGS } from "../../../src/web/routes/dashboard-operations.ts";
import * as make from "../../support/make.ts";
import { GUARDED, TOKENS } from "../access/people.ts";
import { createExperiment, openApp } from "../support.ts";
import { SENT } from "./sent-acts.ts";

const context = make.context();
const FEED = "a token of feeds that nobody guesses";
const HOOK = { ...{ id: webhookId("https://example.com/hook"), url: "https://example.com/hook" }, events: undefined };
const WEBHOOK = { ...HOOK, secret: undefined, format: "slack" } as const;
const options = { ...GUARDED, feedToken: FEED, webhooks: [WEBHOOK] };
const app = openApp(context, options);
const authorization = `Bearer ${TOKENS.viewer}`;

interface Operation {
  readonly security?: readonly object[];
  readonly "x-role"?: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly requestBody: { readonly content: { readonly "application/json": { readonly schema: TObject } } };
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema?: TObject }>> }>
  >;
}

async function readDescription() {
  const { paths, components } = (await app.inject("/openapi.json")).json();
  return { paths: Object.entries<Readonly<Record<string, Operation>>>(paths), components };
}

const filled = (path: string, token = "") =>
  path.replace("{name}", "button").replace("{alternative}", "blue").replace("{token}", token);

/** Arguments that must be given. */
const NEEDED: Readonly<Record<string, string>> = { client_id: "zoe", watch: "list", token: FEED };

beforeAll(() => createExperiment(context, "button"));

/** As an admin. */
const post = (url: string, payload: object) => {
  const headers = { authorization: `Bearer ${TOKENS.admin}`, accept: "application/json, text/event-stream" };
  return app.inject({ method: "POST", url, headers, payload });
};

/** Paths that are neither described nor pages. */
const FOR_BROWSERS: Readonly<Record<string, string>> = {
  "GET /login": "its form; programs have tokens",
  "POST /login": "the same",
  "POST /logout": "ends what a login began",
  "POST /theme": "sets a cookie of the browser",
  "GET /favicon.ico": "browsers ask for it",
  "GET /experiments/:name": "leads to the page; with .json behind the name it is described",
  "GET /experiments/:name/next": "leads to a page",
  "GET /experiments/:name/previous": "leads to a page",
  "POST /experiments/:name/export": "the table of 2.7, behind its button; export.csv is described",
};

test("every route is in the description, a page, or for browsers alone", async () => {
  const routes: string[] = [];
  const whole = openApp(make.context(), options);
  whole.addHook("onRoute", ({ url, method }) => {
    // A path that is known refuses every other method with one more route.
    if (method === "GET" || method === "POST") routes.push(`${method} ${url}`);
  });
  await whole.ready();
  expect(routes.length).toBeGreaterThan(80);
  const described = new Set(
    (await readDescription()).paths.flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`),
    ),
  );
  const spelled = (route: string) => [route, `${route}/`].some((one) => described.has(one));
  const left = routes.filter((route) => !spelled(route) && FOR_BROWSERS[route] === undefined);
  const { link } = (await post("/experiments/button/links", {})).json();
  const headers = { authorization: `Bearer ${TOKENS.admin}`, accept: "text/html" };
  for (const route of left) {
    if (route.startsWith("GET /assets/")) continue;
    const path = route.replace("GET ", "").replace(":name", "button").replace(":alternative", "blue");
    const url = path.replace("/shared/:token", new URL(link.url).pathname.replace(/\/$/, ""));
    const answer = await app.inject({ url, headers });
    expect([route, answer.headers["content-type"]]).toEqual([route, "text/html; charset=utf-8"]);
  }
});

test("everything that is read is there, of that type, and for that role", async () => {
  const { paths } = await readDescription();
  const readings = paths.flatMap(([path, { get }]) => (get === undefined ? [] : [[path, get] as const]));
  expect(readings.length).toBeGreaterThan(20);
  const { link } = (await post("/experiments/button/links", {})).json();
  const [, , token] = new URL(link.url).pathname.split("/");
  for (const [path, { security, responses, parameters, "x-role": role }] of readings) {
    const needed = parameters.filter((one) => one.in === "query" && one.required === true);
    const query = new URLSearchParams(needed.map(({ name }) => [name, NEEDED[name] ?? ""]));
    const url = `${filled(path, token)}?${query}`;
    const answer = await app.inject({ url, headers: { authorization } });
    const [type = ""] = Object.keys(responses["200"]?.content ?? {});
    if (role !== undefined && role !== "viewer") expect(answer.statusCode, path).toBe(403);
    else
      expect([answer.statusCode, answer.headers["content-type"]], path).toEqual([200, expect.stringContaining(type)]);
    expect((await app.inject(url)).statusCode, path).toBe(security === undefined ? 401 : 200);
  }
});

test("everything that is posted is there, and refused to a viewer as the description says", async () => {
  const { paths, components } = await readDescription();
  const postings = paths.filter(([, { post }]) => post !== undefined && post["x-role"] !== "viewer");
  expect(postings.length).toBeGreaterThan(30);
  for (const [path, { post }] of postings) {
    const headers = { authorization, accept: "application/json" };
    const answer = await app.inject({ method: "POST", url: filled(path), headers, payload: {} });
    expect(answer.statusCode, path).toBe(403);
    expect(Check(components.schemas.Refusal, answer.json()), path).toBe(true);
    expect(answer.json().detail, path).toContain(post?.["x-role"]);
  }
});

const DECLARED = {
  ...{ name: "wide", alternatives: ["a", "b"], weights: [1, 2], traffic_fraction: 0.5 },
  ...{ layer: "checkout", slice: [0.5, 1], kpis: ["revenue:value"], segments: ["plan=free|pro"] },
};

test("every field that is documented is taken by its act, as it is documented", async () => {
  const open = make.context();
  await createExperiment(open, "button");
  const web = openApp(open);
  const { paths } = await readDescription();
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

test("what is posted beside acts is taken and answered as it is documented", async () => {
  for (const name of ["here", "there"]) await createExperiment(context, name);
  const outbox = new Outbox(context.store);
  await outbox.put("fact_1", WEBHOOK, { kind: "test", experiment: null, subject: "", sentence: "", atMs: 0 }, 0);
  for (const kept of await outbox.list()) {
    const taken = await outbox.take(kept, context.clock.nowMs());
    if (taken !== undefined) await outbox.settle(taken, { delivered: false, last: "503" }, context.clock.nowMs());
  }
  const { paths, components } = await readDescription();
  const described = Object.fromEntries(paths);
  // Declaring is sent above; a calibration takes days of visits, and its own test has them.
  const sent = new Set(["/experiments", "/experiments/{name}/calibration"]);
  const send = async (path: string, payload: object) => {
    sent.add(path);
    const operation = described[path]?.["post"];
    const schema = operation?.requestBody.content["application/json"].schema;
    expect(schema && Check(schema, payload), path).toBe(true);
    const answer = await post(path.replace("{name}", "here"), payload);
    expect([path, answer.statusCode, answer.json().detail]).toEqual([path, 200, undefined]);
    const answered = operation?.responses["200"]?.content["application/json"]?.schema;
    expect(answered && Check(components.schemas, answered, answer.json()), `${path} ${answer.body}`).toBe(true);
    return answer.json();
  };
  const { entry } = await send("/several", { name: ["here", "nobody"], do: "tag", tag: "q2" });
  await send("/several/undo", entry);
  await send("/views", { name: "Shop", url: "/all?tag=shop" });
  await send("/views/remove", { name: "Shop" });
  await send("/alerts/test", { webhook: WEBHOOK.id });
  await send("/alerts/retry", { webhook: WEBHOOK.id, id: "fact_1" });
  const { link } = await send("/experiments/{name}/links", { days: 3 });
  await send("/experiments/{name}/links/revoke", { id: link.id });
  await send("/mcp", { jsonrpc: "2.0", id: 1, method: "tools/list" });
  await send("/apply", { experiments: { here: { alternatives: ["red", "blue"] } }, dry_run: true });
  await send("/forget", { client_id: "zoe" });
  await post("/experiments/here/archive", { archived: true });
  await send("/experiments/{name}/compact", {});
  expect([...sent].sort()).toEqual(Object.keys(POSTINGS).sort());
});
