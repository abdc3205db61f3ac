import type { FastifyInstance } from "fastify";
import { describe, expect, test } from "vitest";
import { proxyTrust } from "../../../src/ops/networks.ts";
import { ALL_ACTS } from "../../../src/service/administer/acts/undo.ts";
import type { WebOptions } from "../../../src/web/http/web-options.ts";
import * as make from "../../support/make.ts";
import { createExperiment, openApp, record } from "../support.ts";
import { GUARDED, loggedIn, tokenIn } from "./people.ts";

const PAGE = "/experiments/button/";
const PAUSE = "/experiments/button/pause";

async function guarded(options: Partial<WebOptions> = {}) {
  const context = make.context();
  await createExperiment(context, "button");
  const app = openApp(context, { csrfDisabled: false, ...options });
  const paused = async () => (await app.inject("/experiments/button.json")).json().is_paused;
  return { app, context, paused };
}

/** What a browser has after looking at the page: the cookie, and the token in its forms. */
async function visit(app: FastifyInstance, headers: Record<string, string> = {}) {
  const page = await app.inject({ url: PAGE, headers });
  const [cookie] = page.cookies;
  const token = /name="_csrf_token" value="([^"]+)"/.exec(page.body)?.[1] ?? "";
  return { cookie, token, header: `${cookie?.name}=${cookie?.value}` };
}

function submit(app: FastifyInstance, token: string | undefined, headers: Record<string, string> = {}) {
  return app.inject({
    method: "POST",
    url: PAUSE,
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    payload: token === undefined ? "" : new URLSearchParams({ _csrf_token: token }).toString(),
  });
}

describe("forms", () => {
  test("are let through with the token of their page", async () => {
    const { app, paused } = await guarded();
    const { header, token } = await visit(app);
    expect((await submit(app, token, { cookie: header })).statusCode).toBe(302);
    expect(await paused()).toBe(true);
  });

  test("go on working after other pages were opened, and after a restart with the same key", async () => {
    const { app, context } = await guarded();
    const { header, token } = await visit(app);
    const again = await visit(app, { cookie: header });
    expect(again.token).toBe(token);
    expect(again.cookie).toBeUndefined();
    const restarted = openApp(context, { csrfDisabled: false });
    expect((await submit(restarted, token, { cookie: header })).statusCode).toBe(302);
  });

  test("are refused without a token, without the cookie, with another's token, and with one made up", async () => {
    const { app, paused } = await guarded();
    const mine = await visit(app);
    const other = await visit(app);
    const attempts = [
      await submit(app, undefined, { cookie: mine.header }),
      await submit(app, mine.token),
      await submit(app, other.token, { cookie: mine.header }),
      await submit(app, "x.y", { cookie: "_csrf_token=x.y" }),
      await submit(app, "", { cookie: "_csrf_token=" }),
      await submit(app, mine.token, { cookie: mine.header, "sec-fetch-site": "cross-site" }),
    ];
    for (const answer of attempts) {
      expect(answer.statusCode).toBe(403);
      expect(answer.json()).toMatchObject({ status: "failed", code: "csrf-failed" });
    }
    expect(await paused()).toBe(false);
  });

  test.each([
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { origin: "http://evil.example" },
    { origin: "null" },
    { origin: "http://localhost.evil.example:80" },
  ])("of another place are refused, token or not: %o", async (headers) => {
    const { app, paused } = await guarded();
    const { header, token } = await visit(app);
    expect((await submit(app, token, { cookie: header, ...headers })).statusCode).toBe(403);
    expect(await paused()).toBe(false);
  });

  test.each([
    { "sec-fetch-site": "same-origin", origin: "https://ab.example.com" },
    { "sec-fetch-site": "none" },
    { origin: "http://localhost" },
    // Some proxies pass the name on without its port.
    { origin: "http://LOCALHOST:8080" },
  ])("of this one are let through, as browsers say it: %o", async (headers) => {
    const { app } = await guarded();
    const { header, token } = await visit(app);
    expect((await submit(app, token, { cookie: header, ...headers })).statusCode).toBe(302);
  });

  test("are refused when the key has changed", async () => {
    const { app, context } = await guarded();
    const { header, token } = await visit(app);
    const rotated = openApp(context, { csrfDisabled: false, secretKey: "another secret" });
    expect((await submit(rotated, token, { cookie: header })).statusCode).toBe(403);
  });

  test("of every action are guarded", async () => {
    const { app } = await guarded();
    for (const path of [...ALL_ACTS.map(({ path }) => path), "export"]) {
      const answer = await app.inject({ method: "POST", url: `/experiments/button/${path}` });
      expect([path, answer.statusCode]).toEqual([path, 403]);
    }
  });

  test("in JSON need no token where nobody logs in, since no other site's page can send that", async () => {
    const { app, paused } = await guarded();
    const payload = { paused: "true" };
    const foreign = { "sec-fetch-site": "cross-site" };
    const refused = await app.inject({ method: "POST", url: PAUSE, headers: foreign, payload });
    expect(refused.statusCode).toBe(403);
    expect(await paused()).toBe(false);
    expect((await app.inject({ method: "POST", url: PAUSE, payload })).statusCode).toBe(302);
    expect(await paused()).toBe(true);
  });

  test("in JSON of somebody who is logged in need the token, which may come in a header", async () => {
    const { app, context } = await guarded(GUARDED);
    const browser = await loggedIn(app, "ada");
    const token = tokenIn((await browser.get(PAGE)).body) ?? "";
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const send = (headers: Record<string, string>) =>
      app.inject({ method: "POST", url: PAUSE, headers: { cookie, ...headers }, payload: { paused: "true" } });
    const paused = async () => (await context.store.definitions.list())[0]?.paused;
    expect((await send({})).statusCode).toBe(403);
    expect((await send({ "x-csrftoken": "made.up" })).statusCode).toBe(403);
    expect(await paused()).toBe(false);
    expect((await send({ "x-csrftoken": token })).statusCode).toBe(302);
    expect(await paused()).toBe(true);
  });

  test("need no token at all when csrf_disable is set", async () => {
    const { app, paused } = await guarded({ csrfDisabled: true });
    expect((await submit(app, undefined)).statusCode).toBe(302);
    expect(await paused()).toBe(true);
  });
});

describe("what another site's page asks for by itself", () => {
  const CLIENT = "/clients?client_id=ann";
  const lookUps = async ({ store }: ReturnType<typeof make.context>) =>
    (await store.activity.read({ limit: 9 })).filter(({ action }) => action === "look-up-client").length;

  test.each(["image", "script", "iframe", "empty"])("as %s is refused, and leaves nothing in the log", async (dest) => {
    const { app, context } = await guarded();
    await record(context, "button", [{ client: "ann", index: 0 }]);
    for (const site of ["cross-site", "same-site"]) {
      const headers = { "sec-fetch-site": site, "sec-fetch-dest": dest };
      for (const url of [CLIENT, "/experiments/button/clients.csv", "/export.jsonl"]) {
        expect([url, (await app.inject({ url, headers })).statusCode]).toEqual([url, 403]);
      }
      expect((await app.inject({ url: "/openapi.json", headers })).statusCode).toBe(200);
    }
    expect(await context.store.activity.read({ limit: 9 })).toEqual([]);
  });

  test.each([
    { "sec-fetch-site": "cross-site", "sec-fetch-dest": "document" },
    { "sec-fetch-site": "same-origin", "sec-fetch-dest": "empty" },
    {},
  ])("is answered where a person follows a link, a page of ours or a program asks: %o", async (headers) => {
    const { app, context } = await guarded();
    await record(context, "button", [{ client: "ann", index: 0 }]);
    expect((await app.inject({ url: CLIENT, headers })).statusCode).toBe(200);
    expect(await lookUps(context)).toBe(1);
  });
});

describe("the cookie", () => {
  test("is closed to scripts and to other sites", async () => {
    const { app } = await guarded();
    expect((await visit(app)).cookie).toMatchObject({
      name: "_csrf_token",
      httpOnly: true,
      sameSite: "Lax",
      path: "/",
    });
  });

  test("is bound to the host on https, known from the proxy only where that is set", async () => {
    const https = { "x-forwarded-proto": "https" };
    const access = { mode: { kind: "open" }, tokens: [] } as const;
    const trusting = await guarded({ access, trustsProxy: proxyTrust([]) });
    expect((await visit(trusting.app, https)).cookie).toMatchObject({ name: "__Host-_csrf_token", secure: true });
    const wary = await guarded({ access });
    expect((await visit(wary.app, https)).cookie?.name).toBe("_csrf_token");
  });
});
