import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { Role } from "../../../src/domain/role.ts";
import { proxyTrust } from "../../../src/ops/networks.ts";
import * as make from "../../support/make.ts";
import { createExperiment, openApp } from "../support.ts";
import { Browser, GUARDED, PASSWORD, tokenIn, USERS, user, WITH_PASSWORDS } from "./people.ts";

async function dashboard(options = GUARDED) {
  const context = make.context();
  await createExperiment(context, "button");
  const app = openApp(context, options);
  return { context, app, paused: async () => (await context.store.definitions.list())[0]?.paused };
}

describe("auth: none", () => {
  const OPEN_LOCALLY = { access: { mode: { kind: "none" }, tokens: [] } } as const;

  test.each(["localhost", "localhost:5001", "127.0.0.1:5001", "[::1]:5001", "LOCALHOST", "app.localhost:5001"])(
    "answers under %s",
    async (host) => {
      const { app } = await dashboard(OPEN_LOCALLY);
      expect((await app.inject({ url: "/", headers: { host } })).statusCode).toBe(200);
    },
  );

  test.each([
    "evil.example",
    "evil.example:5001",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "10.0.0.1",
    "[::2]",
    "127.0.0.1:5001@evil.example",
  ])("refuses %s, which a page of another site may have pointed here", async (host) => {
    const { app } = await dashboard(OPEN_LOCALLY);
    for (const url of ["/", "/experiments.json", "/_status", "/nowhere"]) {
      const answer = await app.inject({ url, headers: { host } });
      expect(answer.statusCode).toBe(403);
      expect(answer.json()).toMatchObject({ code: "foreign-host" });
    }
  });

  test("asks for the forwarded name too, where a proxy is trusted", async () => {
    const { app } = await dashboard({ ...OPEN_LOCALLY, trustsProxy: proxyTrust([]) });
    const headers = { host: "localhost", "x-forwarded-host": "evil.example" };
    expect((await app.inject({ url: "/", headers })).statusCode).toBe(403);
  });

  test.each([
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-user",
    "x-forwarded-prefix",
    "x-forwarded",
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "x-cluster-client-ip",
    "x-original-url",
    "x-rewrite-url",
    "cf-connecting-ip",
    "cdn-loop",
    "x-envoy-external-address",
  ])("refuses a request with %s, which only a proxy adds, and says what to do", async (name) => {
    const { app, paused } = await dashboard({ ...OPEN_LOCALLY, csrfDisabled: true });
    for (const value of ["127.0.0.1", ""]) {
      const headers = { host: "127.0.0.1:5001", [name]: value };
      const answer = await app.inject({ method: "POST", url: "/experiments/button/pause/", headers });
      expect(answer.statusCode).toBe(403);
      expect(answer.json()).toMatchObject({ code: "forwarded-request", detail: expect.stringContaining(name) });
      expect(answer.json().detail).toContain("`auth: password`");
    }
    expect(await paused()).toBe(false);
    const page = await new Browser(app, { host: "localhost", [name]: "x" }).get("/");
    expect(page.statusCode).toBe(403);
    expect(page.body).toContain("auth: password");
    expect(page.body).not.toMatch(/send the form again|experiments/);
  });

  test("refuses live updates and files that a proxy asks for, too", async () => {
    const { app } = await dashboard(OPEN_LOCALLY);
    const headers = { host: "localhost", accept: "text/event-stream", via: "1.1 proxy" };
    for (const url of ["/events?watch=list", "/assets/main.js", "/experiments/button/export"]) {
      expect([url, (await app.inject({ url, headers })).statusCode]).toEqual([url, 403]);
    }
  });

  test("answers what browsers and scripts send by themselves", async () => {
    const { app } = await dashboard(OPEN_LOCALLY);
    const headers = {
      host: "localhost:5001",
      accept: "text/html",
      "accept-encoding": "gzip",
      "accept-language": "en",
      connection: "keep-alive",
      cookie: "theme=dark",
      origin: "http://localhost:5001",
      referer: "http://localhost:5001/all",
      "sec-fetch-site": "same-origin",
      "upgrade-insecure-requests": "1",
      "user-agent": "Mozilla/5.0",
      "x-csrftoken": "x",
      "x-request-id": "x",
      "x-requested-with": "XMLHttpRequest",
    };
    expect((await app.inject({ url: "/", headers })).statusCode).toBe(200);
  });

  test("has no login, no banner and no name", async () => {
    const { app } = await dashboard(OPEN_LOCALLY);
    expect((await app.inject("/login")).statusCode).toBe(404);
    const { body } = await new Browser(app).get("/");
    expect(body).not.toMatch(/Log out|Open to everybody/);
  });
});

describe("auth: open", () => {
  const OPEN = { access: { mode: { kind: "open" }, tokens: [] } } as const;

  test("lets everybody in under addresses, private names and its own, and every page says so", async () => {
    const { app } = await dashboard({ ...OPEN, webUrl: "https://AB.example.com:8443/sixpack" });
    for (const url of ["/", "/experiments/button/", "/activity", "/removed", "/nowhere", "/experiments/button/reset"]) {
      const { body } = await new Browser(app, { host: "sixpack:5001" }).get(url);
      expect([url, body.includes("Open to everybody.")]).toEqual([url, true]);
    }
    for (const host of [
      "192.0.2.7:5001",
      "[2001:db8::1]:5001",
      "[::ffff:192.0.2.7]",
      "localhost",
      "ab.localhost:5001",
      "printer.local",
      "sixpack.tools.svc.cluster.local:5001",
      "sixpack.corp.internal",
      "nas.home.arpa",
      "ab.test",
      "ab.example.com",
      "AB.EXAMPLE.COM:80",
    ]) {
      expect([host, (await app.inject({ url: "/", headers: { host } })).statusCode]).toEqual([host, 200]);
    }
  });

  test("answers under no other name, whoever says it, and says what to set", async () => {
    const { app } = await dashboard({ ...OPEN, webUrl: "https://ab.example.com", trustsProxy: proxyTrust([]) });
    for (const host of [
      "evil.example",
      "ab.example.com.evil.example",
      "evil.ab.example.com",
      "192.0.2.7.evil.example:5001",
      "[::1].evil.example",
      "local.evil.example",
      "evil.example.",
      "192.0.2.7:5001@evil.example",
    ]) {
      for (const headers of [{ host }, { host: "ab.example.com", "x-forwarded-host": host }]) {
        const answer = await app.inject({ url: "/experiments.json", headers });
        expect([headers, answer.statusCode, answer.json().code]).toEqual([headers, 403, "foreign-host"]);
        expect(answer.json().detail).toContain("set `web_url`");
      }
    }
    const page = await new Browser(app, { host: "evil.example" }).get("/");
    expect(page.body).toContain("set web_url.");
  });
});

describe("auth: proxy", () => {
  const behindProxy = (more = {}) => ({
    csrfDisabled: false,
    access: {
      mode: {
        kind: "proxy",
        header: "X-Forwarded-User",
        addresses: ["127.0.0.1", "10.0.0.0/8", "fd00::/8"],
        roles: new Map<string, Role>([["ada", "admin"]]),
        otherRole: "viewer",
        ...more,
      } as const,
      tokens: WITH_PASSWORDS.tokens,
    },
  });
  const ask = async (remoteAddress: string, headers: Record<string, string>, more = {}) => {
    const { app } = await dashboard(behindProxy(more));
    return app.inject({ url: "/", headers: { accept: "text/html", ...headers }, remoteAddress });
  };

  test("believes the header from a trusted address", async () => {
    for (const address of ["127.0.0.1", "::ffff:127.0.0.1", "10.9.8.7", "fd00::1"]) {
      const answer = await ask(address, { "x-forwarded-user": "ada" });
      expect([address, answer.statusCode]).toEqual([address, 200]);
      expect(answer.body).toContain("ada");
      expect(answer.body).not.toContain("Log out");
    }
  });

  test("believes it from nowhere else, whatever the request says of its origin", async () => {
    for (const address of ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1"]) {
      const headers = { "x-forwarded-user": "ada", "x-forwarded-for": "127.0.0.1" };
      expect((await ask(address, headers)).statusCode).toBe(401);
    }
  });

  test("refuses a request that names nobody, several, or somebody unknown where that is set", async () => {
    expect((await ask("127.0.0.1", {})).statusCode).toBe(401);
    expect((await ask("127.0.0.1", { "x-forwarded-user": " " })).statusCode).toBe(401);
    expect((await ask("127.0.0.1", { "x-forwarded-user": "ada, eve" })).statusCode).toBe(401);
    expect((await ask("127.0.0.1", { "x-forwarded-user": "eve" })).statusCode).toBe(200);
    expect((await ask("127.0.0.1", { "x-forwarded-user": "eve" }, { otherRole: undefined })).statusCode).toBe(401);
  });

  test("refuses names that the log has for somebody else: its own actors, and tokens", async () => {
    const alike = ["ser\u200bver", "command  line", "ａｐｉ"].map((name) =>
      Buffer.from(name, "utf8").toString("latin1"),
    );
    for (const name of ["anyone", "api", "api:shop", "server", "command line", "admin-script", ...alike]) {
      expect([name, (await ask("127.0.0.1", { "x-forwarded-user": name })).statusCode]).toEqual([name, 401]);
    }
  });

  test("reads a name in UTF-8, which node:http gives byte by byte", async () => {
    const roles = new Map<string, Role>([["jürgen", "admin"]]);
    const header = Buffer.from("jürgen", "utf8").toString("latin1");
    const answer = await ask("127.0.0.1", { "x-forwarded-user": header }, { roles, otherRole: undefined });
    expect([answer.statusCode, answer.body.includes("jürgen")]).toEqual([200, true]);
  });

  test("binds forms to the name, and writes it in the log", async () => {
    const { app, context } = await dashboard(behindProxy());
    const ada = new Browser(app, { "x-forwarded-user": "ada" });
    const token = tokenIn((await ada.get("/experiments/button/reset")).body) ?? "";
    const eve = new Browser(app, { "x-forwarded-user": "eve" });
    for (const [name, value] of ada.cookies) eve.cookies.set(name, value);
    expect((await eve.post("/experiments/button/export", { _csrf_token: token })).statusCode).toBe(403);
    expect((await ada.post("/experiments/button/pause", { _csrf_token: token })).statusCode).toBe(302);
    expect(await context.store.activity.read({ limit: 1 })).toMatchObject([{ actor: "ada" }]);
  });
});

describe("over a real socket", () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  async function served(options = GUARDED) {
    const { app } = await dashboard(options);
    closing.push(() => app.close());
    return app.listen({ port: 0, host: "127.0.0.1" });
  }

  test("a person logs in with the cookies a browser would send, on real scrypt", async () => {
    const slow = await import("../../../src/ops/password.ts");
    const passwordHash = await slow.hashPassword(PASSWORD, Buffer.alloc(slow.SALT_BYTES, 5));
    const users = [...USERS, { ...user("sue", "viewer"), passwordHash }];
    const url = await served({ ...GUARDED, access: { mode: { kind: "password", users }, tokens: [] } });
    const page = await fetch(`${url}/login`, { headers: { accept: "text/html" } });
    const cookie = page.headers
      .getSetCookie()
      .map((line) => line.split(";")[0])
      .join("; ");
    const form = { name: "sue", password: PASSWORD, _csrf_token: tokenIn(await page.text()) ?? "" };
    const send = (body: Record<string, string>) =>
      fetch(`${url}/login`, {
        method: "POST",
        redirect: "manual",
        headers: { cookie, accept: "text/html" },
        body: new URLSearchParams(body),
      });
    expect((await send({ ...form, password: "wrong password" })).status).toBe(401);
    const answer = await send(form);
    expect(answer.status).toBe(303);
    const session = answer.headers.getSetCookie().find((line) => line.startsWith("sixpack_session="));
    expect(session).toMatch(/; Path=\/; HttpOnly; SameSite=Lax$/);
    const list = await fetch(`${url}/`, { headers: { cookie: session?.split(";")[0] ?? "", accept: "text/html" } });
    expect(list.status).toBe(200);
    expect(await list.text()).toContain("sue");
  });

  test.each([
    ["without a host", "GET / HTTP/1.0\r\n", "foreign-host"],
    ["with a second host", "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n", "foreign-host"],
    ["with another host first", "GET / HTTP/1.1\r\nHost: evil.example\r\nHost: localhost\r\n", "foreign-host"],
    [
      "for the whole address of another host",
      "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n",
      "foreign-host",
    ],
    ["in HTTP/1.0, as nginx asks", "GET / HTTP/1.0\r\nHost: 127.0.0.1:5001\r\n", "forwarded-request"],
    ["with an empty Via", "GET / HTTP/1.1\r\nHost: localhost\r\nvIA:\r\n", "forwarded-request"],
  ])("a request %s is refused where only this machine is served", async (_, head, code) => {
    const url = new URL(await served({ access: { mode: { kind: "none" }, tokens: [] } }));
    const socket = connect(Number(url.port), url.hostname);
    socket.end(`${head}Connection: close\r\n\r\n`);
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString();
    });
    await once(socket, "close");
    expect(text).toMatch(/^HTTP\/1\.1 403 /);
    expect(text).toContain(`"code":"${code}"`);
  });
});
