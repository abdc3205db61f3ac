import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { SixpackError } from "../../../src/domain/errors.ts";
import { createLog } from "../../../src/ops/log.ts";
import { ALL_ACTS } from "../../../src/service/administer/acts/undo.ts";
import { findAssets } from "../../../src/web/http/assets.ts";
import {
  WEB_BODY_BYTES_MAX,
  WEB_CONNECTIONS_MAX,
  WEB_HEADER_BYTES_MAX,
  WEB_HEADERS_TIMEOUT_MS,
  WEB_REQUEST_TIMEOUT_MS,
  WEB_SEGMENT_LENGTH_MAX,
  WEB_TIMEOUT_CHECK_MS,
} from "../../../src/web/http/web-options.ts";
import { ModelStore } from "../../store/model/model-store.ts";
import * as make from "../../support/make.ts";
import { createExperiment, openApp } from "../support.ts";

const refuse = () => Promise.reject(new SixpackError("store-unavailable"));

class GoneStore extends ModelStore {
  constructor() {
    super();
    this.definitions.list = refuse;
    this.definitions.read = refuse;
  }
  override readonly ping = refuse;
}

class BrokenStore extends ModelStore {
  constructor() {
    super();
    this.definitions.list = () => Promise.reject(new Error("a defect of ours"));
  }
}

const open: ReturnType<typeof openApp>[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()));
});

async function app(store = new ModelStore(), options: Parameters<typeof openApp>[1] = {}) {
  const context = make.context({ store });
  if (store.constructor === ModelStore) await createExperiment(context, "button");
  const started = openApp(context, options);
  open.push(started);
  return started;
}

const PAGE_PLEASE = { accept: "text/html,application/xhtml+xml;q=0.9" };

describe("a refusal", () => {
  test("is told on pages in people's words, whatever is wrong with whichever form or address", async () => {
    const web = await app();
    const asked = [
      ...ALL_ACTS.flatMap(({ path, body }) => {
        const url = `/experiments/button/${path.replaceAll(/<\w+>/g, "nobody")}`;
        const whole = { kpi: "", minimum_uplift: "10", power: "80", baseline_rate: "5", numbers: "percent" };
        return [
          {},
          ...Object.keys(body).flatMap((name) =>
            ["?", "-1"].map((value) => ({ ...(path === "plan" && whole), [name]: value })),
          ),
        ].map((payload) => ({ method: "POST", url, payload }) as const);
      }),
      { method: "POST", url: "/experiments", payload: { name: "x", alternatives: "one" } } as const,
      { method: "POST", url: "/several", payload: { do: "pause" } } as const,
      ...[
        "/?sort=x",
        "/?page=x",
        "/activity?page=x",
        "/experiments/nobody/",
        "/experiments/button/?kpi=x",
        "/experiments/button/?baseline=x",
        "/experiments/button/?from=x",
        "/experiments/button/?chart=x",
        "/experiments/button/winner?alternative_name=x",
        "/experiments/button/pause",
      ].map((url) => ({ method: "GET", url }) as const),
    ];
    const told = new Set<string>();
    for (const one of asked) {
      const answer = await web.inject({ ...one, headers: PAGE_PLEASE });
      if (answer.statusCode < 400) continue;
      const [, alert] =
        /<(?:p class="notice[^"]*" role="alert"[^>]*|div class="panel failed"><p)>(.*?)<\/p>/s.exec(answer.body) ?? [];
      expect(alert, `${one.url} ${JSON.stringify(one)}`).toBeDefined();
      expect(alert).not.toMatch(/Expected|, got |`|[a-z]_[a-z]/);
      expect(alert).toMatch(/^[A-Z&].*\.$/s);
      told.add(alert ?? "");
    }
    expect(told.size).toBeGreaterThan(30);
  });

  test("names a field that holds no text, whichever act it belongs to, and doesn't take it for left out", async () => {
    const web = await app();
    // Without these the act asks for others first, or has no use for the field.
    const beside: Readonly<Record<string, object>> = {
      "winner/": { alternative_name: "red" },
      "notes/remove": { day: "2026-01-01" },
      "kpis/describe": { kpi: "sales" },
      schedule: { close_intake: "at", close_intake_at: "2030-01-01T09:00" },
      layer: { layer: "shop" },
      policy: { policy: "thompson" },
      undo: { at_ms: "1" },
    };
    for (const { path, body } of ALL_ACTS) {
      const url = `/experiments/button/${path.replaceAll(/<\w+>/g, "nobody")}`;
      for (const name of Object.keys(body)) {
        const payload = { ...beside[path], [name]: { red: 1 } };
        const { statusCode, body: answer } = await web.inject({ method: "POST", url, payload });
        expect([statusCode, answer], `${path} ${name}`).toEqual([
          400,
          expect.stringContaining(`Expected \`${name}\` as`),
        ]);
        expect(answer).toContain("got an object");
      }
    }
  });

  test("names the field in which the time came that lies behind", async () => {
    const web = await app();
    const past = "2024-12-01T09:00";
    const bodies = {
      close_intake: { close_intake: past },
      close_intake_at: { close_intake: "at", close_intake_at: past },
    };
    for (const [field, payload] of Object.entries(bodies)) {
      const answer = await web.inject({ method: "POST", url: "/experiments/button/schedule", payload });
      expect([answer.statusCode, answer.body]).toEqual([
        400,
        expect.stringContaining(`Expected \`${field}\` as a time that lies ahead`),
      ]);
    }
  });

  test("is a page for browsers and JSON for everybody else", async () => {
    const web = await app();
    const page = await web.inject({ url: "/experiments/nobody/", headers: PAGE_PLEASE });
    expect(page.statusCode).toBe(404);
    expect(page.body).toContain("Experiment not found");
    const json = await web.inject("/experiments/nobody/");
    expect(json.statusCode).toBe(404);
    expect(json.json()).toEqual({
      status: "failed",
      message: "experiment not found",
      code: "experiment-not-found",
      detail: 'Expected an experiment that exists, got "nobody"',
    });
  });

  test("of an unknown path shows what was asked for as text", async () => {
    const web = await app();
    const page = await web.inject({ url: "/<script>alert(1)</script>", headers: PAGE_PLEASE });
    expect(page.statusCode).toBe(404);
    expect(page.body).not.toContain("<script>");
  });

  test.each([
    ["GET", "/experiments/button/pause", "POST"],
    ["PUT", "/experiments/button/", "GET, HEAD"],
    ["POST", "/experiments.json", "GET, HEAD"],
    ["DELETE", "/", "GET, HEAD"],
    ["POST", "/_status", "GET, HEAD"],
  ] as const)("of %s %s is 405 and says %s", async (method, url, allow) => {
    const answer = await (await app()).inject({ method, url });
    expect(answer.statusCode).toBe(405);
    expect(answer.headers.allow).toBe(allow);
    expect(answer.json()).toMatchObject({ code: "method-not-allowed" });
  });

  test.each([
    ["text/plain", "x", 415, "unsupported-media-type", 'json, got "text/plain"'],
    ["application/json", "{", 400, "invalid-body", "Expected a body of JSON, got one that can't be read as such"],
    ["application/json", "", 400, "invalid-body", "Expected a body of JSON, got an empty one"],
    ["application/json", '{"__proto__":{"x":1}}', 400, "invalid-body", "Expected a body of JSON, got one that"],
    [
      "application/x-www-form-urlencoded",
      `description=${"x".repeat(WEB_BODY_BYTES_MAX)}`,
      413,
      "body-too-large",
      `Expected at most ${WEB_BODY_BYTES_MAX} bytes, got more`,
    ],
  ])(
    "of a body of %s comes with its own status and says what is wrong",
    async (type, payload, status, code, detail) => {
      const answer = await (await app()).inject({
        method: "POST",
        url: "/experiments/button/description",
        headers: { "content-type": type },
        payload,
      });
      expect(answer.statusCode).toBe(status);
      expect(answer.json()).toMatchObject({ status: "failed", code, detail: expect.stringContaining(detail) });
    },
  );

  test.each([
    ["/experiments/%E0%A4%A/", 400, "invalid-encoding"],
    [`/experiments/${"x".repeat(WEB_SEGMENT_LENGTH_MAX + 1)}/`, 414, "url-too-long"],
    ["/experiments/a%00b/", 404, "experiment-not-found"],
    ["/experiments/..%2F..%2Fetc/", 404, "experiment-not-found"],
    ["/experiments/%F0%9F%92%A9.json", 404, "experiment-not-found"],
  ])("of %.40s is %i %s", async (url, status, code) => {
    const answer = await (await app()).inject(url);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ status: "failed", code });
  });

  test.each([
    ["/assets/", {}, 404, "not-found"],
    ["/assets/nope.js", {}, 404, "not-found"],
    ["/assets//etc/passwd", {}, 404, "not-found"],
    ["/assets/..%5c..%5cmanifest.json", {}, 404, "not-found"],
    ["/assets/%00", {}, 400, "bad-request"],
    ["STYLE", { "if-match": '"x"' }, 412, "precondition-failed"],
    ["STYLE", { "if-unmodified-since": "Thu, 01 Jan 1970 00:00:00 GMT" }, 412, "precondition-failed"],
  ])("of the file %s with %o is %i for everybody, as the library has it", async (path, headers, status, code) => {
    const logged: string[] = [];
    const logger = createLog({ level: "info", readable: false, write: (line) => logged.push(line) });
    const access = { mode: { kind: "password" as const, users: [] }, tokens: [] };
    const web = await app(new ModelStore(), { access, logger });
    const answer = await web.inject({ url: path === "STYLE" ? (findAssets().style ?? "") : path, headers });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ status: "failed", code });
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(logged).toEqual([]);
  });

  test("of a range of a file is the whole file", async () => {
    const url = findAssets().style ?? "";
    const answer = await (await app()).inject({ url, headers: { range: "bytes=999999999-" } });
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([200, "text/css; charset=utf-8"]);
  });

  test("says that an act was done whose entry the activity log did not take, which the server's log has then", async () => {
    const logged: string[] = [];
    const context = make.context();
    await createExperiment(context, "button");
    const { store } = context;
    store.activity.append = refuse;
    const logger = createLog({ level: "info", readable: false, write: (line) => logged.push(line) });
    const web = openApp(context, { logger });
    const payload = { paused: "true" };
    const pause = { method: "POST", url: "/experiments/button/pause", payload } as const;
    const page = await web.inject({ ...pause, headers: PAGE_PLEASE });
    expect(page.statusCode).toBe(500);
    expect(page.body).toContain("This was done, but the activity log could not be written");
    expect(page.body).not.toContain("Nothing was changed");
    expect(await store.definitions.read("button")).toMatchObject({ paused: true });
    expect(logged.join()).toContain("running");
    const json = await web.inject({ ...pause, payload: { paused: "false" } });
    expect(json.json()).toMatchObject({ code: "not-logged", detail: expect.stringContaining('"action":"resume"') });
  });

  test("of a store that doesn't answer is 503 with a time to try again, and 500 for /_status as in 2.7", async () => {
    const web = await app(new GoneStore());
    for (const url of ["/", "/experiments.json", "/experiments/button/", "/experiments/button.json"]) {
      const answer = await web.inject(url);
      expect([url, answer.statusCode]).toEqual([url, 503]);
      expect(answer.headers["retry-after"]).toBe("1");
    }
    expect((await web.inject({ url: "/", headers: PAGE_PLEASE })).body).toContain("Reload this page");
    expect((await web.inject("/_status")).statusCode).toBe(500);
  });

  test("of a defect hides its cause, unless debugging", async () => {
    const quiet = await (await app(new BrokenStore())).inject("/");
    expect(quiet.statusCode).toBe(500);
    expect(quiet.json()).toEqual({ status: "failed", message: "internal error", code: "internal" });
    const loud = await (await app(new BrokenStore(), { debug: true })).inject("/");
    expect(loud.json().detail).toContain("a defect of ours");
  });
});

describe("over a socket", () => {
  test("waits ten seconds for headers and twenty for a body, and holds so many connections", async () => {
    const { server } = await app();
    expect(server).toMatchObject({
      headersTimeout: WEB_HEADERS_TIMEOUT_MS,
      requestTimeout: WEB_REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: WEB_TIMEOUT_CHECK_MS,
      maxConnections: WEB_CONNECTIONS_MAX,
    });
  });

  test("logs no defect where a caller breaks off, or sends nonsense behind, while a file is made", async () => {
    const logged: string[] = [];
    const logger = createLog({ level: "warn", readable: false, write: (line) => logged.push(line) });
    const web = await app(new ModelStore(), { logger });
    const url = new URL(await web.listen({ port: 0, host: "127.0.0.1" }));
    const get = "GET /experiments/button/export.csv HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const post = "POST /experiments/button/export HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
    for (const request of [get, post]) {
      for (let n = 0; n < 20; n += 1) await raw(url, `${request}\0\0NONSENSE\r\n\r\n`);
    }
    expect((await fetch(new URL("/_status", url))).status).toBe(200);
    expect(logged).toEqual([]);
  });

  test("answers its status, HEAD, and goes on after nonsense", async () => {
    const web = await app();
    const url = await web.listen({ port: 0, host: "127.0.0.1" });
    const nonsense = await raw(new URL(url), "NONSENSE\r\n\r\n");
    expect(nonsense).toMatch(/^HTTP\/1\.1 400 /);
    expect(nonsense).toContain('{"status":"failed","message":"bad request","code":"bad-request"');
    const endless = await raw(new URL(url), `GET / HTTP/1.1\r\nX: ${"x".repeat(WEB_HEADER_BYTES_MAX)}\r\n\r\n`);
    expect(endless).toContain('"code":"headers-too-large"');
    const expecting = await raw(
      new URL(url),
      "GET /_status HTTP/1.1\r\nHost: localhost\r\nExpect: foo\r\nConnection: close\r\n\r\n",
    );
    expect(expecting).toMatch(/^HTTP\/1\.1 200 [\s\S]*"status":"ok"/);
    expect(await (await fetch(`${url}/_status`)).json()).toMatchObject({ status: "ok" });
    const head = await fetch(`${url}/experiments.json`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });
});

function raw({ hostname, port }: URL, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () => socket.end(text));
    socket.setEncoding("utf8");
    socket.on("data", (data) => {
      answer += data;
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}
