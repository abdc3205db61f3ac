import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { Role } from "../../src/web/access.ts";
import { LOGIN_TRIES_MAX, LOGIN_TRIES_PER_ADDRESS_MAX } from "../../src/web/auth-login.tsx";
import { Browser, GUARDED, loggedIn, PASSWORD, tokenIn, USERS, user, WITH_PASSWORDS } from "./people.ts";
import { createExperiment, openApp, testContext } from "./support.ts";

async function dashboard(options = GUARDED) {
  const context = testContext();
  await createExperiment(context, "button");
  const app = openApp(context, options);
  return { context, app, paused: async () => (await context.store.listExperiments())[0]?.paused };
}

describe("without a session", () => {
  test.each(["/", "/paused", "/experiments/button/", "/experiments/nobody/", "/activity", "/removed", "/nowhere"])(
    "%s leads people to the login and back",
    async (path) => {
      const { app } = await dashboard();
      const answer = await new Browser(app).get(path);
      expect(answer.statusCode).toBe(302);
      expect(answer.headers.location).toBe(path === "/" ? "/login" : `/login?next=${encodeURIComponent(path)}`);
    },
  );

  test.each(["/experiments.json", "/experiments/button.json", "/experiments/nobody.json"])(
    "%s is 401 even for browsers, and says how to get in",
    async (path) => {
      const { app } = await dashboard();
      for (const accept of ["text/html", "application/json", "*/*"]) {
        const answer = await app.inject({ url: path, headers: { accept } });
        expect(answer.statusCode).toBe(401);
        expect(answer.headers["www-authenticate"]).toBe('Bearer realm="Sixpack"');
        expect(answer.json()).toMatchObject({ status: "failed", code: "login-required" });
        expect(answer.body).not.toContain("blue");
      }
    },
  );

  test("no path tells whether it exists, by its status or by another method", async () => {
    const { app } = await dashboard();
    for (const method of ["GET", "POST", "PUT", "DELETE", "OPTIONS"] as const) {
      for (const url of ["/experiments/button/pause", "/experiments/nobody/pause", "/nowhere", "/experiments.json"]) {
        expect([method, url, (await app.inject({ method, url })).statusCode]).toEqual([method, url, 401]);
      }
    }
  });

  test("the login, health and the icon are open", async () => {
    const { app } = await dashboard();
    for (const url of ["/login", "/_status", "/favicon.ico"]) expect((await app.inject(url)).statusCode).toBe(200);
  });

  test("the login page tells nothing of what is behind it", async () => {
    const { app, context } = await dashboard();
    const { body } = await new Browser(app).get("/login");
    const { summary } = await context.store.status();
    for (const secret of ["button/", summary, 'class="tally"']) expect(body).not.toContain(secret);
  });
});

test.each([
  ["/login", {}],
  ["/", {}],
  ["/experiments.json", {}],
  ["/experiments/button/reset", { auth: "ada" }],
  ["/nowhere", { auth: "ada" }],
] as const)(
  "%s keeps itself to itself: no framing, no sniffing, no caching, nothing from elsewhere",
  async (url, who) => {
    const { app } = await dashboard();
    const browser = "auth" in who ? await loggedIn(app, who.auth) : new Browser(app);
    const { headers } = await browser.get(url);
    expect(headers).toMatchObject({
      "x-frame-options": "DENY",
      "x-content-type-options": "nosniff",
      "referrer-policy": "same-origin",
      "cache-control": "no-store",
    });
    const policy = String(headers["content-security-policy"]);
    for (const part of ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'"])
      expect(policy).toContain(part);
    expect(policy).not.toMatch(/unsafe|upgrade-insecure-requests|https?:/);
    expect(headers).not.toHaveProperty("strict-transport-security");
  },
);

describe("the login", () => {
  test("lets in with name and password, and leads to where people wanted to go", async () => {
    const { app } = await dashboard();
    const browser = new Browser(app);
    const answer = await browser.logIn("ada", PASSWORD, { next: "/experiments/button/?kpi=" });
    expect(answer.statusCode).toBe(303);
    expect(answer.headers.location).toBe("/experiments/button/?kpi=");
    const page = await browser.get("/");
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain("Log out");
    expect((await browser.get("/login")).statusCode).toBe(302);
  });

  test.each([
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "\t//evil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
    "",
  ])("leads nowhere else than here: %j", async (next) => {
    const { app } = await dashboard();
    expect((await new Browser(app).logIn("ada", PASSWORD, { next })).headers.location).toBe("/");
    const page = await new Browser(app).get(`/login?next=${encodeURIComponent(next)}`);
    expect(page.body).toContain('name="next" value="/"');
  });

  test("gives the same answer to a wrong name as to a wrong password, and keeps the name", async () => {
    const { app } = await dashboard();
    const wrong = await new Browser(app).logIn("ada", "battery staple");
    const nobody = await new Browser(app).logIn("eve", PASSWORD);
    for (const [answer, name] of [
      [wrong, "ada"],
      [nobody, "eve"],
    ] as const) {
      expect(answer.statusCode).toBe(401);
      expect(answer.body).toContain("Wrong name or password.");
      expect(answer.body).toContain(`value="${name}"`);
      expect(answer.body).not.toContain(PASSWORD);
      expect(answer.cookies.map(({ name: cookie }) => cookie)).not.toContain("sixpack_session");
    }
  });

  test("refuses programs in JSON", async () => {
    const { app } = await dashboard({ ...GUARDED, csrfDisabled: true });
    const post = () => app.inject({ method: "POST", url: "/login", payload: { name: "ada", password: "guess" } });
    const answer = await post();
    expect(answer.statusCode).toBe(401);
    expect(answer.json()).toMatchObject({ status: "failed", code: "wrong-credentials" });
    for (let n = 1; n < LOGIN_TRIES_MAX; n += 1) await post();
    const locked = await post();
    expect(locked.json()).toMatchObject({ status: "failed", code: "too-many-tries" });
    expect(Number(locked.headers["retry-after"])).toBeGreaterThan(0);
  });

  test("shows a name as text", async () => {
    const { app } = await dashboard();
    const { body } = await new Browser(app).logIn('"><script>alert(1)</script>', PASSWORD);
    expect(body).not.toContain("<script>alert");
  });

  test(`is closed to a name and address after ${LOGIN_TRIES_MAX} tries a minute, right password or not`, async () => {
    const { app } = await dashboard();
    const browser = new Browser(app);
    for (let n = 0; n < LOGIN_TRIES_MAX; n += 1) expect((await browser.logIn("ada", "guess")).statusCode).toBe(401);
    const locked = await browser.logIn("ada");
    expect(locked.statusCode).toBe(429);
    expect(Number(locked.headers["retry-after"])).toBeGreaterThan(0);
    expect(locked.body).toContain("Too many tries.");
    expect((await browser.logIn("ed")).statusCode).toBe(303);
  });

  test("counts by the address that the proxy names, where one is trusted, and by that of the socket otherwise", async () => {
    for (const [proxyFix, status] of [
      [true, 303],
      [false, 429],
    ] as const) {
      const { app } = await dashboard({ ...GUARDED, proxyFix });
      const from = (address: string) => new Browser(app, { "x-forwarded-for": address });
      for (let n = 0; n < LOGIN_TRIES_MAX; n += 1) await from("203.0.113.1").logIn("ada", "guess");
      expect((await from("203.0.113.2").logIn("ada")).statusCode).toBe(status);
    }
  });

  test("counts an IPv6 network as one address", async () => {
    const { app } = await dashboard({ ...GUARDED, proxyFix: true });
    for (let n = 0; n < LOGIN_TRIES_MAX; n += 1) {
      await new Browser(app, { "x-forwarded-for": `2001:db8::${n + 1}` }).logIn("ada", "guess");
    }
    const neighbour = new Browser(app, { "x-forwarded-for": "2001:db8::ffff" });
    expect((await neighbour.logIn("ada")).statusCode).toBe(429);
    const other = new Browser(app, { "x-forwarded-for": "2001:db8:0:1::1" });
    expect((await other.logIn("ada")).statusCode).toBe(303);
  });

  test(`takes ${LOGIN_TRIES_PER_ADDRESS_MAX} tries a minute from one address, whatever the names`, async () => {
    const { app } = await dashboard();
    const browser = new Browser(app);
    for (let n = 0; n < LOGIN_TRIES_PER_ADDRESS_MAX; n += 1) await browser.logIn(`name${n}`, "guess");
    expect((await browser.logIn("ada")).statusCode).toBe(429);
  });

  test("is no way round the limit for tries at the same time", async () => {
    const { app } = await dashboard();
    const browser = new Browser(app);
    const token = tokenIn((await browser.get("/login")).body) ?? "";
    const tries = Array.from({ length: 20 }, () =>
      browser.post("/login", { name: "ada", password: "guess", _csrf_token: token }),
    );
    const statuses = (await Promise.all(tries)).map(({ statusCode }) => statusCode);
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(LOGIN_TRIES_MAX);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(20 - LOGIN_TRIES_MAX);
  });

  test("needs the token of its form, and begins anew where that is old", async () => {
    const { app } = await dashboard();
    const browser = new Browser(app);
    const answer = await browser.post("/login", { name: "ada", password: PASSWORD, next: "/all", _csrf_token: "x.y" });
    expect(answer.statusCode).toBe(303);
    expect(answer.headers.location).toBe("/login?next=%2Fall&expired=1");
    expect((await browser.get("/login?expired=1")).body).toContain("open for too long");
  });
});

describe("a form that comes too late", () => {
  test("after the session has ended comes back with its content after the login, and then works", async () => {
    const { app, context } = await dashboard();
    const browser = await loggedIn(app, "ed");
    const token = tokenIn((await browser.get("/removed")).body) ?? "";
    browser.cookies.delete("sixpack_session");
    const form = { description: "four <hours> of work", _csrf_token: token };
    const asked = await browser.post("/experiments/button/description", form);
    expect(asked.statusCode).toBe(401);
    expect(asked.body).toContain("You have been logged out.");

    const fields = Object.fromEntries(
      [...asked.body.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name = "", value = ""]) => [
        name,
        value.replaceAll("&lt;", "<").replaceAll("&amp;", "&"),
      ]),
    );
    const again = await browser.post("/login", { ...fields, name: "ed", password: PASSWORD });
    expect(again.statusCode).toBe(200);
    expect(again.body).toContain("four &lt;hours> of work</textarea>");
    expect(again.body).toContain('action="/experiments/button/description"');
    expect((await context.store.listExperiments())[0]?.description).toBeNull();

    const sent = await browser.post("/experiments/button/description", {
      description: "four <hours> of work",
      _csrf_token: tokenIn(again.body.slice(again.body.indexOf("<main"))) ?? "",
    });
    expect(sent.statusCode).toBe(302);
    expect((await context.store.listExperiments())[0]?.description).toBe("four <hours> of work");
  });

  test("with the token of an earlier session comes back with a fresh one, and changes nothing before", async () => {
    const { app, paused } = await dashboard();
    const browser = await loggedIn(app, "ed");
    const old = tokenIn((await browser.get("/removed")).body) ?? "";
    await browser.post("/logout");
    await browser.logIn("ed");
    const answer = await browser.post("/experiments/button/pause", { paused: "true", _csrf_token: old });
    expect(answer.statusCode).toBe(403);
    expect(answer.body).toContain('name="paused" value="true"');
    expect(await paused()).toBe(false);
    const fresh = tokenIn(answer.body) ?? "";
    expect((await browser.post("/experiments/button/pause", { paused: "true", _csrf_token: fresh })).statusCode).toBe(
      302,
    );
    expect(await paused()).toBe(true);
  });

  test("from another site never comes back", async () => {
    const { app } = await dashboard();
    const browser = await loggedIn(app, "ed");
    const answer = await browser.post(
      "/experiments/button/pause",
      { _csrf_token: "x.y" },
      { "sec-fetch-site": "cross-site" },
    );
    expect(answer.statusCode).toBe(403);
    expect(answer.body).not.toContain('action="/experiments/button/pause"');
  });

  test("can only lead back to a path of ours", async () => {
    const { app } = await dashboard();
    const answer = await new Browser(app).logIn("ed", PASSWORD, {
      pending_path: "//evil.example/steal",
      pending_label: "<b>Go</b>",
      "pending.description": "x",
    });
    expect(answer.body).toContain('action="/"');
    expect(answer.body).not.toContain("<b>Go");
  });
});

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
    const { app } = await dashboard({ ...OPEN_LOCALLY, proxyFix: true });
    const headers = { host: "localhost", "x-forwarded-host": "evil.example" };
    expect((await app.inject({ url: "/", headers })).statusCode).toBe(403);
  });

  test("has no login, no banner and no name", async () => {
    const { app } = await dashboard(OPEN_LOCALLY);
    expect((await app.inject("/login")).statusCode).toBe(404);
    const { body } = await new Browser(app).get("/");
    expect(body).not.toMatch(/Log out|Open to everybody/);
  });
});

describe("auth: open", () => {
  test("lets everybody in under any name, and every page says so", async () => {
    const { app } = await dashboard({ access: { mode: { kind: "open" }, tokens: [] } });
    for (const url of ["/", "/experiments/button/", "/activity", "/removed", "/nowhere", "/experiments/button/reset"]) {
      const { body } = await new Browser(app, { host: "sixpack.example" }).get(url);
      expect([url, body.includes("Open to everybody.")]).toEqual([url, true]);
    }
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

  test("binds forms to the name, and writes it in the log", async () => {
    const { app, context } = await dashboard(behindProxy());
    const ada = new Browser(app, { "x-forwarded-user": "ada" });
    const token = tokenIn((await ada.get("/experiments/button/reset")).body) ?? "";
    const eve = new Browser(app, { "x-forwarded-user": "eve" });
    for (const [name, value] of ada.cookies) eve.cookies.set(name, value);
    expect((await eve.post("/experiments/button/export", { _csrf_token: token })).statusCode).toBe(403);
    expect((await ada.post("/experiments/button/pause", { _csrf_token: token })).statusCode).toBe(302);
    expect(await context.store.readActivity({ limit: 1 })).toMatchObject([{ actor: "ada" }]);
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
    const slow = await import("../../src/ops/password.ts");
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

  test("a request without a host is refused where only loopback names are served", async () => {
    const url = new URL(await served({ access: { mode: { kind: "none" }, tokens: [] } }));
    const socket = connect(Number(url.port), url.hostname);
    socket.end("GET / HTTP/1.0\r\n\r\n");
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString();
    });
    await once(socket, "close");
    expect(text).toMatch(/^HTTP\/1\.1 403 /);
  });
});
