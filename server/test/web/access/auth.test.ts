import { describe, expect, test, vi } from "vitest";
import { USER_NAME_LENGTH_MAX } from "../../../src/config/items.ts";
import { HOUR_MS } from "../../../src/lib/time.ts";
import { createLog, LINES_PER_SECOND_MAX } from "../../../src/ops/log.ts";
import { proxyTrust } from "../../../src/ops/networks.ts";
import { LOGIN_TRIES_MAX, LOGIN_TRIES_PER_ADDRESS_MAX } from "../../../src/web/access/login-tries.ts";
import * as make from "../../support/make.ts";
import { createExperiment, openApp } from "../support.ts";
import { Browser, GUARDED, loggedIn, PASSWORD, tokenIn, USERS, user } from "./people.ts";

async function dashboard(options = GUARDED) {
  const context = make.context();
  await createExperiment(context, "button");
  const app = openApp(context, options);
  return { context, app, paused: async () => (await context.store.definitions.list())[0]?.paused };
}

describe("without a session", () => {
  test.each([
    "/",
    "/paused",
    "/experiments/button/",
    "/experiments/nobody/",
    "/activity",
    "/removed",
    "/nowhere",
    "/new",
  ])("%s leads people to the login and back", async (path) => {
    const { app } = await dashboard();
    const answer = await new Browser(app).get(path);
    expect(answer.statusCode).toBe(302);
    expect(answer.headers.location).toBe(path === "/" ? "/login" : `/login?next=${encodeURIComponent(path)}`);
  });

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
        const { statusCode, headers } = await app.inject({ method, url });
        expect([method, url, statusCode, headers["content-type"]]).toEqual([
          ...[method, url, 401],
          "application/json; charset=utf-8",
        ]);
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
    "/.//evil.example",
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

  test("opens within the minute, and lets nobody try sooner, whatever the clock of the machine is set to", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const { app } = await dashboard();
      const browser = new Browser(app);
      for (let n = 0; n < LOGIN_TRIES_MAX; n += 1) await browser.logIn("ada", "guess");
      for (const hours of [-24, 24]) {
        vi.setSystemTime(Date.now() + hours * HOUR_MS);
        const locked = await browser.logIn("ada");
        expect([hours, locked.statusCode]).toEqual([hours, 429]);
        expect(Number(locked.headers["retry-after"])).toBeLessThanOrEqual(60);
      }
    } finally {
      vi.useRealTimers();
    }
  });

  test("keeps and logs nothing of a name that nobody can have, and counts no try for it", async () => {
    const logged: string[] = [];
    const logger = createLog({ level: "info", readable: false, write: (line) => logged.push(line) });
    const { app } = await dashboard({ ...GUARDED, logger });
    const browser = new Browser(app);
    for (let n = 0; n < LOGIN_TRIES_PER_ADDRESS_MAX + 1; n += 1) {
      const answer = await browser.logIn(`${n}${"x".repeat(USER_NAME_LENGTH_MAX)}`, "guess");
      expect(answer.statusCode).toBe(400);
      expect(answer.body).toContain(`may have ${USER_NAME_LENGTH_MAX} characters at most`);
    }
    expect(logged).toEqual([]);
    expect((await browser.logIn("ada")).statusCode).toBe(303);
  });

  test("says once what locks it, and how many lines it left out, however often one tries", async () => {
    const logged: string[] = [];
    const logger = createLog({
      level: "info",
      readable: false,
      write: (line) => logged.push(line),
      elapsedMs: () => 1_000,
    });
    const { app } = await dashboard({ ...GUARDED, logger });
    const browser = new Browser(app);
    const tries = 4 * LINES_PER_SECOND_MAX;
    for (let n = 0; n < LOGIN_TRIES_MAX + tries; n += 1) await browser.logIn("ada", "guess");
    const lines = logged.map((line) => JSON.parse(line).msg);
    expect(lines.filter((message) => message === "login refused")).toHaveLength(LOGIN_TRIES_MAX);
    expect(lines.filter((message) => message === "login locked")).toHaveLength(LINES_PER_SECOND_MAX);
  });

  test("counts by the address that the proxy names, where one is trusted, and by that of the socket otherwise", async () => {
    for (const [trustsProxy, status] of [
      [proxyTrust([]), 303],
      [undefined, 429],
    ] as const) {
      const { app } = await dashboard({ ...GUARDED, trustsProxy });
      const from = (address: string) => new Browser(app, { "x-forwarded-for": address });
      for (let n = 0; n < LOGIN_TRIES_MAX; n += 1) await from("203.0.113.1").logIn("ada", "guess");
      expect((await from("203.0.113.2").logIn("ada")).statusCode).toBe(status);
    }
  });

  test("counts words that are no address as the proxy's own, so that nobody gets new tries by new words", async () => {
    const { app } = await dashboard({ ...GUARDED, trustsProxy: proxyTrust(["127.0.0.1"]) });
    for (let n = 0; n < LOGIN_TRIES_MAX; n += 1) {
      await new Browser(app, { "x-forwarded-for": `word${n}, 127.0.0.1` }).logIn("ada", "guess");
    }
    for (const header of ["another", "", "unknown, 127.0.0.1", "1.2.3.4.5"]) {
      expect((await new Browser(app, { "x-forwarded-for": header }).logIn("ada")).statusCode).toBe(429);
    }
  });

  test("counts an IPv6 network as one address", async () => {
    const { app } = await dashboard({ ...GUARDED, trustsProxy: proxyTrust([]) });
    for (let n = 0; n < LOGIN_TRIES_MAX; n += 1) {
      await new Browser(app, { "x-forwarded-for": `2001:db8::${n + 1}` }).logIn("ada", "guess");
    }
    const neighbour = new Browser(app, { "x-forwarded-for": "2001:db8::ffff" });
    expect((await neighbour.logIn("ada")).statusCode).toBe(429);
    const other = new Browser(app, { "x-forwarded-for": "2001:db8:0:1::1" });
    expect((await other.logIn("ada")).statusCode).toBe(303);
  });

  test(`takes ${LOGIN_TRIES_PER_ADDRESS_MAX} tries a minute from one address, whatever the names`, async () => {
    // Users with cheap hashes: names that do not exist cost a real one each, and the window is only a minute long.
    const many = Array.from({ length: LOGIN_TRIES_PER_ADDRESS_MAX }, (_, n) => user(`name${n}`, "viewer"));
    const users = [...USERS, ...many];
    const { app } = await dashboard({ ...GUARDED, access: { mode: { kind: "password", users }, tokens: [] } });
    const browser = new Browser(app);
    for (const { name } of many) expect((await browser.logIn(name, "guess")).statusCode).toBe(401);
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
