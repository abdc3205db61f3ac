import { describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS } from "../../../src/lib/time.ts";
import { proxyTrust } from "../../../src/ops/networks.ts";
import { SESSION_AGE_MAX_MS, SESSION_IDLE_MS } from "../../../src/web/access/session.ts";
import { seal } from "../../../src/web/http/signature.ts";
import * as make from "../../support/make.ts";
import { openApp } from "../support.ts";
import { Browser, GUARDED, loggedIn, PASSWORD, tokenIn, USERS, user } from "./people.ts";

const COOKIE = "sixpack_session";

function open(options = GUARDED) {
  const context = make.context();
  return { context, app: openApp(context, options) };
}

async function isIn(browser: Browser): Promise<boolean> {
  return (await browser.get("/")).statusCode === 200;
}

describe("the session's cookie", () => {
  test("is closed to scripts and other sites, and says when it ends", async () => {
    const { app } = open();
    const answer = await new Browser(app).logIn("ada");
    expect(answer.cookies.find(({ name }) => name === COOKIE)).toMatchObject({
      path: "/",
      httpOnly: true,
      sameSite: "Lax",
      maxAge: SESSION_IDLE_MS / 1_000,
    });
    expect(answer.headers["cache-control"]).toBe("no-store");
  });

  test("is bound to the host on https, known from the proxy only where that is set", async () => {
    for (const proto of ["https", "HTTPS"]) {
      const https = { "x-forwarded-proto": proto };
      const trusting = await new Browser(open({ ...GUARDED, trustsProxy: proxyTrust([]) }).app, https).logIn("ada");
      const cookie = trusting.cookies.find(({ name }) => name === `__Host-${COOKIE}`);
      expect(cookie).toMatchObject({ secure: true, path: "/" });
      expect(cookie).not.toHaveProperty("domain");
      const wary = await new Browser(open().app, https).logIn("ada");
      expect(wary.cookies.map(({ name }) => name)).toContain(COOKIE);
    }
  });

  test("is another one at each login, whatever the browser had", async () => {
    const { app } = open();
    const browser = new Browser(app);
    browser.cookies.set(COOKIE, "planted.by-somebody");
    await browser.logIn("ada");
    const first = browser.cookies.get(COOKIE);
    expect(first).not.toBe("planted.by-somebody");
    await browser.post("/logout");
    await browser.logIn("ada");
    expect(browser.cookies.get(COOKIE)).not.toBe(first);
  });

  test("works after a restart and in another process with the same key, and not with another key", async () => {
    const { app, context } = open();
    const browser = await loggedIn(app, "ada");
    const headers = { accept: "text/html", cookie: `${COOKIE}=${browser.cookies.get(COOKIE)}` };
    expect((await openApp(context, GUARDED).inject({ url: "/", headers })).statusCode).toBe(200);
    const other = openApp(context, { ...GUARDED, secretKey: "another secret" });
    expect((await other.inject({ url: "/", headers })).statusCode).toBe(302);
  });

  test("is refused when it was made up, cut, or signed for another use", async () => {
    const { app } = open();
    const good = (await loggedIn(app, "ed")).cookies.get(COOKIE) ?? "";
    const [payload = "", signature = ""] = good.split(".");
    const claims = { id: "x", user: "ada", loggedInMs: make.NOW_MS, usedMs: make.NOW_MS };
    const promoted = Buffer.from(JSON.stringify(claims)).toString("base64url");
    const forged = [
      "",
      ".",
      payload,
      `${payload}.`,
      `${promoted}.${signature}`,
      `${good}x`,
      `${good}.x`,
      seal("a secret for tests", "flash", claims, USERS[2].passwordHash),
      seal("another secret", "session", claims, USERS[2].passwordHash),
      seal("a secret for tests", "session", { ...claims, user: "__proto__" }),
      seal("a secret for tests", "session", { user: "ada" }, USERS[2].passwordHash),
    ];
    for (const value of forged) {
      const browser = new Browser(app);
      browser.cookies.set(COOKIE, value);
      expect([value, await isIn(browser)]).toEqual([value, false]);
    }
  });
});

describe("a session", () => {
  test("ends after it was idle for long", async () => {
    const { app, context } = open();
    const browser = await loggedIn(app, "ada");
    context.pass(SESSION_IDLE_MS - 1);
    expect(await isIn(browser)).toBe(true);
    context.pass(SESSION_IDLE_MS - 1);
    expect(await isIn(browser)).toBe(true);
    context.pass(SESSION_IDLE_MS);
    expect(await isIn(browser)).toBe(false);
  });

  test("gets a new cookie five minutes after the last one, not with every answer", async () => {
    const { app, context } = open();
    const browser = await loggedIn(app, "ada");
    const cookie = () => browser.cookies.get(COOKIE);
    const first = cookie();
    context.pass(300_000 - 1);
    expect([await isIn(browser), cookie()]).toEqual([true, first]);
    context.pass(1);
    expect(await isIn(browser)).toBe(true);
    const second = cookie();
    expect(second).not.toBe(first);
    context.pass(300_000 - 1);
    expect([await isIn(browser), cookie()]).toEqual([true, second]);
  });

  test("that began while the clock was years ahead ends when that is set right", async () => {
    const { app, context } = open();
    const aheadMs = 1_000 * DAY_MS;
    context.pass(aheadMs);
    const browser = await loggedIn(app, "ada");
    context.pass(-aheadMs);
    expect(await isIn(browser)).toBe(false);
  });

  test("lasts as long as any other where the clock is set back a little", async () => {
    const { app, context } = open();
    const browser = await loggedIn(app, "ada");
    context.pass(-HOUR_MS);
    expect(await isIn(browser)).toBe(true);
    context.pass(SESSION_IDLE_MS - 1);
    expect(await isIn(browser)).toBe(true);
    context.pass(SESSION_IDLE_MS);
    expect(await isIn(browser)).toBe(false);
  });

  test("ends at its greatest age, however busy", async () => {
    const { app, context } = open();
    const browser = await loggedIn(app, "ada");
    const step = SESSION_IDLE_MS - 1;
    for (let age = step; age < SESSION_AGE_MAX_MS; age += step) {
      context.pass(step);
      expect(await isIn(browser)).toBe(true);
    }
    context.pass(step);
    expect(await isIn(browser)).toBe(false);
  });

  test("ends with a logout, for copies of its cookie too, renewed ones included", async () => {
    const { app, context } = open();
    const browser = await loggedIn(app, "ada");
    const copies = [browser.cookies.get(COOKIE) ?? ""];
    context.pass(600_000);
    await browser.get("/");
    copies.push(browser.cookies.get(COOKIE) ?? "");
    expect(copies[0]).not.toBe(copies[1]);
    const answer = await browser.post("/logout");
    expect(answer.statusCode).toBe(303);
    expect(answer.headers.location).toBe("/login");
    expect(browser.cookies.has(COOKIE)).toBe(false);
    for (const copy of copies) {
      const thief = new Browser(app);
      thief.cookies.set(COOKIE, copy);
      expect(await isIn(thief)).toBe(false);
    }
  });

  test("is not ended by a foreign page: a logout needs the token of a form", async () => {
    const { app } = open();
    const browser = await loggedIn(app, "ada");
    expect((await browser.post("/logout", { _csrf_token: "x.y" })).statusCode).toBe(403);
    expect(await isIn(browser)).toBe(true);
  });

  test("ends when its user is gone or has another password, and follows another role", async () => {
    const { app, context } = open();
    const browser = await loggedIn(app, "ada");
    const headers = { accept: "text/html", cookie: `${COOKIE}=${browser.cookies.get(COOKIE)}` };
    const status = async (url: string, ...users: ReturnType<typeof user>[]) => {
      const other = openApp(context, { ...GUARDED, access: { mode: { kind: "password", users }, tokens: [] } });
      return (await other.inject({ url, headers })).statusCode;
    };
    expect(await status("/", user("ada", "admin"))).toBe(200);
    expect(await status("/", user("ed", "admin"))).toBe(302);
    expect(await status("/", user("ada", "admin", "battery staple"))).toBe(302);
    expect(await status("/experiments/x/reset", user("ada", "viewer"))).toBe(403);
  });

  test("gives its forms a token of their own, worth nothing to others and after the logout", async () => {
    const { app } = open();
    const ada = await loggedIn(app, "ada");
    const ed = await loggedIn(app, "ed");
    const token = tokenIn((await ada.get("/")).body) ?? "";
    ed.cookies.set("_csrf_token", ada.cookies.get("_csrf_token") ?? "");
    expect((await ed.post("/logout", { _csrf_token: token })).statusCode).toBe(403);
    expect((await ada.post("/logout", { _csrf_token: token })).statusCode).toBe(303);
    await ada.logIn("ada", PASSWORD);
    ada.cookies.set("_csrf_token", token);
    expect((await ada.post("/logout", { _csrf_token: token })).statusCode).toBe(403);
  });
});
