import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { SixpackError } from "../../../src/domain/errors.ts";
import { WEB_BODY_BYTES_MAX, WEB_SEGMENT_LENGTH_MAX } from "../../../src/web/http/web-options.ts";
import { ModelStore } from "../../store/model/model-store.ts";
import { createExperiment, openApp, testContext } from "../support.ts";

class GoneStore extends ModelStore {
  override listExperiments = () => Promise.reject(new SixpackError("store-unavailable"));
  override readExperiment = () => Promise.reject(new SixpackError("store-unavailable"));
  override ping = () => Promise.reject(new SixpackError("store-unavailable"));
}

class BrokenStore extends ModelStore {
  override listExperiments = () => Promise.reject(new Error("a defect of ours"));
}

const open: ReturnType<typeof openApp>[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()));
});

async function app(store = new ModelStore(), options: Parameters<typeof openApp>[1] = {}) {
  const context = testContext(store);
  if (store.constructor === ModelStore) await createExperiment(context, "button");
  const started = openApp(context, options);
  open.push(started);
  return started;
}

const PAGE_PLEASE = { accept: "text/html,application/xhtml+xml;q=0.9" };

describe("a refusal", () => {
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
    ["text/plain", "x", 415, "unsupported-media-type"],
    ["application/json", "{", 400, "invalid-body"],
    ["application/json", '{"__proto__":{"x":1}}', 400, "invalid-body"],
    ["application/x-www-form-urlencoded", `description=${"x".repeat(WEB_BODY_BYTES_MAX)}`, 413, "body-too-large"],
  ])("of a body of %s comes with its own status", async (type, payload, status, code) => {
    const answer = await (await app()).inject({
      method: "POST",
      url: "/experiments/button/description",
      headers: { "content-type": type },
      payload,
    });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ status: "failed", code });
  });

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
  test("answers its status, HEAD, and goes on after nonsense", async () => {
    const web = await app();
    const url = await web.listen({ port: 0, host: "127.0.0.1" });
    const nonsense = await raw(new URL(url), "NONSENSE\r\n\r\n");
    expect(nonsense).toMatch(/^HTTP\/1\.1 400 /);
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
